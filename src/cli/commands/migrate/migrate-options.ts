import { integer, seconds } from '../../input/arguments.js';

/** How many partitions to make: flags, description and parser of an option. */
export const PARTITIONS = [
  '--partitions <count>',
  'hash partitions of a new event log (1: one plain table)',
  integer(1, 1024),
] as const;

/** How long to wait for another migration: flags, description and parser of an option. */
export const LOCK_TIMEOUT = [
  '--lock-timeout <seconds>',
  'how long to wait for another migration (default: 60)',
  seconds,
] as const;
