import { createHash } from 'node:crypto';
import { isFoldingError } from '../../../aggregate/errors.js';
import type { Definition } from '../../../aggregate/definition/definition.js';
import type { StateAt } from '../../../aggregate/state-at.js';
import type { StoredEvent, StoredSnapshot } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { canonicalJson } from '../../../json/canonical.js';
import type { PostgresStore } from '../../../store/postgres-store.js';
import type { AggregateChooser } from '../../fold/choose-aggregate.js';
import { UsageError } from '../../errors.js';
import type { Folding } from '../../fold/folding.js';
import { foldingFor } from '../../fold/folding-for.js';
import { chain } from '../../output/iterate.js';
import type { Invocation } from '../../invocation.js';
import type { BaselineEntry } from './baseline.js';
import { snapshotProblem, type SnapshotOf } from './check-snapshot.js';

/** Something that the current code does not do with a stored history as it should. */
export interface Problem {
  readonly aggregateId: string;
  /** The name of the definition; absent when none fits. */
  readonly aggregate: string | undefined;
  /** The event at which it shows; 0 when there is none. */
  readonly sequence: number;
  readonly problem: 'handler' | 'gap' | 'state' | 'missing' | 'snapshot';
  readonly message: string;
}

/** How much was checked. */
export interface CheckCounts {
  aggregates: number;
  events: number;
  /** States that were compared with a baseline. */
  compared: number;
  /** Stored snapshots that were compared with the events. */
  snapshots: number;
  /** Aggregates that no configured definition says are its own. */
  withoutHandlers: number;
}

/** What a check goes by. */
export interface Check {
  readonly ids: AsyncIterable<Timestamp>;
  readonly store: PostgresStore;
  readonly choose: AggregateChooser;
  readonly invocation: Invocation;
  /** In the order of ids. */
  readonly baseline?: AsyncIterable<BaselineEntry> | undefined;
  /** Whether an aggregate of the baseline that is not among the ids is missing, or just not asked for. */
  readonly complete: boolean;
  /** Gives the stored snapshot of an aggregate, asked for in the order of ids. @defaultValue they are not compared */
  readonly snapshotOf?: SnapshotOf | undefined;
  /** Is given the states as they are now. */
  readonly record?: ((entry: BaselineEntry) => Promise<void>) | undefined;
  /** Counted up. */
  readonly checked: CheckCounts;
}

/**
 * Folds history after history with the current code. Tells handlers that fail and states that differ from a baseline, at the
 * sequence that the baseline has, whatever has come since; and stored snapshots that are not what the events give.
 */
export async function* checkAggregates(check: Check): AsyncGenerator<Problem> {
  const baseline = check.baseline?.[Symbol.asyncIterator]();
  let entry = await nextOf(baseline);
  for await (const id of check.ids) {
    for (; entry !== undefined && entry.aggregateId < id.hex; entry = await nextOf(baseline))
      if (check.complete) yield missing(entry);
    const own: BaselineEntry | undefined = entry?.aggregateId === id.hex ? entry : undefined;
    yield* checkOne(id, own, check);
    if (own !== undefined) entry = await nextOf(baseline);
  }
  for (; entry !== undefined; entry = await nextOf(baseline)) if (check.complete) yield missing(entry);
}

async function* checkOne(id: Timestamp, entry: BaselineEntry | undefined, check: Check): AsyncGenerator<Problem> {
  const { store, choose, invocation, checked } = check;
  const iterator = store.streamStoredEvents(id, 1)[Symbol.asyncIterator]();
  const at = { aggregateId: id.hex, sequence: 0, problem: 'handler' as const };
  try {
    const first = await iterator.next();
    if (first.done) return;
    const definition = await choose(id, async () => first.value.type);
    if (definition !== undefined) {
      checked.aggregates += 1;
      const snapshot = await check.snapshotOf?.(id);
      const folding = await foldingFor(definition, id, invocation);
      yield* foldOne(id, chain([first.value], iterator), { definition, folding, entry, snapshot }, check);
      return;
    }
    checked.withoutHandlers += 1;
    if (entry === undefined) return;
    const message = `no configured definition owns this ${entry.aggregate}`;
    yield { ...at, aggregate: undefined, message };
  } catch (error) {
    if (!(error instanceof UsageError) && !isFoldingError(error)) throw error;
    yield { ...at, aggregate: undefined, message: error.message };
  } finally {
    await iterator.return?.(undefined);
  }
}

/** One aggregate, and what its states are compared with. */
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
        yield problem('gap', sequence, `a gap: no events between sequences ${point.sequence} and ${sequence}`);
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
      yield problem('missing', sequence, `the baseline knows it up to sequence ${entry.sequence}`);
    await record?.({ aggregateId: id.hex, aggregate: aggregate ?? '', sequence, state: hashOf(folding, point) });
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    yield problem('handler', sequence, error.message);
  }
}

function missing({ aggregateId, aggregate, sequence }: BaselineEntry): Problem {
  return { aggregateId, aggregate, sequence, problem: 'missing', message: 'the log has no events of it any more' };
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
