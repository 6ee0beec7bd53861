import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError } from '../errors.js';
import type { StoredEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { isPassing } from '../store/database-errors.js';
import type { EventLog } from './event-log.js';
import { AggregateFollower } from './tail/aggregate-follower.js';
import type { Follower, LogReader } from './tail/follower.js';
import { LogFollower } from './tail/log-follower.js';

/** What of the log to tail, and how. */
export interface TailOptions {
  /** Only events of this aggregate. @defaultValue the whole log */
  readonly aggregateId?: Timestamp | undefined;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** How many of the last events come first. @defaultValue 10 */
  readonly lines?: number | undefined;
  /** Go on with new events as they commit. @defaultValue false */
  readonly follow?: boolean | undefined;
  /** How long to wait before looking again, in milliseconds. @defaultValue 1000 */
  readonly interval?: number | undefined;
  /** Ends following. */
  readonly signal?: AbortSignal | undefined;
  /** Told when the database cannot be reached any more; following tries again until it can. */
  readonly onLost?: ((error: unknown) => void) | undefined;
  /** Told when the database can be reached again. */
  readonly onBack?: (() => void) | undefined;
}

/** The pause after a failed attempt grows from the interval to this, in milliseconds. */
const LONGEST_PAUSE = 10_000;

/**
 * The last events, the oldest first: of the whole log by timestamp, of one aggregate by sequence. With `follow` then every
 * event that commits afterwards, each once, until the signal: also one whose transaction commits late with a timestamp
 * that is up to five minutes (the largest allowed drift) earlier than others'. A connection that breaks while following
 * is made again; the first reading throws like any other.
 */
export function tailEvents(log: EventLog, options: TailOptions = {}): AsyncGenerator<StoredEvent> {
  return tailThrough((work) => work(log), options);
}

/** The same, with a log that is opened anew for every look at it. */
export async function* tailThrough(read: LogReader, options: TailOptions): AsyncGenerator<StoredEvent> {
  const { aggregateId, types, lines = 10, follow = false, interval = 1000, signal } = options;
  if (!Number.isInteger(lines) || lines < 0)
    throw new InvalidArgumentError(`lines is an integer, 0 or more; got ${String(lines)}.`);
  const follower = aggregateId === undefined ? new LogFollower(types) : new AggregateFollower(aggregateId, types);
  yield* await read((log) => follower.begin(log, lines));
  while (follow && signal?.aborted !== true) {
    const batch = await pollUntilReached(read, follower, options);
    for (const event of batch) {
      follower.acknowledge(event);
      yield event;
    }
    if (batch.length === 0) await rest(interval, signal);
  }
}

async function pollUntilReached(
  read: LogReader,
  follower: Follower,
  { interval = 1000, signal, onLost, onBack }: TailOptions,
): Promise<readonly StoredEvent[]> {
  for (let wait = interval, isLost = false; signal?.aborted !== true; wait = Math.min(wait * 2, LONGEST_PAUSE)) {
    try {
      const batch = await read((log) => follower.poll(log));
      if (isLost) onBack?.();
      return batch;
    } catch (error) {
      if (!isPassing(error)) throw error;
      if (!isLost) onLost?.(error);
      isLost = true;
      await rest(Math.max(wait, 100), signal);
    }
  }
  return [];
}

async function rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => {});
}
