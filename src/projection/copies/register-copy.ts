import type { Knex } from 'knex';
import { driverOf } from '../../store/driver/driver-of.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { DatabaseTimeoutError } from '../../store/errors.js';
import { storeError } from '../../store/failures/database-errors.js';
import { assertTablesCanBeMade } from '../../store/migrate/citus/cluster-ready.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, query } from '../../store/read/rows.js';
import { qualified } from '../../store/schema-name.js';
import type { AnyProjection, ReadModelDefinition, SubscriptionDefinition } from '../definition.js';
import { type Copy, readCopies } from './copy.js';
import { ReadModelSetUpError } from './errors.js';
import { buildSchemaOf, insertCopy, recordObjects } from './insert-copy.js';
import { emptySchema } from './move-objects.js';
import { assertNamesAreFree } from './name-clashes.js';
import { grantDefaults } from '../../store/catalog/privileges.js';
import { setUpCopy } from './set-up.js';

/**
 * Registers a projection or subscription where its name is not known yet, and makes its tables; gives its live copy, and the
 * one that is being built, if any. Of several processes one does it, and the others wait for that. On a transaction of the
 * application it works in a savepoint, and what it did goes with a rollback. A live copy of another version is left as it is.
 * Throws {@link ReadModelSetUpError} when the tables cannot be made, and `DatabaseTimeoutError` when another registration has not
 * ended after `patience` milliseconds: it may be part of a transaction that takes long.
 */
export async function registerCopy(
  on: Executor,
  schema: string,
  definition: AnyProjection,
  { patience }: { readonly patience?: number } = {},
): Promise<Copy[]> {
  try {
    if (on.isTransaction === true)
      return await driverOf(on).transaction((savepoint) => foundOrMade(savepoint, schema, definition, patience));
    return await foundOrMade(on, schema, definition, patience);
  } catch (error) {
    throw storeError(error);
  }
}

async function foundOrMade(
  on: Executor,
  schema: string,
  definition: AnyProjection,
  patience: number | undefined,
): Promise<Copy[]> {
  const find = async () =>
    (await readCopies(on, schema, [definition.name])).filter(({ status }) => status !== 'retired');
  const found = await find();
  if (found.some(({ status }) => status === 'live')) return sameKind(found, definition);
  await assertTablesCanBeMade(on, schema);
  const make = () => driverOf(on).transaction((transaction) => insertLive(transaction, schema, definition, patience));
  await make().catch((error: unknown) => {
    // Whether it took effect or not, a second time changes nothing.
    if (error instanceof CommitInterruptedError && on.isTransaction !== true) return make();
    throw error;
  });
  return sameKind(await find(), definition);
}

function sameKind(copies: Copy[], { name, kind }: AnyProjection): Copy[] {
  const other = copies.find((copy) => copy.kind !== kind);
  if (other === undefined) return copies;
  throw new ReadModelSetUpError(
    name,
    `the database has a ${other.kind} of this name, and it is a ${kind} here.`,
    `Give this ${kind} another name, or remove the ${other.kind} with \`maestro projections drop ${name}\` if no code has it any more.`,
  );
}

async function insertLive(
  transaction: Knex.Transaction,
  schema: string,
  definition: AnyProjection,
  patience: number | undefined,
): Promise<void> {
  if (definition.kind === 'subscription') return await insertSubscription(transaction, schema, definition);
  const liveSchema = await currentSchema(transaction, definition);
  const insert = () => insertCopy(transaction, schema, definition, 'live', liveSchema);
  const copy = await (patience === undefined ? insert() : insertInTime(transaction, definition, patience, insert));
  if (copy === undefined || definition.setUp === undefined) return;
  const buildSchema = buildSchemaOf(schema, copy.id);
  const made = await setUpCopy(transaction, schema, definition, { ...copy, liveSchema, buildSchema });
  await assertNamesAreFree(transaction, definition.name, buildSchema, liveSchema);
  await grantDefaults(transaction, liveSchema, buildSchema);
  await emptySchema(transaction, buildSchema, liveSchema);
  await recordObjects(transaction, schema, { ...copy, ...made });
}

/** Inserts the row of a copy, waiting so many milliseconds at most for another one of its name that is not committed. */
async function insertInTime<Value>(
  transaction: Knex.Transaction,
  { name }: ReadModelDefinition,
  patience: number,
  insert: () => Promise<Value>,
): Promise<Value> {
  // Zero is no limit; the application's own is kept where it is shorter.
  const sql = `SELECT setting FROM pg_settings WHERE name = 'lock_timeout'`;
  const [[before] = ['0']] = await query<[string]>(transaction, sql);
  const limited = Math.min(Number(before) || patience, patience);
  const limit = (milliseconds: string) =>
    execute(transaction, "SELECT set_config('lock_timeout', ?, true)", [milliseconds]);
  await limit(String(limited));
  try {
    const value = await insert();
    await limit(before);
    return value;
  } catch (cause) {
    if (sqlState(cause) !== '55P03') throw cause;
    throw new DatabaseTimeoutError(
      `Another transaction is setting up the projection ${name}, and has not ended after ${limited} milliseconds.`,
      {
        hint: 'Nothing was written; try again when that transaction has ended. A new projection is best set up before the code that writes with it is live: `maestro projections run --once` in the deployment.',
        cause,
      },
    );
  }
}

/** The schema in which tables are found and made by names without a schema. */
async function currentSchema(on: Executor, { name }: ReadModelDefinition): Promise<string> {
  const [[schema] = [null]] = await query<[string | null]>(on, 'SELECT current_schema()::text');
  if (schema !== null) return schema;
  throw new ReadModelSetUpError(
    name,
    'the search_path of the connection names no schema that exists, so its tables would have no place.',
    'Create the schema, or name another one: ALTER ROLE … SET search_path, or searchPath of Knex.',
  );
}

async function insertSubscription(on: Executor, schema: string, definition: SubscriptionDefinition): Promise<void> {
  const copy = await insertCopy(on, schema, definition, 'live', undefined);
  if (copy === undefined || definition.startAt === 'beginning') return;
  // What is committed, but not visible to this statement, comes after now.
  await execute(
    on,
    `INSERT INTO ${projectionTables(schema).positions} (copy, aggregate_id, sequence)
SELECT ?::integer, aggregate_id, max(sequence) FROM ${qualified(schema, 'event_log')} GROUP BY aggregate_id`,
    [copy.id],
  );
}
