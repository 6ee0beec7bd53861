import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { CORRELATION_KEY } from '../../../events.js';
import { sqlState } from '../../driver/driver-error.js';
import { driverOf } from '../../driver/driver-of.js';
import { DatabaseError, NotMigratedError, PermissionDeniedError } from '../../errors.js';
import { storeError } from '../../failures/database-errors.js';
import { withReadRetry } from '../../read/read-retry.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { qualified } from '../../schema-name.js';
import { lockTables } from '../lock-tables.js';
import { ForeignSchemaError, MigrationLockError } from '../migration-errors.js';
import { type MigrateOptions, resolveMigrateOptions } from '../migrate-options.js';
import { readTableShape } from '../table-shape.js';
import { checkIndexedKey, indexName } from './index-name.js';
import { withIndexLock } from './index-lock.js';
import { type IndexedLog, type IndexStep, planAdd, planDrop } from './plan-index.js';
import { readTableIndexes } from './read-indexes.js';

/** Options of an index on metadata. */
export interface IndexOptions extends Omit<MigrateOptions, 'partitions'> {
  /** The key of the metadata: 1 to 32 letters, digits and `_ . : -`. @defaultValue 'correlationId' */
  readonly key?: string | undefined;
  /** Called before each step of the work, with a few words. */
  readonly onStep?: ((what: string) => void) | undefined;
}

/** The outcome of a change of an index. */
export interface IndexReport {
  /** The name of the index. */
  readonly name: string;
  /** False when there was nothing to do: it was there already, or there was none to drop. */
  readonly changed: boolean;
}

/** The pause between two looks at a build that somebody else has begun, in milliseconds. */
const PAUSE = 250;
/** Rounds after which an index that is still not there or not valid is an error. */
const MAX_ROUNDS = 3;

type Plan = (log: IndexedLog, key: string) => IndexStep[];

/**
 * Makes an index on a key of metadata, which `traceEvents` and other questions about the key use. Readers and writers go on
 * meanwhile, and no write is ever refused because of the index, whatever it holds. When the index is there, nothing is
 * done; what a build that was broken off has left is completed or built anew. Needs two connections, and the rights of
 * the owner of the tables. Throws `MigrationLockError` when another change of an index, or a lock on the tables, does not end
 * in time.
 */
export async function addMetadataIndex(knex: Knex, options: IndexOptions = {}): Promise<IndexReport> {
  return await change(knex, options, planAdd);
}

/** Drops the index on a key of metadata, in whatever state it is. Throws as {@link addMetadataIndex} does. */
export async function dropMetadataIndex(knex: Knex, options: IndexOptions = {}): Promise<IndexReport> {
  return await change(knex, options, planDrop);
}

/**
 * The SQL that {@link addMetadataIndex} or {@link dropMetadataIndex} would run now, as a script for psql; empty when there is
 * nothing to do. Changes nothing.
 */
export async function metadataIndexSql(
  knex: Knex,
  change: 'add' | 'drop',
  options: IndexOptions = {},
): Promise<string> {
  const { schema } = resolveMigrateOptions(options);
  const key = checkIndexedKey(options.key ?? CORRELATION_KEY);
  try {
    const log = await withReadRetry(() => readLog(knex, schema));
    return scriptOf(log, (change === 'add' ? planAdd : planDrop)(log, key));
  } catch (error) {
    throw storeError(error);
  }
}

function scriptOf({ concurrently }: IndexedLog, steps: readonly IndexStep[]): string {
  if (steps.length === 0) return '';
  const script = steps.map(({ sql, lock }) => `${lock !== undefined && concurrently ? `${QUEUE}\n` : ''}${sql};\n`);
  return [...(concurrently ? ['-- Each statement by itself, outside of a transaction.\n'] : []), ...script].join('\n');
}

/** A remark for somebody who runs the script by hand, about a statement under a lock. */
const QUEUE = `-- Writers queue behind this one while it waits: SET lock_timeout = '150ms', and try again when it gives up.`;

