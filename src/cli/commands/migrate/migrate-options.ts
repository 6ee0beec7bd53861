import { integer, seconds } from '../../input/arguments.js';

/** The option for the number of partitions: flags, description and parser. */
export const PARTITIONS = [
  '--partitions <count>',
  'hash partitions of a new event log (1: one plain table)',
  integer(1, 1024),
] as const;

/** The option for the longest wait for another migration: flags, description and parser. */
export const LOCK_TIMEOUT = [
  '--lock-timeout <seconds>',
  'how long to wait for another migration (default: 60)',
  seconds,
] as const;
