import { ClockDriftError } from '../hlc/errors.js';
import type { Clock } from '../hlc/clock.js';
import type { Timestamp } from '../hlc/timestamp.js';

/** Where an event stands in its history, and when it happened. */
export interface EventPlace {
  readonly sequence: number;
  readonly timestamp: Timestamp;
}

/** What is known of an aggregate's last event, and of one before it whose clock was ahead. */
export interface LastEvent {
  /** Its sequence; 0 when there is none. */
  readonly sequence: number;
  /** Its timestamp; absent when there is none. */
  readonly timestamp: Timestamp | undefined;
  /** The event with the latest timestamp of the history; absent when that is the last one, or when nobody has looked. */
  readonly latest?: EventPlace | undefined;
}

/** The event with the latest timestamp of a history that goes on with another timestamp; absent when that is the latest. */
export function latestBeside({ sequence, timestamp, latest }: LastEvent, next: Timestamp): EventPlace | undefined {
  if (latest !== undefined) return latest.timestamp.compare(next) > 0 ? latest : undefined;
  return timestamp !== undefined && timestamp.compare(next) > 0 ? { sequence, timestamp } : undefined;
}

/**
 * What the next event of an aggregate has to be later than: the latest timestamp of its history. One that is further ahead
 * than the clock accepts counts only as long as it is the last: behind a later event the order is broken already, and
 * waiting would not mend it. Throws `ClockDriftError` when the last one is that far ahead.
 */
export function timeToFollow(clock: Clock, aggregateId: Timestamp, last: LastEvent): Timestamp | undefined {
  const { sequence, timestamp, latest } = last;
  if (latest !== undefined && clock.driftOf(latest.timestamp) <= clock.maxDrift) return latest.timestamp;
  if (timestamp === undefined) return undefined;
  const drift = clock.driftOf(timestamp);
  if (drift <= clock.maxDrift) return timestamp;
  throw new ClockDriftError(drift, clock.maxDrift, timestamp.toString(), { aggregateId: aggregateId.hex, sequence });
}
