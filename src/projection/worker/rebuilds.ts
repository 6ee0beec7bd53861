import { setTimeout as pause } from 'node:timers/promises';
import { blame } from '../apply/passing.js';
import type { ReadModelDefinition } from '../definition.js';
import { cleanUpRetired } from '../rebuild/clean-up-retired.js';
import { switchCopy, type SwitchOutcome } from '../rebuild/switch-copy.js';
import { countParked } from './count-parked.js';
import type { OwnCopy } from './own-copies.js';
import { Permits } from './permits.js';
import type { Running } from './running.js';

/** Pauses between two searches for a copy that is being built, in milliseconds: the first, and the longest after doubling. */
const PAUSES = { first: 250, longest: 10_000 };
/** Time, in milliseconds, after which a switch is tried again that something prevents which somebody has to do something about. */
const REFUSED = 60_000;
/** Attempts in a row while short transactions of others are in the way, and the pause between them in milliseconds. */
const BLOCKED = { attempts: 20, pause: 50 };
/** Time between two looks for what replaced copies have left, in milliseconds. */
const CLEANING = 60_000;
/** The same when somebody still used them, or the database was away. */
const CLEANING_AGAIN = 1000;

/** Puts copies into use that are built, and removes what they replace. */
export class Rebuilds {
  readonly #running: Running;
  /** The time to look again at each copy that is being built, and the length of the pause before that. */
  readonly #next = new Map<number, { readonly at: number; readonly pause: number }>();
  /** The copies for which a switch is under way. */
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #switching = new Permits(1);
  readonly #cleaning = new Permits(1);
  #nextCleaning = 0;

  constructor(running: Running) {
    this.#running = running;
  }

  /** True when it is time to go through the log for a copy that is being built, and then to {@link drive} it. */
  get isDue(): boolean {
    return this.#due().length > 0;
  }

  /**
   * Puts into use what has taken in all that there was; called when a search has ended, whose finds it waits for, as for what
   * `walk` gives for a copy that had no room for all of them.
   */
  async drive(walk: (copy: number) => Promise<void> | undefined): Promise<void> {
    for (const own of this.#due()) {
      const { id } = own.copy;
      const end = this.#drive(own, walk(id)).finally(() => this.#underWay.delete(id));
      this.#underWay.set(id, end);
    }
    await Promise.all(this.#underWay.values());
  }

  /** Removes what replaced copies have left, now and then: a switch, or a worker that was killed, may have left something. */
  async clean(): Promise<void> {
    const { knex, schema, signal, working, reach } = this.#running;
    await this.#cleaning.run(async () => {
      if (performance.now() < this.#nextCleaning || signal.aborted) return;
      this.#nextCleaning = performance.now() + CLEANING;
      const left = await reach.survive(() => working.run(() => cleanUpRetired(knex, schema, { signal })));
      if (left !== 0) this.#nextCleaning = performance.now() + CLEANING_AGAIN;
    });
  }

  async #drive(own: OwnCopy<ReadModelDefinition>, walk: Promise<void> | undefined): Promise<void> {
    const { queue, reach, signal } = this.#running;
    await walk;
    await queue.settled(() => signal.aborted, own.copy.id);
    if (!signal.aborted) await this.#switching.run(() => reach.survive(() => this.#finish(own)));
  }

  async #finish({ copy, definition }: OwnCopy<ReadModelDefinition>): Promise<void> {
    const { knex, schema, copies, working } = this.#running;
    const before = this.#next.get(copy.id)?.pause ?? PAUSES.first / 2;
    this.#rest(copy.id, Math.min(before * 2, PAUSES.longest));
    try {
      // What is parked would be missing.
      if ((await working.run(() => countParked(knex, schema, [copy.id]))) > 0) return;
      const outcome = await this.#switch({ copy, definition });
      if (outcome === 'behind' || outcome === 'blocked') return;
    } catch (error) {
      if (blame(error) !== 'event') throw error;
      this.#rest(copy.id, REFUSED);
      return this.#running.onError(error);
    }
    this.#next.delete(copy.id);
    this.#nextCleaning = 0;
    await copies.refresh();
  }

  async #switch({ copy, definition }: OwnCopy<ReadModelDefinition>): Promise<SwitchOutcome> {
    const { knex, schema, signal, working } = this.#running;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await working.run(() => switchCopy(knex, schema, definition, copy, { signal }));
      if (outcome !== 'blocked' || attempt === BLOCKED.attempts || signal.aborted) return outcome;
      await pause(BLOCKED.pause, undefined, { signal }).catch(() => {});
    }
  }

  #rest(copy: number, milliseconds: number): void {
    this.#next.set(copy, { at: performance.now() + milliseconds, pause: milliseconds });
  }

  /** The copies that are being built, without those that rest. */
  #due(): OwnCopy<ReadModelDefinition>[] {
    const now = performance.now();
    return this.#running.copies.all.flatMap(({ copy, definition }) => {
      const isIdle = copy.status === 'building' && !this.#underWay.has(copy.id);
      const isDue = isIdle && (this.#next.get(copy.id)?.at ?? 0) <= now;
      return isDue && definition.kind === 'projection' ? { copy, definition } : [];
    });
  }
}
