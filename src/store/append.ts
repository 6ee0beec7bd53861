import { inspect } from 'node:util';
import { InvalidArgumentError } from '../errors.js';
import { type CommittedEvent, MAX_SEQUENCE, type NewEvent } from '../events.js';
import type { Clock } from '../hlc/clock.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { activityOf } from './activity.js';
import { DEFAULT_MAX_ATTEMPTS, pauseAfter } from './commit/backoff.js';
import { SequenceConflictError } from './errors.js';
import type { JoinOptions } from './transactions/joined.js';
import { type LastEvent, latestTimestamp, timestampToFollow } from './read/last-event.js';
import type { PostgresStore } from './postgres-store.js';

/** A new event without its sequence and timestamp. */
export interface EventDraft {
  readonly type: string;
  readonly body: object;
  /** The metadata of the event. @defaultValue none */
  readonly metadata?: object | undefined;
}

/** The methods of a store that appending needs. */
type AppendStore = Pick<PostgresStore, 'commitEvents' | 'getLastEvent'>;

const NO_EVENT: LastEvent = { sequence: 0, timestamp: undefined };

/** Options of {@link appendEvents}. */
export interface AppendOptions extends JoinOptions {
  /** The sequence that must be the aggregate's last one, 0 for an aggregate without events. @defaultValue any */
  readonly expect?: number | undefined;
  /** Largest number of attempts while other writers keep taking the next sequence. @defaultValue 100 */
  readonly maxAttempts?: number | undefined;
  /**
   * Called, and waited for, before each attempt to commit, with the events in their places. When it throws, the error
   * is thrown and nothing is committed.
   */
  readonly beforeCommit?: ((events: readonly NewEvent[]) => unknown) | undefined;
}

/**
 * Commits events after the last one of an aggregate: all or none, at contiguous sequences, with timestamps of the clock
 * that are later than all of its history. When another writer was faster, reads the new last event and tries again
 * after a random pause. Throws {@link SequenceConflictError} when the last sequence is not the expected one, and after the
 * last attempt. Throws `ClockDriftError` when the last event is further ahead than the clock accepts. An event that is ahead
 * does not move the clock.
 */
export async function appendEvents(
  store: AppendStore,
  clock: Clock,
  aggregateId: Timestamp,
  drafts: readonly EventDraft[],
  options: AppendOptions = {},
): Promise<CommittedEvent[]> {
  const append = () => appendWithRetries(store, clock, aggregateId, drafts, options);
  // As one command, so that closing the database waits for all of its reads and commits.
  return await (options.transaction === undefined ? activityOf(store).command(append) : append());
}

async function appendWithRetries(
  store: AppendStore,
  clock: Clock,
  aggregateId: Timestamp,
  drafts: readonly EventDraft[],
  { expect, maxAttempts = DEFAULT_MAX_ATTEMPTS, transaction, beforeCommit }: AppendOptions,
): Promise<CommittedEvent[]> {
  assertExpectable(expect);
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const bounds = { ahead: clock.now(), until: clock.lastAccepted() };
    const last = (await store.getLastEvent(aggregateId, { ...bounds, transaction })) ?? NO_EVENT;
    assertExpected(aggregateId, expect, last.sequence);
    const events = placeAfter(clock, aggregateId, last, drafts);
    await beforeCommit?.(events);
    const result = await store.commitEvents(events, { transaction });
    if (result.ok) return result.value;
    await pauseAfter(attempt);
  }
  const message = `Other writers took the next sequence of ${aggregateId.hex} ${maxAttempts} times; nothing was committed.`;
  throw new SequenceConflictError(aggregateId.hex, undefined, undefined, message);
}

/** Throws {@link InvalidArgumentError} for what can be nobody's last sequence. */
export function assertExpectable(expect: number | undefined): void {
  if (expect !== undefined && !(Number.isInteger(expect) && expect >= 0 && expect <= MAX_SEQUENCE))
    throw new InvalidArgumentError(`expect must be a sequence, or 0 for no events; got ${inspect(expect)}.`);
}

/** Throws {@link SequenceConflictError} unless the last sequence is the one that was expected, if one was. */
export function assertExpected(aggregateId: Timestamp, expect: number | undefined, last: number): void {
  if (expect !== undefined && expect !== last) throw new SequenceConflictError(aggregateId.hex, expect, last);
}

/**
 * Places events after an aggregate's last one: at contiguous sequences, with timestamps of the clock that are later
 * than all of its history, also where a node whose clock is ahead wrote some of it. Throws `ClockDriftError` when the
 * last event is further ahead than the clock accepts.
 */
export function placeAfter(
  clock: Clock,
  aggregateId: Timestamp,
  last: LastEvent,
  drafts: readonly EventDraft[],
): NewEvent[] {
  if (last.sequence + drafts.length > MAX_SEQUENCE)
    throw new InvalidArgumentError(
      `After sequence ${last.sequence} there is no room for ${drafts.length} more events.`,
    );
  let before = latestTimestamp(last);
  return drafts.map(({ type, body, metadata }, index) => {
    let timestamp = clock.now();
    if (before !== undefined && timestamp.compare(before) <= 0) {
      // The rare case: a clock was ahead.
      if (index === 0) before = timestampToFollow(clock, aggregateId, last);
      if (before !== undefined && timestamp.compare(before) <= 0) timestamp = clock.after(before);
    }
    before = timestamp;
    const event = { timestamp, aggregateId, sequence: last.sequence + index + 1, type, body };
    return metadata === undefined ? event : { ...event, metadata };
  });
}
