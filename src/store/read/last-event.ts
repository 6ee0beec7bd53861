import { ClockDriftError } from '../../hlc/errors.js';
import type { Clock } from '../../hlc/clock.js';
import type { Timestamp } from '../../hlc/timestamp.js';

/** Sequence and timestamp of an event. */
export interface EventPlace {
  readonly sequence: number;
  readonly timestamp: Timestamp;
}

/** Facts about the end of an aggregate's history, from which the next event gets its sequence and timestamp. */
export interface LastEvent {
  /** Its sequence; 0 when there is none. */
  readonly sequence: number;
  /** Its timestamp; absent when there is none. */
  readonly timestamp: Timestamp | undefined;
  /**
   * The event with the latest timestamp of the history, of those that are not further ahead than the clock accepts;
   * absent when that is the last event, or when it was not looked for.
   */
  readonly latest?: EventPlace | undefined;
}

/**
 * The event before `next` with a later timestamp than `next`, the latest of them; `undefined` when there is none, as in
 * a history in the order of its times. With `until`, timestamps beyond it do not count, on either side.
 */
export function laterPredecessor(last: LastEvent, next: Timestamp, until?: Timestamp): EventPlace | undefined {
  const { sequence, timestamp, latest } = last;
  const isBeyond = until !== undefined && next.compare(until) > 0;
  // The common case: a history in the order of its times.
  if (latest === undefined && !isBeyond && (timestamp === undefined || timestamp.compare(next) <= 0)) return undefined;
  const isNear = timestamp !== undefined && (until === undefined || timestamp.compare(until) <= 0);
  const isLater = isNear && (latest === undefined || timestamp.compare(latest.timestamp) > 0);
  const found = isLater ? { sequence, timestamp } : latest;
  return found !== undefined && (isBeyond || found.timestamp.compare(next) > 0) ? found : undefined;
}

/** The latest known timestamp of a history. */
export function latestTimestamp({ timestamp, latest }: LastEvent): Timestamp | undefined {
  if (latest === undefined) return timestamp;
  return timestamp !== undefined && timestamp.compare(latest.timestamp) > 0 ? timestamp : latest.timestamp;
}

/**
 * The timestamp that the next event of an aggregate has to be later than: the latest one of its history. One that is
 * further ahead than the clock accepts counts only while it belongs to the last event: once a later event has followed
 * it, the order is broken already, and waiting would not restore it. Throws `ClockDriftError` when the last event is
 * that far ahead.
 */
export function timestampToFollow(clock: Clock, aggregateId: Timestamp, last: LastEvent): Timestamp | undefined {
  const { sequence, timestamp, latest } = last;
  const drift = timestamp === undefined ? 0 : clock.driftOf(timestamp);
  if (timestamp !== undefined && drift > clock.maxDrift)
    throw new ClockDriftError(drift, clock.maxDrift, timestamp.toString(), { aggregateId: aggregateId.hex, sequence });
  const isNear = latest !== undefined && clock.driftOf(latest.timestamp) <= clock.maxDrift;
  return isNear ? latestTimestamp(last) : timestamp;
}
