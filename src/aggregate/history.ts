import { type CommittedEvent, MAX_SEQUENCE, type Snapshot } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { type EventPlace, type LastEvent, latestBeside } from '../store/read/last-event.js';
import type { Store } from '../store/store.js';
import type { Definition } from './definition/definition.js';
import { HandlerError, IncompleteHistoryError } from './errors.js';
import { evolve, initialState } from './fold/evolve.js';
import { SnapshotIgnoredError } from './snapshot/errors.js';
import { snapshotState } from './snapshot/snapshot-codec.js';

/** The state of an aggregate at one point of its history. */
export interface Moment extends LastEvent {
  readonly state: unknown;
  /** The sequence of the last event in it; 0 before the first. */
  readonly sequence: number;
  /** The timestamp of that event, when it was read. */
  readonly timestamp: Timestamp | undefined;
  /** The sequence of the snapshot that it was folded on; 0 for none. */
  readonly snapshot: number;
}

/** What a fold reads from. */
export interface History {
  readonly definition: Definition;
  readonly store: Pick<Store, 'getEvents' | 'getLastEvent' | 'getSnapshot' | 'streamEvents'>;
  readonly id: Timestamp;
  /** Told of a stored snapshot that was left aside, because what it holds cannot be the state. @defaultValue nobody is */
  readonly onSnapshotIgnored?: ((error: SnapshotIgnoredError) => void) | undefined;
  /** Up to which timestamp an overtaken event counts for those that follow. @defaultValue each does */
  readonly until?: (() => Timestamp) | undefined;
}

/** How far to fold, and from where. */
interface FoldOptions {
  /** The last sequence, inclusive. @defaultValue 2147483647 */
  readonly maxSequence?: number | undefined;
  /** Whether a stored snapshot may stand for the events before it. @defaultValue true */
  readonly useSnapshot?: boolean | undefined;
  /** A reading of the clock: with a snapshot, look for a later event among those that it stands for, too. @defaultValue do not */
  readonly ahead?: Timestamp | undefined;
}

/** How many events the first query reads: nearly every history whole. What is longer is read on in bounded memory. */
const EVENTS_AT_ONCE = 5000;

/**
 * Folds a history: from the latest usable snapshot and the events after it, in two queries unless there are very many; with
 * `ahead` and a snapshot there is a third one beside the second. A snapshot on which `decode` or a handler fails, while none does on the events alone, is left aside.
 * Throws {@link IncompleteHistoryError}, and what `evolve` throws. Mirrors `update_aggregate` of `Maestro.Aggregate.Root`.
 */
export async function fold(
  history: History,
  { maxSequence = MAX_SEQUENCE, useSnapshot = true, ahead }: FoldOptions = {},
): Promise<Moment> {
  const stored = useSnapshot ? await storedSnapshot(history, maxSequence) : undefined;
  if (stored === undefined) return await foldOn(history, beginning(history), maxSequence);
  return await besideSnapshot(history, stored.sequence, maxSequence, async () => {
    const snapshot = snapshotMoment(history, stored);
    if (snapshot === undefined) return await foldOn(history, beginning(history), maxSequence);
    const moment = await foldOnSnapshot(history, snapshot, maxSequence, ahead);
    return moment ?? (await foldAnew(history, snapshot, maxSequence));
  });
}

/**
 * Folds the events after a moment onto it; the very same moment when there are none. Where the moment rests on a snapshot and
 * a handler fails on it, the history is folded as {@link fold} does without one.
 */
export async function foldOn(history: History, moment: Moment, maxSequence = MAX_SEQUENCE): Promise<Moment> {
  if (moment.sequence >= maxSequence) return moment;
  return await besideSnapshot(history, moment.snapshot, maxSequence, async () => {
    const events = await read(history, moment.sequence + 1, maxSequence);
    return await foldRest(history, append(history, moment, events), events.length, maxSequence);
  });
}

/**
 * Folds with a snapshot; where a function of the definition fails, from the first event: what does not fail there fails
 * because of the snapshot. A type without a handler and a body that no schema takes have nothing to do with a state.
 */
async function besideSnapshot(
  history: History,
  snapshot: number,
  maxSequence: number,
  foldWith: () => Promise<Moment>,
): Promise<Moment> {
  try {
    return await foldWith();
  } catch (error) {
    if (snapshot === 0 || !(error instanceof HandlerError)) throw error;
    const moment = await foldOn(history, beginning(history), maxSequence);
    history.onSnapshotIgnored?.(new SnapshotIgnoredError(history.id.hex, snapshot, error.message, error));
    return moment;
  }
}

