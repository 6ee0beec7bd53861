import { type CommittedEvent, MAX_SEQUENCE, type Snapshot } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { type EventPlace, laterPredecessor } from '../store/read/last-event.js';
import type { AggregateReads, WantedTurn } from '../store/store.js';
import type { Definition } from './definition/definition.js';
import { HandlerError, IncompleteHistoryError } from './errors.js';
import { evolve } from './fold/evolve.js';
import { SnapshotIgnoredError } from './snapshot/errors.js';
import { snapshotState } from './snapshot/snapshot-codec.js';
import { initialStateAt, type StateAt } from './state-at.js';

/** The aggregate to fold: its definition, its id and the store with its events. */
export interface History {
  readonly definition: Definition;
  readonly store: AggregateReads;
  readonly id: Timestamp;
  /**
   * Called with a stored snapshot that was not used, because handlers fail on its state. @defaultValue ignored silently
   */
  readonly onSnapshotIgnored?: ((error: SnapshotIgnoredError) => void) | undefined;
  /**
   * Timestamps later than this are not taken for the `latest` of a state, because the clock would not accept them.
   * @defaultValue all are
   */
  readonly lastAccepted?: (() => Timestamp) | undefined;
}

/** Options of {@link fold}. */
interface FoldOptions {
  /** The last sequence, inclusive. @defaultValue 2147483647 */
  readonly maxSequence?: number | undefined;
  /** Start at the stored snapshot when there is one. @defaultValue true */
  readonly useSnapshot?: boolean | undefined;
  /**
   * Also looks for the latest timestamp of the events before the snapshot that folding begins at, if that is later than
   * this one.
   * @defaultValue no search
   */
  readonly ahead?: Timestamp | undefined;
}

/**
 * Number of events that the first query reads at most; nearly every history is shorter. The rest is streamed in bounded
 * memory.
 */
const EVENTS_AT_ONCE = 5000;

/**
 * Folds a history from its stored snapshot, if that is usable, and the events after it: in two queries unless there are
 * very many; with `ahead` and a snapshot in a third one, at the same time as the second. A snapshot on which `decode`
 * or a handler fails, while none fails on the events alone, is not used. Throws {@link IncompleteHistoryError}, and the
 * errors of `evolve`. Mirrors `update_aggregate` of `Maestro.Aggregate.Root`.
 */
export async function fold(
  history: History,
  { maxSequence = MAX_SEQUENCE, useSnapshot = true, ahead }: FoldOptions = {},
): Promise<StateAt> {
  const stored = useSnapshot ? await storedSnapshot(history, maxSequence) : undefined;
  if (stored === undefined) return await foldOn(history, initialStateAt(history.definition), maxSequence);
  return await withSnapshotFallback(history, stored.sequence, maxSequence, async () => {
    const snapshot = stateOfSnapshot(history, stored);
    if (snapshot === undefined) return await foldOn(history, initialStateAt(history.definition), maxSequence);
    const current = await foldOnSnapshot(history, snapshot, maxSequence, ahead);
    return current ?? (await foldFromStart(history, snapshot, maxSequence));
  });
}

/**
 * Folds the events after a state onto it; returns the very same state when there are none. When the state rests on a
 * snapshot and a handler fails on it, folds the whole history without the snapshot.
 */
export async function foldOn(history: History, base: StateAt, maxSequence = MAX_SEQUENCE): Promise<StateAt> {
  if (base.sequence >= maxSequence) return base;
  return await withSnapshotFallback(history, base.snapshot, maxSequence, async () => {
    const events = await read(history, base.sequence + 1, maxSequence);
    return await foldRest(history, foldEach(history, base, events), events.length, maxSequence);
  });
}

/**
 * Folds with a snapshot; when a function of the definition fails, folds from the first event instead: if that succeeds,
 * the snapshot is at fault. A type without a handler, or a body that no schema takes, has nothing to do with the state.
 */
async function withSnapshotFallback(
  history: History,
  snapshot: number,
  maxSequence: number,
  foldWith: () => Promise<StateAt>,
): Promise<StateAt> {
  try {
    return await foldWith();
  } catch (error) {
    if (snapshot === 0 || !(error instanceof HandlerError)) throw error;
    const current = await foldOn(history, initialStateAt(history.definition), maxSequence);
    history.onSnapshotIgnored?.(new SnapshotIgnoredError(history.id.hex, snapshot, error.message, error));
    return current;
  }
}

