import { InvalidArgumentError } from '../../errors.js';
import { partitioned } from '../layout/layout.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../schema-name.js';

/** Default time that a migration waits for another one, in milliseconds. */
export const DEFAULT_LOCK_TIMEOUT = 60_000;
/** The most partitions that `migrate` makes. */
export const MAX_PARTITIONS = 1024;

/** Options of a migration. */
export interface MigrateOptions {
  /** The schema that holds the tables; made when it is not there. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /**
   * Number of hash partitions of a new event log, 1 to 1024; 1 is the plain table. @defaultValue the existing layout,
   * else 1
   */
  readonly partitions?: number | undefined;
  /** Time to wait for another migration or for locks on the tables, in milliseconds. @defaultValue 60000 */
  readonly lockTimeout?: number | undefined;
}

/** The options with their defaults. Throws {@link InvalidArgumentError} for one that makes no sense. */
export function resolveMigrateOptions({
  schema = DEFAULT_SCHEMA,
  partitions,
  lockTimeout = DEFAULT_LOCK_TIMEOUT,
}: MigrateOptions) {
  checkSchemaName(schema);
  if (partitions !== undefined && (!Number.isInteger(partitions) || partitions < 1 || partitions > MAX_PARTITIONS))
    throw new InvalidArgumentError(
      `partitions must be an integer from 1 to ${MAX_PARTITIONS}; got ${String(partitions)}.`,
    );
  // PostgreSQL takes 0 for no limit at all, so the shortest wait is a millisecond.
  if (!Number.isFinite(lockTimeout) || lockTimeout < 0 || lockTimeout > 2_147_483_647)
    throw new InvalidArgumentError(`lockTimeout must be a number of milliseconds; got ${String(lockTimeout)}.`);
  const layout = partitions === undefined ? undefined : partitioned(partitions);
  return { schema, layout, lockTimeout: Math.max(1, Math.round(lockTimeout)) };
}
