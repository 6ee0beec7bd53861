import { InvalidArgumentError } from '../errors.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { err, ok, type Result } from '../result.js';
import { pauseAfter } from '../store/commit/backoff.js';
import type { BetweenTurnsResult, CommandCommitResult, CommitProjection } from '../store/store.js';
import { type CommandKey, newCommand } from './command-key.js';
import type { Command } from './fold/decide.js';
import { RetryLimitError } from './errors.js';
import { firstRead, type History } from './history.js';
import { KnownState } from './known-state.js';
import type { RootContext } from './options.js';
import { firstOutcome, isOfDecision, type Outcome, type Terms, unlessNotMigrated } from './outcome.js';
import type { Plan } from './plan.js';
import { projectionsOf } from './projections.js';
import { Rejection } from './fold/rejection.js';
import { isOfState } from './snapshot/refold-without-snapshot.js';
import { storeSnapshot } from './snapshot/store-snapshot.js';
import type { StateAt } from './state-at.js';
import { TurnPolicy } from './turn-policy.js';

/** A decision and what came of it; a rejection is not committed. */
type Decided =
  | { readonly planned: Rejection<unknown>; readonly result?: undefined }
  | { readonly planned: Plan; readonly result: CommandCommitResult };

/**
 * One aggregate in memory. Reads the log before its first result, and again whenever a result depends on what others
 * may have written. Its methods must run one after another; `Aggregates` sees to that. Mirrors the process of
 * `Maestro.Aggregate.Root`.
 */
export class AggregateRoot {
  readonly #context: RootContext;
  readonly #state: KnownState;
  readonly #turns = new TurnPolicy();

  constructor(
    readonly id: Timestamp,
    context: RootContext,
  ) {
    this.#context = context;
    const { definition, store, clock } = context;
    const onSnapshotIgnored: History['onSnapshotIgnored'] = (error) => context.onSnapshotError(error, id);
    const lastAccepted = () => clock.lastAccepted();
    this.#state = new KnownState(context, { definition, store, id, onSnapshotIgnored, lastAccepted });
  }

  /** The state as it was last read; `undefined` before the first read, and when it is known to be outdated. */
  get known(): StateAt | undefined {
    return this.#state.current;
  }

  /** Marks the state as outdated: the log may hold more than was read. May be called while another method runs. */
  markStale(): void {
    this.#state.markStale();
  }

