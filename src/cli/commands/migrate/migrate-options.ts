import { integer, seconds } from '../../input/arguments.js';
import { UsageError } from '../../errors.js';

/** The option for the number of partitions: flags, description and parser. */
export const PARTITIONS = [
  '--partitions <count>',
  'hash partitions of a new event log (1: one plain table)',
  integer(1, 1024),
] as const;

/** The option for the layout on a Citus cluster: flags and description. */
export const CITUS = ['--citus', 'spread the tables over the nodes of a Citus cluster (with rows: --online)'] as const;

/** The option for tables that are used meanwhile: flags and description. */
export const ONLINE = ['--online', 'with --citus: spread tables that hold rows, while they are used'] as const;

/** The option for the number of shards: flags, description and parser. */
export const SHARD_COUNT = [
  '--shard-count <count>',
  'with --citus: shards of a new event log (default: 32)',
  integer(1, 64_000),
] as const;

/** The options that name a layout. */
export interface LayoutOptions {
  readonly partitions?: number;
  readonly citus?: true;
  readonly shardCount?: number;
  readonly online?: true;
}

/** Throws {@link UsageError} for options that name two layouts, or a part of one that is not named. */
export function assertOneLayout({ partitions, citus, shardCount, online }: LayoutOptions): void {
  if (citus && partitions !== undefined)
    throw new UsageError('--citus and --partitions are two layouts; an event log has one.', {
      hint: 'Leave one of them out.',
    });
  const [part] = [shardCount !== undefined && '--shard-count', online && '--online'].filter(Boolean);
  if (!citus && part !== undefined)
    throw new UsageError(`${part} works only together with --citus.`, { hint: `Add --citus, or leave ${part} out.` });
}

/** The option for the longest wait for another migration: flags, description and parser. */
export const LOCK_TIMEOUT = [
  '--lock-timeout <seconds>',
  'how long to wait for another migration (default: 60)',
  seconds,
] as const;
