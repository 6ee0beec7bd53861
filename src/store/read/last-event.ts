import { ClockDriftError } from '../../hlc/errors.js';
import type { Clock } from '../../hlc/clock.js';
import type { Timestamp } from '../../hlc/timestamp.js';

/** Place of an event in its history, and its timestamp. */
export interface EventPlace {
  readonly sequence: number;
  readonly timestamp: Timestamp;
}

/** Facts about an aggregate's last event, and about one before it whose clock was ahead. */
export interface LastEvent {
  /** Its sequence; 0 when there is none. */
  readonly sequence: number;
  /** Its timestamp; absent when there is none. */
  readonly timestamp: Timestamp | undefined;
  /**
   * The event with the latest timestamp of the history, of those that are not further ahead than the clock accepts; absent when
   * that is the last one, or when nobody has looked.
   */
  readonly latest?: EventPlace | undefined;
}

/**
 * The event with the latest timestamp of a history that goes on with another timestamp; absent when that is the latest. What lies
 * behind `until` does not count, on either side: the latest before it is what later events have to follow.
 */
export function laterPredecessor(last: LastEvent, next: Timestamp, until?: Timestamp): EventPlace | undefined {
  const { sequence, timestamp, latest } = last;
  const isBeyond = until !== undefined && next.compare(until) > 0;
  // Nearly always: a history in the order of its times.
  if (latest === undefined && !isBeyond && (timestamp === undefined || timestamp.compare(next) <= 0)) return undefined;
  const isNear = timestamp !== undefined && (until === undefined || timestamp.compare(until) <= 0);
  const isLater = isNear && (latest === undefined || timestamp.compare(latest.timestamp) > 0);
  const found = isLater ? { sequence, timestamp } : latest;
  return found !== undefined && (isBeyond || found.timestamp.compare(next) > 0) ? found : undefined;
}

/** The latest timestamp that is known of a history. */
export function latestTimestamp({ timestamp, latest }: LastEvent): Timestamp | undefined {
  if (latest === undefined) return timestamp;
  return timestamp !== undefined && timestamp.compare(latest.timestamp) > 0 ? timestamp : latest.timestamp;
}

/**
 * Time that the next event of an aggregate has to be later than: the latest timestamp of its history. One that is further ahead
 * than the clock accepts counts only as long as it is the last: behind a later event the order is broken already, and
 * waiting would not restore it. Throws `ClockDriftError` when the last one is that far ahead.
 */
export function timestampToFollow(clock: Clock, aggregateId: Timestamp, last: LastEvent): Timestamp | undefined {
  const { sequence, timestamp, latest } = last;
  const drift = timestamp === undefined ? 0 : clock.driftOf(timestamp);
  if (timestamp !== undefined && drift > clock.maxDrift)
    throw new ClockDriftError(drift, clock.maxDrift, timestamp.toString(), { aggregateId: aggregateId.hex, sequence });
  const isNear = latest !== undefined && clock.driftOf(latest.timestamp) <= clock.maxDrift;
  return isNear ? latestTimestamp(last) : timestamp;
}
