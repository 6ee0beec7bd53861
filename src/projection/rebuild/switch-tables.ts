import type { Knex } from 'knex';
import { goInTurn } from '../../store/layout/in-turn.js';
import { setLockTimeout } from '../../store/layout/lock-timeout.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute } from '../../store/read/rows.js';
import { batchGroups } from '../apply/batch-groups.js';
import { takeBatch } from '../apply/take-batch.js';
import { type Copy, readCopies } from '../copies/copy.js';
import type { SchemaObject } from '../../store/catalog/schema-objects.js';
import { emptySchema, quoted } from '../copies/move-objects.js';
import { assertNamesAreFree } from '../copies/name-clashes.js';
import { carryOverPrivileges } from '../../store/catalog/privileges.js';
import { retireTables } from '../copies/retire-tables.js';
import type { ReadModelDefinition } from '../definition.js';
import { assertNoDependants, liveObjects } from './dependants.js';
import { isRecorded } from './record-moves.js';
import { missingInBuilding, type Searched } from './missing-in-building.js';

/**
 * Outcome of an attempt to put a copy into use: it is in use; or it lacks too much; or others had the tables locked or read what
 * there was before, so that it can be tried again in a while; or it is no longer being built.
 */
export type SwitchOutcome = 'switched' | 'behind' | 'blocked' | 'gone';

/** Number of aggregates of which so much is missing that workers take it in rather than the switch. */
export const MOST_MISSING = 200;
/** Largest number of events that the switch takes in, while inline commits wait for it. */
const MOST_EVENTS = 500;
/** Longest wait for a lock, in milliseconds: so long others queue behind it at most. */
const LOCK_TIMEOUT = 200;
/** Longest wait for an autovacuum of the positions to be canceled, in milliseconds. */
const AUTOVACUUM_TIMEOUT = 2000;

/** A copy of a projection that is in use. */
type LiveCopy = Copy & { readonly liveSchema: string };
/** A copy of a projection that is being built. */
type BuildingCopy = LiveCopy & { readonly buildSchema: string };

/** Findings of a search that did not keep anybody out, with the number of the record of what was moved since. */
export interface RecordedSearch extends Searched {
  readonly record: string;
}

/**
 * Puts a copy into use within a transaction that has just begun. First it keeps out whoever moves positions, and so changes the
 * tables: they hold a lock on the table of positions that conflicts with this one until they end, and read afterwards whether
 * their copy is in use. Rejects with 55P03 when others have locked what it needs; then the transaction has to be rolled back.
 */
export async function switchTables(
  transaction: Knex.Transaction,
  schema: string,
  definition: ReadModelDefinition,
  copy: Copy,
  searched: RecordedSearch,
): Promise<SwitchOutcome> {
  const { projections, positions } = projectionTables(schema);
  await goInTurn(transaction, schema);
  await endAutovacuum(transaction, schema, positions);
  await setLockTimeout(transaction, schema, LOCK_TIMEOUT);
  await tryLocks(transaction, schema, copy);
  // In the order of an erasure, which keeps new copies out and then locks positions: else the two would wait for each other.
  await execute(transaction, `LOCK TABLE ${projections} IN ROW EXCLUSIVE MODE`);
  await execute(transaction, `LOCK TABLE ${positions} IN EXCLUSIVE MODE`);
  const copies = await lockedCopies(transaction, schema, copy);
  if (copies === undefined) return 'gone';
  const { live, building } = copies;
  if (!(await isRecorded(transaction, schema, live.id, searched.record))) return 'blocked';
  if (!(await takeInMissing(transaction, schema, definition, live, building, searched))) return 'behind';
  // Constraints that are deferred would fail in the middle of what follows.
  await execute(transaction, 'SET CONSTRAINTS ALL IMMEDIATE');
  await replace(transaction, schema, live, building);
  return 'switched';
}

/**
 * Has PostgreSQL cancel an autovacuum of the positions, which takes long where there are many, and keeps the next one out. It does so when
 * somebody has waited for `deadlock_timeout`, a second if nobody has changed that. Nobody who moves positions waits for this lock. Rejects with 55P03
 * when somebody else vacuums or changes the table.
 */
