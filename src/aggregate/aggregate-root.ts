import { InvalidArgumentError } from '../errors.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { err, ok, type Result } from '../result.js';
import { assertExpected } from '../store/append.js';
import { pauseAfter } from '../store/commit/backoff.js';
import type { CommandCommitResult } from '../store/store.js';
import { type CommandKey, newCommand } from './command-key.js';
import type { Command } from './fold/decide.js';
import { RetryLimitError } from './errors.js';
import { deepFreeze } from './fold/freeze.js';
import { fold, foldOn, type History, latestAfter, withLatest } from './history.js';
import type { RootContext } from './options.js';
import { firstOutcome, isOfDecision, type Outcome, type Terms, unlessNotMigrated } from './outcome.js';
import { type Plan, plan } from './plan.js';
import { projectionsOf } from './projections.js';
import { Rejection } from './fold/rejection.js';
import { isOfState, mayBeCausedByState, stateWithoutSnapshot } from './snapshot/refold-without-snapshot.js';
import { storeSnapshot } from './snapshot/store-snapshot.js';
import type { StateAt } from './state-at.js';

/**
 * One aggregate in memory. Reads the log before its first result, and again whenever a result depends on what others
 * may have written. Its methods must run one after another; `Aggregates` sees to that. Mirrors the process of
 * `Maestro.Aggregate.Root`.
 */
export class AggregateRoot {
  readonly #context: RootContext;
  readonly #history: History;
  #current: StateAt | undefined;
  /** True after a commit that met a conflict or failed, until all was read again: the log may hold more than is known. */
  #commitFailed = false;
  /** True while the state rests on a stored snapshot that was not compared with the events. */
  #isSnapshotUnverified = false;
  /** True after {@link markStale}: another part of this process may have written more than was read. */
  #isStale = false;
  /** True when the state rests on a snapshot, and the timestamps of the events before it were not looked at. */
  #lacksOlderTimestamps = false;

  constructor(
    readonly id: Timestamp,
    context: RootContext,
  ) {
    this.#context = context;
    const { definition, store, clock } = context;
    const onSnapshotIgnored: History['onSnapshotIgnored'] = (error) => context.onSnapshotError(error, id);
    this.#history = { definition, store, id, onSnapshotIgnored, lastAccepted: () => clock.lastAccepted() };
  }

  /** The state as it was last read; `undefined` before the first read, and when it is known to be outdated. */
  get known(): StateAt | undefined {
    return this.#isStale ? undefined : this.#current;
  }

  /** Marks the state as outdated: the log may hold more than was read. May be called while another method runs. */
  markStale(): void {
    this.#isStale = true;
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
   * Decides on a command and commits its events. When another writer was faster, reads the new events and decides again
   * after a pause, until {@link RetryLimitError}. With `expect`, throws `SequenceConflictError` when the log has another
   * last sequence. With a key, answers a command that was carried out before with its first outcome, whatever the state
   * or the expected sequence would make of it now.
   */
  async evaluate(command: Command, terms: Terms = {}): Promise<Result<Outcome, unknown>> {
    const { maxAttempts } = this.#context;
    for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
      if (attempt > 1) await pauseAfter(attempt - 1);
      const result = await this.#attempt(command, terms);
      if (result !== undefined) return result;
    }
    throw new RetryLimitError(this.id.hex, command.type, maxAttempts);
  }