  /** The state with all that is in the log now. */
  async fetch(): Promise<StateAt> {
    return await this.#state.fetch();
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
      const result = await this.#attempt(command, terms, attempt);
      if (result !== undefined) return result;
    }
    throw new RetryLimitError(this.id.hex, command.type, maxAttempts);
  }

  /** One attempt at a command: its result; `undefined` when another writer was faster. */
  async #attempt(command: Command, terms: Terms, attempt: number): Promise<Result<Outcome, unknown> | undefined> {
    const { key } = terms;
    let decided: Decided;
    try {
      decided = await this.#decide(command, terms, attempt);
    } catch (error) {
      const first = isOfDecision(error) ? await this.#firstOutcome(key, command).catch(unlessNotMigrated) : undefined;
      if (first === undefined) throw error;
      return ok(first);
    }
    const { planned, result } = decided;
    if (!(planned instanceof Rejection) && result?.ok === true)
      return ok({ events: result.value, ...facts(planned.next) });
    if (result?.ok === false && result.error === 'retry_command') return undefined;
    const first = await this.#firstOutcome(key, command);
    if (first !== undefined) return ok(first);
    return planned instanceof Rejection ? err(planned.reason) : undefined;
  }

  /** Decides on a command and commits: in a turn, if one is due and comes; else at once, before another attempt after a pause. */
  async #decide(command: Command, terms: Terms, attempt: number): Promise<Decided> {
    const asks = this.#turns.asks(attempt);
    // After the first conflict the wait for a turn is pause enough.
    const pausesFirst = attempt > 2 || !asks;
    if (attempt > 1 && pausesFirst) await pauseAfter(attempt - 1);
    const inTurn = asks ? await this.#inTurn(command, terms) : undefined;
    if (inTurn !== undefined) return inTurn;
    if (attempt > 1 && !pausesFirst) await pauseAfter(attempt - 1);
    const planned = await this.#state.plan(command, terms.expect);
    if (planned instanceof Rejection) return { planned };
    const result = await this.#commit(planned, terms.key);
    if (result.ok || result.error !== 'turn_awaited') return { planned, result: result as CommandCommitResult };
    this.#turns.awaited();
    return (await this.#inTurn(command, terms)) ?? { planned, result: err('retry_command') };
  }

  /**
   * Decides on what is in the log when the turn has come, and commits. `undefined` when it did not come; also without a state in memory, since others
   * should not wait while a whole history is read.
   */
  async #inTurn(command: Command, { expect, key }: Terms): Promise<Decided | undefined> {
    const { store, definition } = this.#context;
    const known = this.#state.last?.sequence;
    if (store.commitInTurn === undefined || known === undefined) return undefined;
    let planned: Plan | Rejection<unknown> | undefined;
    let found = known;
    const asked = performance.now();
    const taken = await store.commitInTurn({
      aggregateId: this.id,
      // Where none of its writers commits between turns, nobody has to be let go on.
      grace: this.#isPlain ? this.#turns.grace : 0,
      read: firstRead(definition, known + 1),
      projections: this.#projections(() => (planned as Plan).projected),
      decide: async (reads) => {
        const decision = await this.#state.planBy(reads, command, expect);
        planned = decision;
        found = this.#state.last?.sequence ?? known;
        if (decision instanceof Rejection || isNothing(decision, key)) return undefined;
        this.#state.committing();
        return { events: decision.events, command: key && newCommand(this.id, key, decision) };
      },
    });
    if (taken === undefined || planned === undefined) {
      this.#turns.missed(performance.now() - asked);
      return undefined;
    }
    this.#turns.came(taken.waited || found > known);
    if (planned instanceof Rejection) return { planned };
    if (taken.result.ok && !isNothing(planned, key)) await this.#committed(planned.next);
    return { planned, result: taken.result };
  }

  /** The answer that a command with this key got before; `undefined` without a key, too. */
  async #firstOutcome(key: CommandKey | undefined, command: Command): Promise<Outcome | undefined> {
    return key && (await firstOutcome(this.#state.history, key, command, this.#state.last));
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
    const current = this.#state.last;
    if (current === undefined || current.sequence === current.snapshot) return;
    try {
      await this.#storeSnapshot(current);
    } catch (error) {
      // A refused state would be refused after the next command, too: wait until the next snapshot is due.
      if (isOfState(error)) this.#state.settleSnapshot(current);
      this.#context.onSnapshotError(error, this.id);
    }
  }

  /** True for commits without projections, which may be made between turns. */
  get #isPlain(): boolean {
    const { projections, positioned } = this.#context;
    return projections.length === 0 && positioned.length === 0;
  }

  async #commit({ events, projected, next }: Plan, key: CommandKey | undefined): Promise<BetweenTurnsResult> {
    const { store } = this.#context;
    if (isNothing({ events }, key)) return ok([]);
    this.#state.committing();
    const began = performance.now();
    const between = this.#isPlain && this.#turns.makesRoom() ? store.commitBetweenTurns?.bind(store) : undefined;
    const all = this.#projections(() => projected);
    const command = key && newCommand(this.id, key, { events, next });
    const result = await (between
      ? between(events, command)
      : command === undefined || store.commitCommand === undefined
        ? store.commitAll(events, all)
        : store.commitCommand(command, events, all));
    if (result.ok) {
      this.#turns.committed(performance.now() - began, between !== undefined);
      await this.#committed(next);
    }
    return result;
  }

  #projections(projected: () => Plan['projected']): CommitProjection[] {
    const { projections, positioned } = this.#context;
    return [...positioned, ...projectionsOf(projections, projected)];
  }

  /** Takes over the state after a commit, and stores it as a snapshot when one is due. */
  async #committed(next: StateAt): Promise<void> {
    this.#state.committed(next);
    const { every = 'never' } = this.#context.definition.snapshot;
    if (every !== 'never' && next.sequence - next.snapshot >= every) await this.snapshotIfChanged();
  }

  async #storeSnapshot(current: StateAt): Promise<'committed' | 'stale'> {
    const outcome = await storeSnapshot(this.#state.history, this.#context.store, current);
    // Stale or not.
    this.#state.settleSnapshot(current);
    return outcome;
  }
}

function facts({ state, sequence }: StateAt): Pick<Outcome, 'state' | 'sequence'> {
  return { state, sequence };
}

/** True for a plan that leaves nothing to commit: no events, and no command to be remembered. */
function isNothing({ events }: Pick<Plan, 'events'>, key: CommandKey | undefined): boolean {
  return events.length === 0 && key === undefined;
}
