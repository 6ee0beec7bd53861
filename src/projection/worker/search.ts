import type { Timestamp } from '../../hlc/timestamp.js';
import { due } from '../apply/parked.js';
import { passOver } from '../apply/pass-over.js';
import type { Behind } from '../discovery/behind-slice.js';
import { RecentCommits } from '../discovery/recent-commits.js';
import { Sweep } from '../discovery/sweep.js';
import { Alarm } from './alarm.js';
import { countParked } from './count-parked.js';
import { countTaken } from './lanes.js';
import { Overflow } from './overflow.js';
import type { Rebuilds } from './rebuilds.js';
import type { Running } from './running.js';

/** Time between two looks at what changes seldom, in milliseconds: which copies there are, and what parked is due. */
const LOOK = 500;
/** Most parked aggregates that are tried again at a time. */
const MOST_DUE = 1000;

/** Somebody who waits until all that is in the log now is taken in. */
interface Caller {
  readonly resolve: (outcome: { readonly parked: number }) => void;
  readonly reject: (error: unknown) => void;
}

/** Finds the aggregates that are behind, and puts them into the queue. */
export class Search {
  readonly #running: Running;
  readonly #rebuilds: Rebuilds;
  readonly #recent: RecentCommits;
  readonly #sweep: Sweep;
  readonly #overflow: Overflow;
  readonly #following = new Alarm();
  readonly #sweeping = new Alarm();
  readonly #callers = new Set<Caller>();
  /** Those who came after the search that is under way had begun. */
  readonly #newCallers: Caller[] = [];
  #isSweepWanted = true;

