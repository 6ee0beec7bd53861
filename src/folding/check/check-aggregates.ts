import { createHash } from 'node:crypto';
import { isFoldingError } from '../../aggregate/errors.js';
import type { StoredHistory } from '../../admin/log/stored-histories.js';
import type { Definition } from '../../aggregate/definition/definition.js';
import type { StateAt } from '../../aggregate/state-at.js';
import type { StoredEvent, StoredSnapshot } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { canonicalJson } from '../../json/encode/canonical.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import { chain } from '../chain.js';
import type { DefinitionChooser } from '../choose-definition.js';
import { SeveralOwnersError } from '../errors.js';
import type { Folding } from '../folding.js';
import { handlerFolding } from '../handler-folding.js';
import type { BaselineEntry } from './baseline-entry.js';
import { missingText } from '../../text/missing-text.js';
import { snapshotProblem, type SnapshotOf } from './check-snapshot.js';
import type { CheckCounts } from './checked.js';

/** A problem of the current code with a stored history. */
export interface Problem {
  readonly aggregateId: string;
  /** The name of the definition; absent when no definition owns the aggregate. */
  readonly aggregate: string | undefined;
  /** The event at which the problem was found; 0 when it is about no event. */
  readonly sequence: number;
  readonly problem: 'handler' | 'gap' | 'state' | 'missing' | 'snapshot';
  readonly message: string;
}

/** The input of a check. */
export interface Check {
  /** The histories, in the order of their ids. */
  readonly histories: Iterable<StoredHistory> | AsyncIterable<StoredHistory>;
  readonly store: PostgresStore;
  readonly choose: DefinitionChooser;
  /** Entries of the baseline, in the order of ids. */
  readonly baseline?: AsyncIterable<BaselineEntry> | undefined;
  /** True when these are all aggregates, so that one that is only in the baseline is missing. */
  readonly complete: boolean;
  /** The stored snapshot of an aggregate; called in the same order. @defaultValue snapshots are not compared */
  readonly snapshotOf?: SnapshotOf | undefined;
  /** Receives the current states, for a new baseline. */
  readonly record?: ((entry: BaselineEntry) => Promise<void>) | undefined;
  /** Counters, which the check increases. */
  readonly checked: CheckCounts;
}

/**
 * Folds all histories with the current code. Yields handlers that fail, states that differ from those of a baseline at the
 * same sequence, and stored snapshots that differ from what the events give.
 */
export async function* checkAggregates(check: Check): AsyncGenerator<Problem> {
  const baseline = check.baseline?.[Symbol.asyncIterator]();
  let entry = await nextOf(baseline);
  for await (const history of check.histories) {
    const id = history.aggregateId;
    for (; entry !== undefined && entry.aggregateId < id.hex; entry = await nextOf(baseline))
      if (check.complete) yield missing(entry);
    const own: BaselineEntry | undefined = entry?.aggregateId === id.hex ? entry : undefined;
    yield* checkOne(history, own, check);
    if (own !== undefined) entry = await nextOf(baseline);
  }
  for (; entry !== undefined; entry = await nextOf(baseline)) if (check.complete) yield missing(entry);
}

async function* checkOne(
  { aggregateId: id, events }: StoredHistory,
  entry: BaselineEntry | undefined,
  check: Check,
): AsyncGenerator<Problem> {
  const { choose, checked } = check;
  const iterator = events[Symbol.asyncIterator]();
  const at = { aggregateId: id.hex, sequence: 0, problem: 'handler' as const };
  try {
    const first = await iterator.next();
    if (first.done) return;
    const definition = await choose(id, async () => first.value.type);
    if (definition !== undefined) {
      checked.aggregates += 1;
      const snapshot = await check.snapshotOf?.(id);
      const folding = handlerFolding(definition, id);
      yield* foldOne(id, chain([first.value], iterator), { definition, folding, entry, snapshot }, check);
      return;
    }
    checked.withoutHandlers += 1;
    if (entry === undefined) return;
    const message = `no configured definition owns this ${entry.aggregate}`;
    yield { ...at, aggregate: undefined, message };
  } catch (error) {
    if (!(error instanceof SeveralOwnersError) && !isFoldingError(error)) throw error;
    yield { ...at, aggregate: undefined, message: error.message };
  } finally {
    await iterator.return?.(undefined);
  }
}

/** One aggregate, with the baseline entry and snapshot to compare its states with. */
interface Compared {
  readonly definition: Definition;
  readonly folding: Folding;
  readonly entry: BaselineEntry | undefined;
  readonly snapshot: StoredSnapshot | undefined;
}

async function* foldOne(
  id: Timestamp,
  events: AsyncIterable<StoredEvent>,
  { definition, folding, entry, snapshot }: Compared,
  { store, checked, record }: Check,
): AsyncGenerator<Problem> {
  const { aggregate } = folding;
  const problem = (kind: Problem['problem'], sequence: number, message: string): Problem => ({
    aggregateId: id.hex,
    aggregate,
    sequence,
    problem: kind,
    message,
  });
  const wrongSnapshot = async function* (stored: StoredSnapshot, point: StateAt) {
    checked.snapshots += 1;
    const message = await snapshotProblem(definition, stored, point, store);
    if (message !== undefined) yield problem('snapshot', stored.sequence, message);
  };
  let sequence = 0;
  try {
    let point = folding.start();
    if (snapshot?.sequence === 0) yield* wrongSnapshot(snapshot, point);
    for await (const event of events) {
      ({ sequence } = event);
      if (sequence !== point.sequence + 1) {
        yield problem('gap', sequence, `a gap: ${missingText(point.sequence, sequence)}`);
        return;
      }
      point = folding.next(point, event);
      checked.events += 1;
      if (snapshot?.sequence === sequence) yield* wrongSnapshot(snapshot, point);
      if (entry?.sequence !== sequence) continue;
      checked.compared += 1;
      if (hashOf(folding, point) !== entry.state)
        yield problem('state', sequence, 'the state differs from the baseline');
    }
    if (snapshot !== undefined && snapshot.sequence > sequence) yield* wrongSnapshot(snapshot, point);
    if (entry !== undefined && entry.sequence > sequence)
      yield problem(
        'missing',
        sequence,
        `the history is shorter than in the baseline, which has it up to event ${entry.sequence}`,
      );
    await record?.({ aggregateId: id.hex, aggregate: aggregate ?? '', sequence, state: hashOf(folding, point) });
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    yield problem('handler', sequence, error.message);
  }
}

function missing({ aggregateId, aggregate, sequence }: BaselineEntry): Problem {
  return {
    aggregateId,
    aggregate,
    sequence,
    problem: 'missing',
    message: 'the log has no events of this aggregate any more',
  };
}

function hashOf(folding: Folding, point: StateAt): string {
  return createHash('sha256')
    .update(canonicalJson(folding.json(point)))
    .digest('hex');
}

async function nextOf<Item>(items: AsyncIterator<Item> | undefined): Promise<Item | undefined> {
  const next = await items?.next();
  return next === undefined || next.done ? undefined : next.value;
}
