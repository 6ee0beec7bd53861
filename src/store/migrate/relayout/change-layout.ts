import type { Knex } from 'knex';
import { CommitInterruptedError } from '../../driver/driver.js';
import { sqlState } from '../../driver/driver-error.js';
import { driverOf } from '../../driver/driver-of.js';
import { PermissionDeniedError } from '../../errors.js';
import { storeError } from '../../failures/database-errors.js';
import { fits, type Layout } from '../../layout/layout.js';
import { forgetLayout } from '../../layout/read-layout.js';
import { type Executor, execute } from '../../read/rows.js';
import { withIndexLock } from '../log-index/index-lock.js';
import { LayoutChangeRefusedError } from '../migration-errors.js';
import { catchUpRoughly } from './catch-up.js';
import { dropOld, dropWork } from './clean-up.js';
import { compareLogs, type LogDigest } from './compare.js';
import { copyNext } from './copy-events.js';
import { makeIndexes } from './indexes.js';
import { makeCopy } from './make-copy.js';
import { noteChanges } from './notes.js';
import { type LayoutOptions, type ResolvedOptions, resolveLayoutOptions } from './options.js';
import { type Places, placesOf } from './places.js';
import { assertTarget, readWork, type WorkState } from './progress-state.js';
import { lackingRights, refusals } from './refusals.js';
import { sharedTimestamps } from './shared-timestamps.js';
import { assertAllNoted, switchLayout } from './switch-layout.js';
import { usableLayout } from './usable-layout.js';
import { noteOnly } from './write-through.js';

/** The outcome of a change of the layout. */
export interface LayoutReport {
  readonly layout: Layout;
  /** False when the log had that layout already. */
  readonly changed: boolean;
  /** The number of events that were compared before the switch, and the digest that both logs had; absent when that was not now. */
  readonly compared?: LogDigest;
}

/** Most times that the work is taken up again after a connection broke during COMMIT. */
const MAX_ATTEMPTS = 5;

/**
 * Lays the event log out anew while everybody goes on reading and writing: copies it, catches up with what is written meanwhile, compares both,
 * and puts the copy in the place of the log under a short lock. How far it is stands in the database: killed at any point, it
 * leaves the log as it is, or the new one, whole, and goes on where it was when it is called again. Needs two connections and
 * room for a second log. Throws {@link LayoutChangeRefusedError} for what could not be carried over, before anything is made.
 */
export async function changeLayout(knex: Knex, options: LayoutOptions): Promise<LayoutReport> {
  const resolved = resolveLayoutOptions(options);
  try {
    return await withIndexLock(knex, resolved.schema, resolved.lockTimeout, async (transaction) => {
      const work = new LayoutWork(driverOf(knex).isEmbedded ? transaction : knex, resolved);
      for (let attempt = 1; ; attempt += 1)
        try {
          return await work.carryOut();
        } catch (error) {
          // The database tells whether that step was taken.
          if (!(error instanceof CommitInterruptedError) || attempt === MAX_ATTEMPTS) throw error;
        }
    });
  } catch (error) {
    throw storeError(error);
  }
}

/** The outcome of {@link cancelLayoutChange}. */
export interface CancelReport {
  /** `finished`: the new layout was in use already, and the old tables were dropped; `nothing`: no work was under way. */
  readonly outcome: 'removed' | 'finished' | 'nothing';
}

/** Removes what an unfinished change of the layout has left. The log stays as it is. */
export async function cancelLayoutChange(
  knex: Knex,
  options: Pick<LayoutOptions, 'schema' | 'lockTimeout'> = {},
): Promise<CancelReport> {
  const { schema, lockTimeout } = resolveLayoutOptions({ partitions: 1, ...options });
  const places = placesOf(schema);
  try {
    return await withIndexLock(knex, schema, lockTimeout, async (transaction) => {
      const on = driverOf(knex).isEmbedded ? transaction : knex;
      const work = await readWork(on, places);
      if (work === undefined) return { outcome: 'nothing' };
      if (work.phase === 'switched') await dropOld(on, places);
      else await dropWork(on, places, lockTimeout);
      return { outcome: work.phase === 'switched' ? 'finished' : 'removed' };
    });
  } catch (error) {
    throw storeError(error);
  }
}