  constructor(running: Running, rebuilds: Rebuilds) {
    const { knex, schema, copies, heartbeat } = running;
    this.#running = running;
    this.#rebuilds = rebuilds;
    this.#overflow = new Overflow(running, (copy) => this.#walkAlone(copy));
    this.#recent = new RecentCommits(knex, schema);
    this.#sweep = new Sweep(knex, schema, {
      copies: () => copies.ids,
      workers: () => heartbeat.workers,
      passOver: async (copy, part) => {
        const own = copies.get(copy);
        const passed = own === undefined ? 0 : await passOver(running, own.copy, own.definition, part);
        if (own !== undefined) countTaken(running, own, passed);
        return passed;
      },
    });
  }

  /** Resolves when all that was committed before the call is taken in or parked. */
  async caughtUp(): Promise<{ readonly parked: number }> {
    return await new Promise((resolve, reject) => {
      const caller = { resolve, reject };
      this.#callers.add(caller);
      this.#newCallers.push(caller);
      this.wantSweep();
    });
  }

  /** Has the whole log be gone through, because something may have been missed. */
  wantSweep(): void {
    this.#isSweepWanted = true;
    this.#sweeping.wake();
  }

  /** Puts aggregates with new events into the queue, for each copy; those for which there is no room are found later. */
  offer(aggregates: readonly Timestamp[]): void {
    const { copies, queue } = this.#running;
    for (const copy of copies.ids)
      for (const aggregateId of aggregates) if (!queue.add(copy, aggregateId)) this.#overflow.want(copy);
  }

  /** Ends all pauses, and tells those who wait why they wait in vain; true when there were any. */
  end(reason: unknown): boolean {
    this.#following.wake();
    this.#sweeping.wake();
    const hasCallers = this.#callers.size > 0;
    for (const { reject } of this.#callers) reject(reason);
    this.#callers.clear();
    return hasCallers;
  }

  /** Follows recent commits, of this process and of others, until the worker stops. */
  async follow(): Promise<void> {
    const { options, signal } = this.#running;
    for (let nextLook = 0; !signal.aborted;) {
      const found = await this.#ask(() => this.#recent.poll());
      if (found === undefined) return;
      this.offer(found.aggregateIds);
      if (performance.now() >= nextLook) {
        nextLook = performance.now() + LOOK * this.#patience;
        await this.#ask(() => this.#look());
      }
      if (!found.more && !signal.aborted) await this.#following.sleep(options.interval * this.#patience);
    }
  }

  /**
   * Factor of all pauses. The workers of the same copies look at different times, so that each of several looks less often: together they ask
   * the server as much as one does, and what is new is found about as soon.
   */
  get #patience(): number {
    const { workers } = this.#running.heartbeat;
    return workers < 2 ? 1 : workers * (0.5 + Math.random());
  }

  /** Goes through the log beside the positions: all of it when that is wanted, else slice by slice, until the worker stops. */
  async sweep(): Promise<void> {
    const { signal } = this.#running;
    while (!signal.aborted) {
      if (this.#isSweepWanted) await this.#catchUp();
      else if (this.#rebuilds.isDue) await this.#catchUpFor(await this.#rebuilds.ready());
      if (this.#isSweepWanted || signal.aborted) continue;
      await this.#rebuilds.clean();
      await this.#sweeping.sleep(this.#sweep.pause);
      // A pause that was cut short was so for a reason.
      if (this.#isSweepWanted || signal.aborted) continue;
      const found = (await this.#ask(() => this.#sweep.slice())) ?? [];
      for (const copy of this.#add(found)) this.#overflow.want(copy);
    }
  }

  /** Goes through the log for copies that may be put into use after that. */
  async #catchUpFor(copies: readonly number[]): Promise<void> {
    if (copies.length === 0) return;
    const full = await this.#addAll(copies);
    this.#running.beside(() => this.#conclude([], full));
  }

  async #catchUp(): Promise<void> {
    const callers = this.#newCallers.splice(0);
    this.#isSweepWanted = false;
    // Besides what is behind, what is parked and due.
    await this.#ask(() => this.#look());
    const full = await this.#addAll(this.#running.copies.ids);
    if (callers.length > 0 || full.size > 0 || this.#rebuilds.isDue)
      this.#running.beside(() => this.#conclude(callers, full));
  }

  /** Goes through the log for a copy that had no room in the queue, and waits for room. */
  async #walkAlone(copy: number): Promise<void> {
    const { copies, queue, reach, searching, signal } = this.#running;
    const isOver = () => signal.aborted || copies.get(copy) === undefined;
    await reach.survive(async () => {
      const slices = this.#sweep.all([copy]);
      for (;;) {
        const slice = await searching.run(() => slices.next());
        if (slice.done === true) return;
        for (const { aggregateId } of slice.value)
          while (!isOver() && !queue.add(copy, aggregateId)) await queue.room(copy, isOver);
        if (isOver()) return;
      }
    });
  }

  /** Goes on when all that a search has found was looked at. That may take long, which must not hold up other searches. */
  async #conclude(callers: readonly Caller[], full: ReadonlySet<number>): Promise<void> {
    const { knex, queue, schema, signal, copies } = this.#running;
    const walks = new Map([...full].map((copy) => [copy, this.#overflow.walked(copy)]));
    const settled = Promise.all(walks.values()).then(() => queue.settled(() => signal.aborted));
    await Promise.all([this.#rebuilds.drive((copy) => walks.get(copy)), settled]);
    await this.#rebuilds.clean();
    if (callers.length === 0 || signal.aborted) return;
    const parked = await this.#ask(() => countParked(knex, schema, copies.ids));
    if (parked === undefined) return;
    for (const caller of callers) {
      this.#callers.delete(caller);
      caller.resolve({ parked });
    }
  }

  async #look(): Promise<void> {
    const { copies, knex, queue, schema } = this.#running;
    if (await copies.refresh()) this.wantSweep();
    for (const { copy, aggregateId } of await due(knex, schema, copies.ids, MOST_DUE)) queue.add(copy, aggregateId);
  }

  /** Puts all that is behind in some copies into the queue; gives the copies for which there is no room. */
  async #addAll(copies: readonly number[]): Promise<ReadonlySet<number>> {
    const { reach, searching, signal } = this.#running;
    const full = new Set<number>();
    await reach.survive(async () => {
      const slices = this.#sweep.all(copies);
      for (;;) {
        const slice = await searching.run(() => slices.next());
        if (slice.done === true || signal.aborted) return;
        for (const copy of this.#add(slice.value)) full.add(copy);
      }
    });
    return full;
  }

  /** Puts what a sweep has found into the queue; gives the copies for which there is no room. */
  #add(found: readonly Behind[]): ReadonlySet<number> {
    const full = new Set<number>();
    for (const { copy, aggregateId } of found) if (!this.#running.queue.add(copy, aggregateId)) full.add(copy);
    return full;
  }

  /** Asks the database, one question at a time, and again when it could not be reached; undefined when the worker stops. */
  async #ask<Value>(question: () => Promise<Value>): Promise<Value | undefined> {
    const { reach, searching } = this.#running;
    return await reach.survive(() => searching.run(question));
  }
}
