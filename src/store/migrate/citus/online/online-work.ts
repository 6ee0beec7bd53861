import { setTimeout as delay } from 'node:timers/promises';
import type { Knex } from 'knex';
import { fieldsOf } from '../../../driver/driver-fields.js';
import { driverOf } from '../../../driver/driver-of.js';
import { DatabaseError } from '../../../errors.js';
import { execute } from '../../../read/rows.js';
import { lockTables } from '../../lock-tables.js';
import { withIndexLock } from '../../log-index/index-lock.js';
import { MigrationLockError } from '../../migration-errors.js';
import { isPlaced } from '../placement.js';
import { onlineSteps, type OnlineStep } from './online-plan.js';
import { type OnlineState, readOnlineState } from './online-state.js';

/** The pause between two looks at work that a killed process has left to the server, in milliseconds. */
const PAUSE = 500;
/** The function of Citus that refuses to spread a table while another one is being spread. */
const SPREADING = 'AcquireCreateDistributedTableConcurrentlyLock';

/** Options of the work. */
export interface OnlineOptions {
  readonly schema: string;
  readonly shards: number;
  /** Longest wait for a lock, or for work that somebody else has begun, in milliseconds. */
  readonly lockTimeout: number;
  /** Called before each step, with a few words. */
  readonly onStep: ((what: string) => void) | undefined;
}

/**
 * Spreads the tables over the nodes of a cluster while they are written, one step after another, each from the state that the catalog
 * tells then: whatever was broken off, another run goes on. Gives the names of the tables that lay elsewhere before.
 */
export async function spreadOnline(knex: Knex, options: OnlineOptions): Promise<string[]> {
  const { schema, lockTimeout } = options;
  return await withIndexLock(knex, schema, lockTimeout, async () => {
    const before = unplaced(await readOnlineState(knex, schema));
    await carryOut(knex, options);
    return before;
  });
}

/** The statements that are left, in order, as a script for psql; empty when all is done. */
export async function onlineSql(knex: Knex, schema: string, shards: number): Promise<string> {
  const steps = onlineSteps(await readOnlineState(knex, schema), schema, shards);
  return steps.map(({ sql }) => `${sql};\n`).join('\n');
}

async function carryOut(knex: Knex, options: OnlineOptions): Promise<void> {
  const { schema, shards, lockTimeout, onStep } = options;
  let last: OnlineStep | undefined;
  for (let waiting = waitFor(lockTimeout); ;) {
    const state = await readOnlineState(knex, schema);
    if (state.index?.isBuilding && !state.index.isValid) {
      await waiting('The index of the new primary key is still being built.');
      continue;
    }
    const [step] = onlineSteps(state, schema, shards);
    if (step === undefined) return;
    if (step.sql === last?.sql) throw notTaken(step);
    onStep?.(step.what);
    try {
      await take(knex, step, lockTimeout);
      last = step;
      waiting = waitFor(lockTimeout);
    } catch (error) {
      if (fieldsOf(error).routine !== SPREADING) throw error;
      await waiting('A table is still being spread, perhaps for a process that was ended.', error);
    }
  }
}

async function take(knex: Knex, { sql, lock }: OnlineStep, lockTimeout: number): Promise<void> {
  if (lock === undefined) await execute(knex, sql);
  else
    await driverOf(knex).transaction((transaction) =>
      lockTables(transaction, [lock], 'ACCESS EXCLUSIVE', lockTimeout, () => execute(transaction, sql)),
    );
}

/** A pause after a pause, until the time is over. */
function waitFor(timeout: number): (why: string, cause?: unknown) => Promise<void> {
  const deadline = performance.now() + timeout;
  return async (why, cause) => {
    if (performance.now() >= deadline) throw new MigrationLockError(timeout, cause, why);
    await delay(PAUSE);
  };
}

function notTaken({ what }: OnlineStep): DatabaseError {
  return new DatabaseError(
    `The step to ${what} has no effect: something else changes the tables.`,
    undefined,
    undefined,
    'Look who works on the tables, then run this again.',
  );
}

/** The tables that do not have their place yet. */
function unplaced({ shapes }: OnlineState): string[] {
  return [...shapes].filter(([table, { distribution }]) => !isPlaced(table, distribution)).map(([table]) => table);
}
