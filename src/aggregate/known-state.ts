import type { Timestamp } from '../hlc/timestamp.js';
import { assertExpected } from '../store/append.js';
import type { AggregateReads } from '../store/store.js';
import type { Command } from './fold/decide.js';
import { deepFreeze } from './fold/freeze.js';
import { fold, foldOn, type History, latestAfter, withLatest } from './history.js';
import type { RootContext } from './options.js';
import { type Plan, plan } from './plan.js';
import { Rejection } from './fold/rejection.js';
import { mayBeCausedByState, stateWithoutSnapshot } from './snapshot/refold-without-snapshot.js';
import type { StateAt } from './state-at.js';

/**
 * The knowledge of one aggregate: its state as it was last read or committed, and how sure that is. Reads the log before its first result, and
 * again whenever a result depends on what others may have written. Its methods must run one after another.
 */
export class KnownState {
  readonly #context: RootContext;
  #history: History;
  #current: StateAt | undefined;
  /** True after a commit that met a conflict or failed, until all was read again: the log may hold more than is known. */
  #commitFailed = false;
  /** True while the state rests on a stored snapshot that was not compared with the events. */
  #isSnapshotUnverified = false;
  /** True after {@link markStale}: another part of this process may have written more than was read. */
  #isStale = false;
  /** True when the state rests on a snapshot, and the timestamps of the events before it were not looked at. */
  #lacksOlderTimestamps = false;

  constructor(context: RootContext, history: History) {
    this.#context = context;
    this.#history = history;
  }

  /** The history that is read. */
  get history(): History {
    return this.#history;
  }

  /** The state as it was last read or committed, be it outdated; `undefined` before that. */
  get last(): StateAt | undefined {
    return this.#current;
  }

  /** The state as it was last read or committed; `undefined` also when it is known to be outdated. */
  get current(): StateAt | undefined {
    return this.#isStale ? undefined : this.#current;
  }

  /** Marks the state as outdated: the log may hold more than was read. May be called while another method runs. */
  markStale(): void {
    this.#isStale = true;
  }

  /** Notes that events are about to be committed: unless {@link committed} follows, it is not known what the log holds. */
  committing(): void {
    this.#commitFailed = true;
  }

  /** Takes over the state after a commit. */
  committed(next: StateAt): void {
    this.#current = next;
    this.#commitFailed = false;
  }

  /** Notes that a state is stored as a snapshot, or must not be: until there are more events, another attempt would come to the same. */
  settleSnapshot(state: StateAt): void {
    if (this.#current === state) this.#current = { ...state, snapshot: state.sequence };
  }

  /** The state with all that is in the log now; with a reading of the clock, as {@link fold} takes it. */
  async fetch(ahead?: Timestamp): Promise<StateAt> {
    const known = this.#current;
    const wasStale = this.#isStale;
    this.#dropUnlessFrozen();
    // Events written during the read count as not read.
    this.#isStale = false;
    let current: StateAt;
    try {
      current = await (known === undefined ? fold(this.#history, { ahead }) : foldOn(this.#history, known));
    } catch (error) {
      this.#isStale ||= wasStale;
      throw error;
    }
    this.#isSnapshotUnverified = current.snapshot > 0 && (known === undefined || this.#isSnapshotUnverified);
    if (known === undefined) this.#lacksOlderTimestamps = current.snapshot > 0 && ahead === undefined;
    this.#current = current;
    this.#commitFailed = false;
    return current;
  }

  /**
   * Decides on a command. A commit finds out by itself whether the state was outdated; a rejection, a result without
   * events, a failing handler or another sequence than the expected one has to be repeated on the state in the log.
   */
  async plan(command: Command, expect: number | undefined): Promise<Plan | Rejection<unknown>> {
    const known = this.current;
    const isExpected = expect === undefined || known?.sequence === expect;
    if (known === undefined || !isExpected || this.#commitFailed || this.#lacksOlderTimestamps)
      return await this.planOnLatest(command, expect);
    try {
      const planned = this.#planOnState(known, command);
      if (!(planned instanceof Rejection) && planned.events.length > 0) return planned;
    } catch {
      // Only a failure on the current state counts.
    }
    return await this.planOnLatest(command, expect);
  }

  /** Decides on the state in the log; when that rests on a snapshot and fails, on the state that the events give. */
  async planOnLatest(command: Command, expect: number | undefined): Promise<Plan | Rejection<unknown>> {
    const current = await this.#fetchForAppend();
    assertExpected(this.#history.id, expect, current.sequence);
    try {
      return this.#planOnState(current, command);
    } catch (error) {
      if (!this.#isSnapshotUnverified || !mayBeCausedByState(error)) throw error;
      const correct = await stateWithoutSnapshot(this.#history, current, error);
      this.#isSnapshotUnverified = false;
      if (correct === undefined) throw error;
      this.#current = correct;
      return this.#planOnState(correct, command);
    }
  }

  /** The state with all that is in the log now, and what its next event has to be later than. */
  async #fetchForAppend(): Promise<StateAt> {
    if (this.#current === undefined) return await this.fetch(this.#context.clock.now());
    if (!this.#lacksOlderTimestamps) return await this.fetch();
    const ahead = this.#context.clock.now();
    const [current, latest] = await Promise.all([this.fetch(), latestAfter(this.#history, ahead)]);
    this.#current = withLatest(current, latest);
    this.#lacksOlderTimestamps = false;
    return this.#current;
  }

  #planOnState(current: StateAt, command: Command): Plan | Rejection<unknown> {
    this.#dropUnlessFrozen();
    return plan(this.#context, this.#history.id, current, command);
  }

  /** Forgets a state that could not be frozen before handlers get it: they may change it in place, and then fail. */
  #dropUnlessFrozen(): void {
    if (!deepFreeze(this.#current?.state)) this.#current = undefined;
  }

  /** Decides on the state in the log as {@link planOnLatest} does, read in another way. */
  async planBy(
    reads: AggregateReads,
    command: Command,
    expect: number | undefined,
  ): Promise<Plan | Rejection<unknown>> {
    const history = this.#history;
    this.#history = { ...history, store: reads };
    try {
      return await this.planOnLatest(command, expect);
    } finally {
      this.#history = history;
    }
  }
}
