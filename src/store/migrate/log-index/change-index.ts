import type { Knex } from 'knex';
import { CORRELATION_KEY } from '../../../events.js';
import { driverOf } from '../../driver/driver-of.js';
import { PermissionDeniedError } from '../../errors.js';
import { storeError } from '../../failures/database-errors.js';
import { withReadRetry } from '../../read/read-retry.js';
import { query } from '../../read/rows.js';
import { qualified } from '../../schema-name.js';
import { type MigrateOptions, resolveMigrateOptions } from '../migrate-options.js';
import { withIndexLock } from './index-lock.js';
import { IndexWork, type Plan, readLog } from './index-work.js';
import type { LogIndex } from './log-index.js';
import { metadataIndex } from './metadata-index.js';
import { indexedPath, pathIndex } from './path-index.js';
import { type IndexedLog, type IndexStep, planAdd, planDrop } from './plan-index.js';

/** Options of the work on an index. */
export interface IndexOptions extends Omit<MigrateOptions, 'partitions'> {
  /** Called before each step of the work, with a few words. */
  readonly onStep?: ((what: string) => void) | undefined;
}

/** Options of an index on metadata. */
export interface MetadataIndexOptions extends IndexOptions {
  /** The key of the metadata: 1 to 32 letters, digits and `_ . : -`. @defaultValue 'correlationId' */
  readonly key?: string | undefined;
}

/** The outcome of a change of an index. */
export interface IndexReport {
  /** The name of the index. */
  readonly name: string;
  /** False when there was nothing to do: it was there already, or there was none to drop. */
  readonly changed: boolean;
}

/**
 * Makes an index on a key of metadata, which `traceEvents` and other questions about the key use. Readers and writers go on
 * meanwhile, and no write is ever refused because of the index, whatever it holds. When the index is there, nothing is
 * done; what a build that was broken off has left is completed or built anew. Needs two connections, and the rights of
 * the owner of the tables. Throws `MigrationLockError` when another change of an index, or a lock on the tables, does not end
 * in time.
 */
export async function addMetadataIndex(knex: Knex, options: MetadataIndexOptions = {}): Promise<IndexReport> {
  return await changeIndex(knex, 'add', ofMetadata(options), options);
}

/** Drops the index on a key of metadata, in whatever state it is. Throws as {@link addMetadataIndex} does. */
export async function dropMetadataIndex(knex: Knex, options: MetadataIndexOptions = {}): Promise<IndexReport> {
  return await changeIndex(knex, 'drop', ofMetadata(options), options);
}

/**
 * The SQL that {@link addMetadataIndex} or {@link dropMetadataIndex} would run now, as a script for psql; empty when there is
 * nothing to do. Changes nothing.
 */
export async function metadataIndexSql(
  knex: Knex,
  change: IndexChange,
  options: MetadataIndexOptions = {},
): Promise<string> {
  return await indexSql(knex, change, ofMetadata(options), options);
}

/**
 * Makes an index on a value in the bodies of events, such as `$.customer` or `$."$metadata".tenant`, which `searchEvents` uses for
 * conditions that compare the value with `==`. Throws `InvalidArgumentError` for a path that is not that of one value;
 * all else is as with {@link addMetadataIndex}.
 */
export async function addPathIndex(knex: Knex, path: string, options: IndexOptions = {}): Promise<IndexReport> {
  return await changeIndex(knex, 'add', pathIndex(indexedPath(path)), options);
}

/** Drops the index on a value in bodies, in whatever state it is. Throws as {@link addPathIndex} does. */
export async function dropPathIndex(knex: Knex, path: string, options: IndexOptions = {}): Promise<IndexReport> {
  return await changeIndex(knex, 'drop', pathIndex(indexedPath(path)), options);
}

function ofMetadata({ key = CORRELATION_KEY }: MetadataIndexOptions): LogIndex {
  return metadataIndex(key);
}

/** A change of an index. */
export type IndexChange = 'add' | 'drop';

const PLANS: Readonly<Record<IndexChange, Plan>> = { add: planAdd, drop: planDrop };

/** The SQL that {@link changeIndex} would run now, as a script for psql; empty when there is nothing to do. */
export async function indexSql(
  knex: Knex,
  change: IndexChange,
  index: LogIndex,
  options: IndexOptions = {},
): Promise<string> {
  const { schema } = resolveMigrateOptions(options);
  try {
    const log = await withReadRetry(() => readLog(knex, schema));
    return scriptOf(log, PLANS[change](log, index));
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

/** Makes or drops an index; see {@link addMetadataIndex}. */
export async function changeIndex(
  knex: Knex,
  change: IndexChange,
  index: LogIndex,
  { onStep, ...options }: IndexOptions = {},
): Promise<IndexReport> {
  const { schema, lockTimeout } = resolveMigrateOptions(options);
  const plan = PLANS[change];
  const { name } = index;
  try {
    const steps = plan(await readLog(knex, schema), index);
    if (steps.length === 0) return { name, changed: false };
    await assertOwner(knex, schema, steps);
    return await withIndexLock(knex, schema, lockTimeout, async (transaction) => {
      const on = driverOf(knex).isEmbedded ? transaction : knex;
      return { name, changed: await new IndexWork(on, { schema, lockTimeout, onStep }).carryOut(plan, index) };
    });
  } catch (error) {
    throw storeError(error);
  }
}

async function assertOwner(knex: Knex, schema: string, steps: readonly IndexStep[]): Promise<void> {
  const [row] = await query<[string, string, boolean]>(
    knex,
    `SELECT quote_ident(current_user), quote_ident(pg_get_userbyid(relowner)), pg_has_role(relowner, 'USAGE')
FROM pg_class WHERE oid = to_regclass(?)`,
    [qualified(schema, 'event_log')],
  );
  if (row === undefined || row[2]) return;
  throw new PermissionDeniedError(`Only the owner of the event log can change its indexes, and ${row[0]} is not.`, {
    hint: `Log in as ${row[1]}, or have that role run ${statementsOf(steps)}. Nothing was changed.`,
  });
}

function statementsOf(steps: readonly IndexStep[]): string {
  const [only, ...others] = steps;
  return only !== undefined && others.length === 0
    ? `this, outside of a transaction: ${only.sql.replaceAll('\n', ' ')}`
    : `the ${steps.length} statements that --dry-run prints`;
}