  /** One attempt at a command: its result; `undefined` when another writer was faster. */
  async #attempt(command: Command, { expect, key }: Terms): Promise<Result<Outcome, unknown> | undefined> {
    let planned: Plan | Rejection<unknown>;
    try {
      planned = await this.#plan(command, expect);
      if (!(planned instanceof Rejection)) {
        const result = await this.#commit(planned, key);
        if (result.ok) return ok({ events: result.value, ...facts(planned.next) });
        if (result.error === 'retry_command') return undefined;
      }
    } catch (error) {
      const first = isOfDecision(error) ? await this.#firstOutcome(key, command).catch(unlessNotMigrated) : undefined;
      if (first === undefined) throw error;
      return ok(first);
    }
    const first = await this.#firstOutcome(key, command);
    if (first !== undefined) return ok(first);
    return planned instanceof Rejection ? err(planned.reason) : undefined;
  }

  /** The answer that a command with this key got before; `undefined` without a key, too. */
  async #firstOutcome(key: CommandKey | undefined, command: Command): Promise<Outcome | undefined> {
    return key && (await firstOutcome(this.#history, key, command, this.#current));
  }

  /** Stores the current state as a snapshot, unless the stored one is as new. */
  async takeSnapshot(): Promise<'committed' | 'stale'> {
    const current = await this.fetch();
    if (current.sequence === 0)
      throw new InvalidArgumentError(
        `The aggregate ${this.id.hex} has no events, so there is no state to store as a snapshot.`,
      );
    return await this.#storeSnapshot(current);
  }

  /**
   * Stores the known state as a snapshot if it has changed since the last one. Never throws: reports failures to
   * `onSnapshotError`.
   */
  async snapshotIfChanged(): Promise<void> {
    const current = this.#current;
    if (current === undefined || current.sequence === current.snapshot) return;
    try {
      await this.#storeSnapshot(current);
    } catch (error) {
      // A refused state would be refused after the next command, too: wait until the next snapshot is due.
      if (isOfState(error)) this.#current = { ...current, snapshot: current.sequence };
      this.#context.onSnapshotError(error, this.id);
    }
  }

  /**
   * Decides on a command. A commit finds out by itself whether the state was outdated; a rejection, a result without
   * events, a failing handler or another sequence than the expected one has to be repeated on the state in the log.
   */
  async #plan(command: Command, expect: number | undefined): Promise<Plan | Rejection<unknown>> {
    const { known } = this;
    const isExpected = expect === undefined || known?.sequence === expect;
    if (known === undefined || !isExpected || this.#commitFailed || this.#lacksOlderTimestamps)
      return await this.#planOnLatest(command, expect);
    try {
      const planned = this.#planOnState(known, command);
      if (!(planned instanceof Rejection) && planned.events.length > 0) return planned;
    } catch {
      // Only a failure on the current state counts.
    }
    return await this.#planOnLatest(command, expect);
  }

  /** Decides on the state in the log; when that rests on a snapshot and fails, on the state that the events give. */
  async #planOnLatest(command: Command, expect: number | undefined): Promise<Plan | Rejection<unknown>> {
    const current = await this.#fetchForAppend();
    assertExpected(this.id, expect, current.sequence);
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
    return plan(this.#context, this.id, current, command);
  }

  /** Forgets a state that could not be frozen before handlers get it: they may change it in place, and then fail. */
  #dropUnlessFrozen(): void {
    if (!deepFreeze(this.#current?.state)) this.#current = undefined;
  }

  async #commit({ events, projected, next }: Plan, key: CommandKey | undefined): Promise<CommandCommitResult> {
    const { store, projections, positioned, definition } = this.#context;
    if (events.length === 0 && key === undefined) return ok([]);
    this.#commitFailed = true;
    const all = [...positioned, ...projectionsOf(projections, projected)];
    const result = await (key === undefined || store.commitCommand === undefined
      ? store.commitAll(events, all)
      : store.commitCommand(newCommand(this.id, key, { events, next }), events, all));
    if (!result.ok) return result;
    this.#current = next;
    this.#commitFailed = false;
    const { every = 'never' } = definition.snapshot;
    if (every !== 'never' && next.sequence - next.snapshot >= every) await this.snapshotIfChanged();
    return result;
  }

  async #storeSnapshot(current: StateAt): Promise<'committed' | 'stale'> {
    const outcome = await storeSnapshot(this.#history, this.#context.store, current);
    // Stale or not: until there are more events, another attempt would have the same answer.
    if (this.#current === current) this.#current = { ...current, snapshot: current.sequence };
    return outcome;
  }
}

function facts({ state, sequence }: StateAt): Pick<Outcome, 'state' | 'sequence'> {
  return { state, sequence };
}
