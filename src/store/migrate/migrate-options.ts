import { InvalidArgumentError } from '../../errors.js';
import { partitioned, type WantedLayout } from '../layout/layout.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../schema-name.js';

/** Default time that a migration waits for another one, in milliseconds. */
export const DEFAULT_LOCK_TIMEOUT = 60_000;
/** The most partitions that `migrate` makes. */
export const MAX_PARTITIONS = 1024;
/** The most shards that Citus makes. */
export const MAX_SHARDS = 64_000;

/** Options of a migration. */
export interface MigrateOptions {
  /** The schema that holds the tables; made when it is not there. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /**
   * Number of hash partitions of a new event log, 1 to 1024; 1 is the plain table. @defaultValue the existing layout,
   * else 1
   */
  readonly partitions?: number | undefined;
  /**
   * Lay the tables in shards on the nodes of a Citus cluster, whose coordinator the database is; only while they are empty, unless `online`. @defaultValue the
   * existing layout, else false
   */
  readonly citus?: boolean | undefined;
  /** With `citus`: number of shards of a new event log, 1 to 64000. @defaultValue that of the existing log, else 32 */
  readonly shardCount?: number | undefined;
  /**
   * With `citus`: spread tables that hold rows, while they are used; not in one transaction, but whatever breaks it off, another call goes
   * on. @defaultValue false
   */
  readonly online?: boolean | undefined;
  /** With `online`: called before each step, with a few words. */
  readonly onStep?: ((what: string) => void) | undefined;
  /** Time to wait for another migration or for locks on the tables, in milliseconds. @defaultValue 60000 */
  readonly lockTimeout?: number | undefined;
}

/** The options with their defaults. Throws {@link InvalidArgumentError} for one that makes no sense. */
export function resolveMigrateOptions({
  schema = DEFAULT_SCHEMA,
  partitions,
  citus = false,
  shardCount,
  online = false,
  lockTimeout = DEFAULT_LOCK_TIMEOUT,
}: MigrateOptions) {
  checkSchemaName(schema);
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS))
    throw new InvalidArgumentError(
      `partitions must be an integer from 1 to ${MAX_PARTITIONS}; got ${String(partitions)}.`,
    );
  if (shardCount !== undefined && (!Number.isInteger(shardCount) || shardCount < 1 || shardCount > MAX_SHARDS))
    throw new InvalidArgumentError(`shardCount must be an integer from 1 to ${MAX_SHARDS}; got ${String(shardCount)}.`);
  if (shardCount !== undefined && !citus)
    throw new InvalidArgumentError('shardCount has a meaning only with citus.', {
      hint: 'Ask for the layout on a Citus cluster, too, or leave the number of shards out.',
    });
  if (online && !citus)
    throw new InvalidArgumentError('online has a meaning only with citus.', {
      hint: 'Ask for the layout on a Citus cluster, too, or leave online out.',
    });
  if (partitions !== undefined && citus)
    throw new InvalidArgumentError('partitions and citus are two layouts; an event log has one.', {
      hint: 'Leave one of them out.',
    });
  // PostgreSQL takes 0 for no limit at all, so the shortest wait is a millisecond.
  if (!Number.isFinite(lockTimeout) || lockTimeout < 0 || lockTimeout > 2_147_483_647)
    throw new InvalidArgumentError(`lockTimeout must be a number of milliseconds; got ${String(lockTimeout)}.`);
  const layout: WantedLayout | undefined = citus
    ? { kind: 'citus', parts: shardCount }
    : partitions === undefined
      ? undefined
      : partitioned(partitions);
  return { schema, layout, online, lockTimeout: Math.max(1, Math.round(lockTimeout)) };
}
