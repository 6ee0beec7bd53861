import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { storeError } from '../../store/failures/database-errors.js';
import { execute } from '../../store/read/rows.js';
import { type Copy, readCopies } from '../copies/copy.js';
import { quoted } from '../copies/move-objects.js';
import { permissionDenied } from '../copies/set-up.js';
import { PositionsBusy } from '../apply/lock-positions.js';
import { takeIn } from '../apply/take-in.js';
import { EventFailure } from '../apply/run-events.js';
import type { ReadModelDefinition } from '../definition.js';
import { assertNoDependants } from './dependants.js';
import { forgetReaders, haveEarlierReaders } from './earlier-readers.js';
import { hasLongMovers } from './long-movers.js';
import { missingInBuilding, type Searched } from './missing-in-building.js';
import { recordMoves } from './record-moves.js';
import { MOST_MISSING, type RecordedSearch, type SwitchOutcome, switchTables } from './switch-tables.js';

export type { SwitchOutcome };

/** Number of aggregates with missing events that are left to the workers. */
const MOST_FOUND = 5000;
/** Number of aggregates with missing events that the switch itself may as well take in. */
const FEW = 20;
/** Number of searches that may each find less than the one before. */
const ROUNDS = 8;
/** Number of attempts to get all locks, each of which makes others wait for a moment. */
const ATTEMPTS = 4;
/** States of SQL that say that others were in the way. */
const MET = new Set(['55P03', '40P01', '40001']);
/** The first pause between two of them, in milliseconds; it doubles. */
const PAUSE = 25;

/**
 * Puts a copy that has been built into use, in the place of the one that is: all tables in one transaction. The application's queries
 * see the old tables before it and the new ones after it, and wait for a moment at most. Takes in first what is missing, so
 * that no aggregate goes back. Throws `DependentObjectsError` when others have come to depend on the old tables.
 */
export async function switchCopy(
  knex: Knex,
  schema: string,
  definition: ReadModelDefinition,
  building: Copy,
  { signal }: { readonly signal?: AbortSignal | undefined } = {},
): Promise<SwitchOutcome> {
  try {
    const copies = await currentCopies(knex, schema, building);
    if (typeof copies === 'string') return copies;
    await assertNoDependants(knex, copies.live);
    const ids = { live: copies.live.id, building: building.id };
    const record = await recorded(knex, schema, copies.live);
    if (record === undefined) return 'blocked';
    const missing = await nearlyCaughtUp(knex, schema, definition, building, ids, signal);
    if (missing === undefined) {
      forgetReaders(knex, building.id);
      return 'behind';
    }
    if (await haveEarlierReaders(knex, schema, building.id)) return 'blocked';
    await analyze(knex, building);
    for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
      if (attempt > 0) await delay(PAUSE * 2 ** attempt * (1 + Math.random()));
      signal?.throwIfAborted();
      if (await hasLongMovers(knex, schema)) return 'blocked';
      const outcome = await attemptSwitch(knex, schema, definition, building, { ...missing, record });
      if (outcome !== 'blocked') return outcome;
    }
    return 'blocked';
  } catch (error) {
    throw storeError(permissionDenied(definition.name, error));
  }
}

/** The number of the record of moves; `undefined` when others are in the way. */
async function recorded(knex: Knex, schema: string, live: Copy): Promise<string | undefined> {
  try {
    return await recordMoves(knex, schema, live.id);
  } catch (error) {
    if (!MET.has(sqlState(error) ?? '')) throw error;
    return undefined;
  }
}

/**
 * Takes in what is missing, again and again, until what was committed meanwhile is little: each time there is less. Gives what the
 * last search has found, or `undefined` when so much is missing that it is for workers.
 */
async function nearlyCaughtUp(
  knex: Knex,
  schema: string,
  definition: ReadModelDefinition,
  building: Copy,
  ids: { readonly live: number; readonly building: number },
  signal: AbortSignal | undefined,
): Promise<Searched | undefined> {
  let searched = await missingInBuilding(knex, schema, ids, MOST_FOUND);
  for (let round = 0; round < ROUNDS && searched.found.length > FEW; round += 1) {
    if (searched.found.length === MOST_FOUND) return undefined;
    await takeIn({ knex, schema }, building, definition, searched.found, { signal });
    searched = await missingInBuilding(knex, schema, ids, MOST_FOUND, searched);
  }
  return searched.found.length < MOST_MISSING ? searched : undefined;
}

/** Has the server learn what the new tables hold, so that it plans queries on them well from the first on. */
async function analyze(knex: Knex, { buildSchema = '', tables }: Copy): Promise<void> {
  const names = tables.map((table) => `${quoted(buildSchema)}.${quoted(table)}`);
  if (names.length === 0) return;
  await execute(knex, `ANALYZE ${names.join(', ')}`).catch((error: unknown) => {
    // Another worker has switched meanwhile, so they are elsewhere, and their schema may be gone.
    if (!['42P01', '3F000'].includes(sqlState(error) ?? '')) throw error;
  });
}

/** The copy that is in use and the one that is being built; or what became of the latter. */
async function currentCopies(
  knex: Knex,
  schema: string,
  { id, name }: Copy,
): Promise<{ readonly live: Copy } | 'switched' | 'gone'> {
  const copies = await readCopies(knex, schema, [name]);
  const live = copies.find(({ status }) => status === 'live');
  if (live?.id === id) return 'switched';
  const isBuilding = copies.some((copy) => copy.id === id && copy.status === 'building');
  return isBuilding && live !== undefined ? { live } : 'gone';
}

/** One attempt; `blocked` when others have what it needs, or were in the way. */
async function attemptSwitch(
  knex: Knex,
  schema: string,
  definition: ReadModelDefinition,
  building: Copy,
  missing: RecordedSearch,
): Promise<SwitchOutcome> {
  try {
    return await driverOf(knex).transaction((transaction) =>
      switchTables(transaction, schema, definition, building, missing),
    );
  } catch (error) {
    // Workers meet the same event, find out what is wrong, and park its aggregate.
    if (error instanceof EventFailure) return 'behind';
    if (error instanceof PositionsBusy || MET.has(sqlState(error) ?? '')) return 'blocked';
    if (!(error instanceof CommitInterruptedError)) throw error;
    const found = await currentCopies(knex, schema, building);
    return typeof found === 'string' ? found : 'blocked';
  }
}