/** Folds the events before the first one that is too late. */
export async function foldUntil(history: History, isTooLate: (event: CommittedEvent) => boolean): Promise<StateAt> {
  const { definition, store, id } = history;
  let current = initialStateAt(definition);
  for await (const event of store.streamEvents(id, 1, { numbers: definition.numbers })) {
    if (isTooLate(event)) break;
    current = foldEach(history, current, [event]);
  }
  return current;
}

/**
 * The event with the latest timestamp of a history, if that is not the last event and is later than `ahead`; `undefined`
 * also for a store without `getLastEvent`.
 */
export async function latestAfter(
  { store, id, lastAccepted }: History,
  ahead: Timestamp,
): Promise<EventPlace | undefined> {
  return (await store.getLastEvent?.(id, { ahead, until: lastAccepted?.() }))?.latest;
}

/** Adds the latest event before the snapshot to a state that was folded from a snapshot. */
export function withLatest(current: StateAt, latest: EventPlace | undefined): StateAt {
  const known = current.latest?.timestamp;
  const isNews = latest !== undefined && (known === undefined || known.compare(latest.timestamp) < 0);
  return isNews ? { ...current, latest } : current;
}

async function storedSnapshot({ definition, store, id }: History, maxSequence: number): Promise<Snapshot | undefined> {
  return await store.getSnapshot(id, 1, { maxSequence, numbers: definition.numbers });
}

function stateOfSnapshot({ definition }: History, snapshot: Snapshot): StateAt | undefined {
  const usable = snapshotState(definition, snapshot);
  if (usable === undefined) return undefined;
  return { state: usable.state, sequence: snapshot.sequence, timestamp: undefined, snapshot: snapshot.sequence };
}

/**
 * Folds the events after a snapshot onto it. Also reads the event at the snapshot, since later events need later
 * timestamps than it has. `undefined` when the log has neither: then the snapshot says nothing about this log.
 */
async function foldOnSnapshot(
  history: History,
  snapshot: StateAt,
  maxSequence: number,
  ahead: Timestamp | undefined,
): Promise<StateAt | undefined> {
  // At the same time, on two connections unless this is inside a transaction.
  const [events, latest] = await Promise.all([
    read(history, snapshot.sequence, maxSequence),
    ahead === undefined ? undefined : latestAfter(history, ahead),
  ]);
  const [first, ...rest] = events;
  if (first === undefined) return undefined;
  const current =
    first.sequence === snapshot.sequence
      ? foldEach(history, { ...snapshot, timestamp: first.timestamp }, rest)
      : foldEach(history, snapshot, events);
  return withLatest(await foldRest(history, current, events.length, maxSequence), latest);
}

async function foldFromStart(history: History, snapshot: StateAt, maxSequence: number): Promise<StateAt> {
  const current = await foldOn(history, initialStateAt(history.definition), maxSequence);
  if (current.sequence === 0) throw new IncompleteHistoryError(history.id.hex, snapshot.sequence, undefined);
  return current;
}

/** The arguments of the first query for the events of a history from a sequence on. */
export function firstRead(
  { numbers }: Definition,
  minSequence: number,
  maxSequence = MAX_SEQUENCE,
): WantedTurn['read'] {
  return { minSequence, options: { maxSequence, limit: EVENTS_AT_ONCE, numbers } };
}

function read({ definition, store, id }: History, min: number, maxSequence: number): Promise<CommittedEvent[]> {
  const { minSequence, options } = firstRead(definition, min, maxSequence);
  return store.getEvents(id, minSequence, options);
}

/** Folds the events that the first query did not read. */
async function foldRest(history: History, begun: StateAt, read: number, maxSequence: number): Promise<StateAt> {
  if (read < EVENTS_AT_ONCE) return begun;
  const { definition, store, id } = history;
  let current = begun;
  const rest = store.streamEvents(id, begun.sequence + 1, { maxSequence, numbers: definition.numbers });
  const until = history.lastAccepted?.();
  for await (const event of rest) current = foldEach(history, current, [event], until);
  return current;
}

function foldEach(
  { definition, id, lastAccepted }: History,
  before: StateAt,
  events: readonly CommittedEvent[],
  bound = lastAccepted?.(),
): StateAt {
  let { state, sequence, timestamp, latest } = before;
  for (const event of events) {
    if (event.sequence !== sequence + 1) throw new IncompleteHistoryError(id.hex, sequence + 1, event.sequence);
    state = evolve(definition, state, event);
    latest = laterPredecessor({ sequence, timestamp, latest }, event.timestamp, bound);
    ({ sequence, timestamp } = event);
  }
  return events.length === 0 ? before : { ...before, state, sequence, timestamp, latest };
}