async function endAutovacuum(transaction: Executor, schema: string, positions: string): Promise<void> {
  await setLockTimeout(transaction, schema, AUTOVACUUM_TIMEOUT);
  await execute(transaction, `LOCK TABLE ${positions} IN SHARE UPDATE EXCLUSIVE MODE`);
}

/**
 * Rejects with 55P03 when others use the tables that are to be replaced, before anybody is kept out who moves positions. The locks are
 * let go of: whoever moves positions has a lock on those, and then asks for one on these tables.
 */
async function tryLocks(transaction: Executor, schema: string, { name }: Copy): Promise<void> {
  const live = (await readCopies(transaction, schema, [name])).find(({ status }) => status === 'live');
  if (live === undefined) return;
  await execute(transaction, 'SAVEPOINT maestro_switch');
  await lockTables(transaction, await liveObjects(transaction, live), live.liveSchema);
  await execute(transaction, 'ROLLBACK TO SAVEPOINT maestro_switch');
}

async function lockTables(transaction: Executor, objects: SchemaObject[], liveSchema = ''): Promise<void> {
  const tables = objects.filter(({ kind }) => kind === 'table');
  const names = tables.map(({ identity }) => `${quoted(liveSchema)}.${identity}`);
  if (names.length > 0) await execute(transaction, `LOCK TABLE ${names.join(', ')} IN ACCESS EXCLUSIVE MODE`);
}

/** Both copies, their rows locked; `undefined` when the one is no longer being built. */
async function lockedCopies(
  transaction: Executor,
  schema: string,
  { id, name }: Copy,
): Promise<{ live: LiveCopy; building: BuildingCopy } | undefined> {
  const { projections } = projectionTables(schema);
  await execute(transaction, `SELECT FROM ${projections} WHERE name = ? AND status <> 'retired' FOR UPDATE`, [name]);
  const copies = await readCopies(transaction, schema, [name]);
  const live = copies.find(({ status }) => status === 'live');
  const building = copies.find((copy) => copy.id === id && copy.status === 'building');
  if (live?.liveSchema === undefined || building?.buildSchema === undefined) return undefined;
  const { liveSchema } = live;
  return { live: { ...live, liveSchema }, building: { ...building, liveSchema, buildSchema: building.buildSchema } };
}

/** Brings each aggregate as far as the copy in use has it; false when that is too much, or not possible. */
async function takeInMissing(
  transaction: Knex.Transaction,
  schema: string,
  definition: ReadModelDefinition,
  live: Copy,
  building: Copy,
  searched: Searched,
): Promise<boolean> {
  const ids = { live: live.id, building: building.id };
  const { found: aggregates } = await missingInBuilding(transaction, schema, ids, MOST_MISSING, searched);
  if (aggregates.length === 0) return true;
  if (aggregates.length === MOST_MISSING) return false;
  for (const group of await batchGroups(transaction, schema, aggregates)) {
    const wanted = group.map((aggregateId) => ({ aggregateId }));
    await takeBatch(transaction, schema, building, definition, wanted, { limit: MOST_EVENTS, onRead: () => {} });
  }
  // That has ended it on other nodes than this one.
  await setLockTimeout(transaction, schema, LOCK_TIMEOUT);
  // Nobody else moves any meanwhile: what was not found is not missing now either.
  return (await missingInBuilding(transaction, schema, ids, 1, { found: aggregates })).found.length === 0;
}

async function replace(
  transaction: Knex.Transaction,
  schema: string,
  live: LiveCopy,
  { id, name, buildSchema }: BuildingCopy,
): Promise<void> {
  const { projections } = projectionTables(schema);
  const { liveSchema } = live;
  const old = await liveObjects(transaction, live);
  await lockTables(transaction, old, liveSchema);
  // Under these locks nobody adds anything more to them.
  await assertNoDependants(transaction, live);
  await assertNamesAreFree(transaction, name, buildSchema, liveSchema, live.objects);
  await carryOverPrivileges(transaction, liveSchema, buildSchema);
  await retireTables(transaction, schema, live, old);
  await emptySchema(transaction, buildSchema, liveSchema);
  const use = `UPDATE ${projections} SET status = 'live', build_schema = NULL, switched_at = now() WHERE id = ?`;
  await execute(transaction, use, [id]);
}