async function change(knex: Knex, { key: given, onStep, ...options }: IndexOptions, plan: Plan): Promise<IndexReport> {
  const { schema, lockTimeout } = resolveMigrateOptions(options);
  const key = checkIndexedKey(given ?? CORRELATION_KEY);
  const name = indexName(key);
  try {
    if (plan(await readLog(knex, schema), key).length === 0) return { name, changed: false };
    await assertOwner(knex, schema);
    return await withIndexLock(knex, schema, lockTimeout, async (transaction) => {
      const on = driverOf(knex).isEmbedded ? transaction : knex;
      return { name, changed: await new IndexWork(on, { schema, lockTimeout, onStep }).carryOut(plan, key) };
    });
  } catch (error) {
    throw storeError(error);
  }
}

interface WorkOptions extends Pick<IndexOptions, 'onStep'> {
  readonly schema: string;
  readonly lockTimeout: number;
}

/** The work on an index, on the one connection of the embedded database or on others than the one that holds the lock. */
class IndexWork {
  readonly #on: Executor;
  readonly #options: WorkOptions;

  constructor(on: Executor, options: WorkOptions) {
    this.#on = on;
    this.#options = options;
  }

  /** Plans and works until nothing is left to do; true when there was something. */
  async carryOut(plan: Plan, key: string): Promise<boolean> {
    for (let round = 0; ; round += 1) {
      const steps = await this.#plan(plan, key);
      if (steps.length === 0) return round > 0;
      if (round === MAX_ROUNDS)
        throw new DatabaseError(
          `The index ${indexName(key)} is not as it should be after ${MAX_ROUNDS} attempts: something else changes it.`,
          undefined,
          undefined,
          'Look who works on the indexes of the event log, then run this again.',
        );
      for (const step of steps)
        try {
          this.#options.onStep?.(step.what);
          await this.#take(step);
        } catch (error) {
          // Made or dropped by a build that a killed process has left behind.
          if (!['42P07', '42704'].includes(sqlState(error) ?? '')) throw error;
          break;
        }
    }
  }

  async #plan(plan: Plan, key: string): Promise<IndexStep[]> {
    const { schema, lockTimeout } = this.#options;
    // The server goes on with a build whose process was killed. Waiting for it in a statement would be a deadlock.
    for (const deadline = performance.now() + lockTimeout; ; await delay(PAUSE)) {
      const log = await readLog(this.#on, schema);
      if (!log.concurrently || log.indexes.every(({ isValid, isBuilding }) => isValid || !isBuilding))
        return plan(log, key);
      if (performance.now() >= deadline)
        throw new MigrationLockError(lockTimeout, undefined, 'An index of the event log is still being built.');
    }
  }

  async #take({ sql, lock }: IndexStep): Promise<void> {
    if (lock === undefined || driverOf(this.#on).isEmbedded) await execute(this.#on, sql);
    else
      await driverOf(this.#on).transaction((transaction) =>
        lockTables(transaction, [lock.table], lock.mode, this.#options.lockTimeout, () => execute(transaction, sql)),
      );
  }
}

async function readLog(on: Executor, schema: string): Promise<IndexedLog> {
  const shape = await readTableShape(on, schema, 'event_log');
  if (shape === undefined) throw new NotMigratedError(`There is no event log in schema ${schema}.`);
  if (shape.kind !== 'table' && shape.kind !== 'partitioned')
    throw new ForeignSchemaError([`event_log is a ${shape.kind}, which has no indexes of its own`]);
  return {
    schema,
    partitions: shape.kind === 'partitioned' ? shape.partitions : undefined,
    indexes: await readTableIndexes(on, schema),
    concurrently: !driverOf(on).isEmbedded,
  };
}

async function assertOwner(knex: Knex, schema: string): Promise<void> {
  const [row] = await query<[string, string, boolean]>(
    knex,
    `SELECT quote_ident(current_user), quote_ident(pg_get_userbyid(relowner)), pg_has_role(relowner, 'USAGE')
FROM pg_class WHERE oid = to_regclass(?)`,
    [qualified(schema, 'event_log')],
  );
  if (row === undefined || row[2]) return;
  throw new PermissionDeniedError(`Only the owner of the event log can change its indexes, and ${row[0]} is not.`, {
    hint: `Log in as ${row[1]}. Nothing was changed.`,
  });
}
