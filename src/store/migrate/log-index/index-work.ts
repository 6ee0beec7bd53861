import { setTimeout as delay } from 'node:timers/promises';
import { sqlState } from '../../driver/driver-error.js';
import { driverOf } from '../../driver/driver-of.js';
import { DatabaseError, NotMigratedError } from '../../errors.js';
import { type Executor, execute } from '../../read/rows.js';
import { lockTables } from '../lock-tables.js';
import { ForeignSchemaError, MigrationLockError } from '../migration-errors.js';
import { readTableShape } from '../table-shape.js';
import type { LogIndex } from './log-index.js';
import type { IndexedLog, IndexStep } from './plan-index.js';
import { readTableIndexes } from './read-indexes.js';

/** The statements for a change of an index, by what is there. */
export type Plan = (log: IndexedLog, index: LogIndex) => IndexStep[];

/** The pause between two looks at a build that somebody else has begun, in milliseconds. */
const PAUSE = 250;
/** Rounds after which an index that is still not there or not valid is an error. */
const MAX_ROUNDS = 3;

interface WorkOptions {
  /** Called before each step of the work, with a few words. */
  readonly onStep: ((what: string) => void) | undefined;
  readonly schema: string;
  readonly lockTimeout: number;
}

/** The work on an index, on the one connection of the embedded database or on others than the one that holds the lock. */
export class IndexWork {
  readonly #on: Executor;
  readonly #options: WorkOptions;

  constructor(on: Executor, options: WorkOptions) {
    this.#on = on;
    this.#options = options;
  }

  /** Plans and works until nothing is left to do; true when there was something. */
  async carryOut(plan: Plan, index: LogIndex): Promise<boolean> {
    for (let round = 0; ; round += 1) {
      const steps = await this.#plan(plan, index);
      if (steps.length === 0) return round > 0;
      if (round === MAX_ROUNDS)
        throw new DatabaseError(
          `The index ${index.name} is not as it should be after ${MAX_ROUNDS} attempts: something else changes it.`,
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

  async #plan(plan: Plan, index: LogIndex): Promise<IndexStep[]> {
    const { schema, lockTimeout } = this.#options;
    // The server goes on with a build whose process was killed. Waiting for it in a statement would be a deadlock.
    for (const deadline = performance.now() + lockTimeout; ; await delay(PAUSE)) {
      const log = await readLog(this.#on, schema);
      if (!log.concurrently || log.indexes.every(({ isValid, isBuilding }) => isValid || !isBuilding))
        return plan(log, index);
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

/** Reads what a plan needs to know. Throws `NotMigratedError`, and `ForeignSchemaError` for a view. */
export async function readLog(on: Executor, schema: string): Promise<IndexedLog> {
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
