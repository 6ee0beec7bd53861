import { setTimeout as delay } from 'node:timers/promises';
import { InvalidArgumentError } from '../errors.js';
import { type CommittedEvent, MAX_SEQUENCE, type NewEvent } from '../events.js';
import type { Clock } from '../hlc/clock.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { SequenceConflictError } from './errors.js';
import type { PostgresStore } from './postgres-store.js';

/** What happened, before it has its place in the history. */
export interface EventDraft {
  readonly type: string;
  readonly body: object;
}

/** How events are appended. */
export interface AppendOptions {
  /** The sequence that must be the aggregate's last one, 0 for an aggregate without events. @defaultValue any */
  readonly expect?: number | undefined;
  /** How often to try when other writers keep taking the next sequence. @defaultValue 100 */
  readonly maxAttempts?: number | undefined;
}

/** Pauses between attempts are random, up to this at first, then twice as much each time. */
const FIRST_PAUSE = 8;
/** The longest pause between two attempts, in milliseconds. */
const LONGEST_PAUSE = 200;

/**
 * Commits events after the last one of an aggregate: all or none, at contiguous sequences, with timestamps of the clock
 * that are later than the aggregate's last. When another writer was faster, reads the new last event and tries again
 * after a random pause; with `expect` it does not, and throws {@link SequenceConflictError}, as it does after the last
 * attempt. Throws `ClockDriftError` when the last event is further ahead than the clock accepts.
 */
export async function appendEvents(
  store: Pick<PostgresStore, 'commitEvents' | 'getLastEvent'>,
  clock: Clock,
  aggregateId: Timestamp,
  drafts: readonly EventDraft[],
  { expect, maxAttempts = 100 }: AppendOptions = {},
): Promise<CommittedEvent[]> {
  if (expect !== undefined && (!Number.isInteger(expect) || expect < 0))
    throw new InvalidArgumentError(`expect is a sequence, or 0 for no events; got ${String(expect)}.`);
  for (let attempt = 1; attempt <= maxAttempts; attempt += 1) {
    const last = await store.getLastEvent(aggregateId);
    const sequence = last?.sequence ?? 0;
    if (expect !== undefined && sequence !== expect) throw unexpected(aggregateId, expect, sequence);
    if (last !== undefined) clock.observe(last.timestamp);
    const result = await store.commitEvents(placed(clock, aggregateId, sequence, drafts));
    if (result.ok) return result.value;
    if (expect !== undefined) throw unexpected(aggregateId, expect, undefined);
    await delay(Math.random() * Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** attempt));
  }
  const message = `Other writers took the next sequence of ${aggregateId.hex} ${maxAttempts} times; nothing was committed.`;
  throw new SequenceConflictError(aggregateId.hex, undefined, message);
}

function placed(clock: Clock, aggregateId: Timestamp, last: number, drafts: readonly EventDraft[]): NewEvent[] {
  if (last + drafts.length > MAX_SEQUENCE)
    throw new InvalidArgumentError(`After sequence ${last} there is no room for ${drafts.length} more events.`);
  return drafts.map(({ type, body }, index) => ({
    timestamp: clock.now(),
    aggregateId,
    sequence: last + index + 1,
    type,
    body,
  }));
}

function unexpected(aggregateId: Timestamp, expected: number, found: number | undefined): SequenceConflictError {
  const now = found === undefined ? 'another writer was faster' : `it is ${found}`;
  const message = `The last sequence of ${aggregateId.hex} was expected to be ${expected}, but ${now}; nothing was committed.`;
  return new SequenceConflictError(aggregateId.hex, expected, message);
}