/** The work, on the one connection of the embedded database or on others than the one that holds the lock. */
class LayoutWork {
  readonly #on: Executor;
  readonly #options: ResolvedOptions;
  readonly #places: Places;
  #copied = 0;
  #compared: LogDigest | undefined;

  constructor(on: Executor, options: ResolvedOptions) {
    this.#on = on;
    this.#options = options;
    this.#places = placesOf(options.schema);
  }

  async carryOut(): Promise<LayoutReport> {
    const { target } = this.#options;
    let changed = false;
    for (;;) {
      const work = await readWork(this.#on, this.#places);
      if (work === undefined && (changed || !(await this.#begin())))
        return { layout: target, changed, ...(this.#compared !== undefined && { compared: this.#compared }) };
      if (work !== undefined) {
        assertTarget(work, target);
        changed = true;
        await this.#goOn(work);
      }
    }
  }

  /** Makes what the work needs; false when there is nothing to do. */
  async #begin(): Promise<boolean> {
    const { schema, target } = this.#options;
    const layout = await usableLayout(this.#on, schema);
    if (fits(layout, target)) return false;
    this.#tell('looking at what depends on the log');
    const lacking = await lackingRights(this.#on, this.#places);
    if (lacking.length > 0)
      throw new PermissionDeniedError(`The layout is not changed, because ${lacking.join(', and ')}.`, {
        hint: 'Log in as the owner of the event log, or have these rights granted (against row-level security: BYPASSRLS). Nothing was changed.',
      });
    const found = [
      ...(await refusals(this.#on, this.#places, target)),
      ...(await sharedTimestamps(this.#on, this.#places, layout)),
    ];
    if (found.length > 0) throw new LayoutChangeRefusedError(found);
    await makeCopy(this.#on, this.#places, layout, target);
    return true;
  }

  /** Takes the next step. */
  async #goOn({ phase }: WorkState): Promise<void> {
    const { lockTimeout } = this.#options;
    switch (phase) {
      case 'noting':
        this.#tell('waiting for a moment to have changes noted');
        return await noteChanges(this.#on, this.#places, lockTimeout);
      case 'copying':
        this.#copied += await copyNext(this.#on, this.#places);
        return this.#tell('copying', this.#copied);
      case 'catching up':
        await assertAllNoted(this.#on, this.#places);
        return await unlessShared(() => this.#catchUpAndSwitch());
      case 'switched':
        this.#tell('dropping the old tables');
        return await dropOld(this.#on, this.#places);
    }
  }

  async #catchUpAndSwitch(): Promise<void> {
    const { target, lockTimeout } = this.#options;
    await noteOnly(this.#on, this.#places);
    await makeIndexes(this.#on, this.#places, target, (statement) => this.#tell(indexText(statement)));
    this.#tell('counting what the new tables hold');
    const { isEmbedded } = driverOf(this.#on);
    await execute(this.#on, `${isEmbedded ? 'ANALYZE' : 'VACUUM (ANALYZE)'} ${this.#places.copy}`);
    this.#tell('taking over what was written meanwhile');
    await catchUpRoughly(this.#on, this.#places);
    this.#tell('comparing both logs');
    this.#compared = await compareLogs(this.#on, this.#places);
    this.#tell('waiting for a moment to switch');
    const onWait = () => this.#tell('waiting for transactions that read since before to end');
    await switchLayout(this.#on, this.#places, target, { lockTimeout, onWait });
    forgetLayout(this.#on, this.#places.schema);
  }

  #tell(what: string, events?: number): void {
    this.#options.onStep?.(what, events);
  }
}

function indexText(statement: string): string {
  return `making indexes (${statement.replace(/^(?:ALTER TABLE \S+ ADD|CREATE) /, '').replace(/ USING .*/, '')})`;
}

/** Explains a timestamp that two events have come to share, which only partitions take. */
async function unlessShared(work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (sqlState(error) !== '23505') throw error;
    throw new LayoutChangeRefusedError(['events that share a timestamp, written since the work began'], {
      hint: '`maestro verify` names them. Remove the copy with --cancel. The log was not changed.',
      cause: error,
    });
  }
}