/** Folds the events up to the first one that is too late: the longest beginning of the history before it. */
export async function foldUntil(history: History, isTooLate: (event: CommittedEvent) => boolean): Promise<Moment> {
  const { definition, store, id } = history;
  let moment = beginning(history);
  for await (const event of store.streamEvents(id, 1, { numbers: definition.numbers })) {
    if (isTooLate(event)) break;
    moment = append(history, moment, [event]);
  }
  return moment;
}

/** The event with the latest timestamp of a history, if it is not the last one, is later than a reading, and the store can tell. */
export async function latestAfter({ store, id, until }: History, ahead: Timestamp): Promise<EventPlace | undefined> {
  return (await store.getLastEvent?.(id, { ahead, until: until?.() }))?.latest;
}

/** A moment that began at a snapshot, with the latest of the events that the snapshot stands for. */
export function withLatest(moment: Moment, latest: EventPlace | undefined): Moment {
  const known = moment.latest?.timestamp;
  const isNews = latest !== undefined && (known === undefined || known.compare(latest.timestamp) < 0);
  return isNews ? { ...moment, latest } : moment;
}

function beginning({ definition }: History): Moment {
  return { state: initialState(definition), sequence: 0, timestamp: undefined, snapshot: 0 };
}

async function storedSnapshot({ definition, store, id }: History, maxSequence: number): Promise<Snapshot | undefined> {
  return await store.getSnapshot(id, 1, { maxSequence, numbers: definition.numbers });
}

function snapshotMoment({ definition }: History, snapshot: Snapshot): Moment | undefined {
  const usable = snapshotState(definition, snapshot);
  if (usable === undefined) return undefined;
  return { state: usable.state, sequence: snapshot.sequence, timestamp: undefined, snapshot: snapshot.sequence };
}

/**
 * Folds the events after a snapshot onto it, and reads the event at the snapshot too: its timestamp is what later ones
 * must be later than. Nothing when the log has neither, for then the snapshot says nothing about this log.
 */
async function foldOnSnapshot(
  history: History,
  snapshot: Moment,
  maxSequence: number,
  ahead: Timestamp | undefined,
): Promise<Moment | undefined> {
  // At the same time, on two connections unless this is inside a transaction.
  const [events, latest] = await Promise.all([
    read(history, snapshot.sequence, maxSequence),
    ahead === undefined ? undefined : latestAfter(history, ahead),
  ]);
  const [first, ...rest] = events;
  if (first === undefined) return undefined;
  const moment =
    first.sequence === snapshot.sequence
      ? append(history, { ...snapshot, timestamp: first.timestamp }, rest)
      : append(history, snapshot, events);
  return withLatest(await foldRest(history, moment, events.length, maxSequence), latest);
}

async function foldAnew(history: History, snapshot: Moment, maxSequence: number): Promise<Moment> {
  const moment = await foldOn(history, beginning(history), maxSequence);
  if (moment.sequence === 0) throw new IncompleteHistoryError(history.id.hex, snapshot.sequence, undefined);
  return moment;
}

function read({ definition, store, id }: History, min: number, maxSequence: number): Promise<CommittedEvent[]> {
  return store.getEvents(id, min, { maxSequence, limit: EVENTS_AT_ONCE, numbers: definition.numbers });
}

/** Folds what the first query has left. */
async function foldRest(history: History, moment: Moment, read: number, maxSequence: number): Promise<Moment> {
  if (read < EVENTS_AT_ONCE) return moment;
  const { definition, store, id } = history;
  let current = moment;
  const rest = store.streamEvents(id, moment.sequence + 1, { maxSequence, numbers: definition.numbers });
  const until = history.until?.();
  for await (const event of rest) current = append(history, current, [event], until);
  return current;
}

function append(
  { definition, id, until }: History,
  moment: Moment,
  events: readonly CommittedEvent[],
  bound = until?.(),
): Moment {
  let { state, sequence, timestamp, latest } = moment;
  for (const event of events) {
    if (event.sequence !== sequence + 1) throw new IncompleteHistoryError(id.hex, sequence + 1, event.sequence);
    state = evolve(definition, state, event);
    latest = latestBeside({ sequence, timestamp, latest }, event.timestamp, bound);
    ({ sequence, timestamp } = event);
  }
  return events.length === 0 ? moment : { ...moment, state, sequence, timestamp, latest };
}
