import { setTimeout as pause } from 'node:timers/promises';
import { blame } from '../apply/passing.js';
import type { ReadModelDefinition } from '../definition.js';
import { cleanUpRetired } from '../rebuild/clean-up-retired.js';
import { switchCopy, type SwitchOutcome } from '../rebuild/switch-copy.js';
import { type Obstacle, Obstacles } from './obstacles.js';
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
  readonly #obstacles: Obstacles;
  /** The time to look again at each copy that is being built, and the length of the pause before that. */
  readonly #next = new Map<number, { readonly at: number; readonly pause: number }>();
  /** The copies for which a switch is under way. */
  readonly #underWay = new Map<number, Promise<void>>();
  readonly #switching = new Permits(1);
  readonly #cleaning = new Permits(1);
  #nextCleaning = 0;

  constructor(running: Running) {
    this.#running = running;
    this.#obstacles = new Obstacles(running);
  }

  /** True when it is time to {@link drive} a copy that is being built. */
  get isDue(): boolean {
    return this.#due().length > 0;
  }

  /** The copies for which it is time to go through the log, and then to {@link drive} them: those that nothing is known to be in the way of. */
  async ready(): Promise<number[]> {
    const { reach, searching } = this.#running;
    const ids: number[] = [];
    for (const own of this.#due()) {
      const obstacle = await reach.survive(() => searching.run(() => this.#obstacles.find(own)));
      if (obstacle === undefined) ids.push(own.copy.id);
      else this.#restAfter(own, obstacle);
    }
    return ids;
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

  async #finish(own: OwnCopy<ReadModelDefinition>): Promise<void> {
    const { copies, working } = this.#running;
    this.#restAfter(own, 'passing');
    try {
      const obstacle = await working.run(() => this.#obstacles.find(own));
      if (obstacle === 'lasting') this.#restAfter(own, obstacle);
      if (obstacle !== undefined) return;
      const outcome = await this.#switch(own);
      if (outcome === 'blocked') await working.run(() => this.#obstacles.blocked(own));
      else this.#obstacles.gone(own);
      if (outcome === 'behind' || outcome === 'blocked') return;
    } catch (error) {
      if (blame(error) !== 'event') throw error;
      this.#restAfter(own, 'lasting');
      return this.#obstacles.refused(own, error);
    }
    this.#next.delete(own.copy.id);
    this.#nextCleaning = 0;
    await copies.refresh();
  }

  async #switch({ copy, definition }: OwnCopy<ReadModelDefinition>): Promise<SwitchOutcome> {
    const { knex, schema, signal, working } = this.#running;
    for (let attempt = 1; ; attempt += 1) {
      const outcome = await working.run(() => switchCopy(knex, schema, definition, copy, { signal }));
      if (outcome !== 'blocked' || attempt === BLOCKED.attempts || signal.aborted) return outcome;
      if (await working.run(() => this.#obstacles.isForLong(copy.name))) return outcome;
      await pause(BLOCKED.pause, undefined, { signal }).catch(() => {});
    }
  }

  #restAfter({ copy }: OwnCopy, obstacle: Obstacle): void {
    const before = this.#next.get(copy.id)?.pause ?? PAUSES.first / 2;
    const pause = obstacle === 'lasting' ? REFUSED : Math.min(before * 2, PAUSES.longest);
    this.#next.set(copy.id, { at: performance.now() + pause, pause });
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
