import { setTimeout as pause } from 'node:timers/promises';
import { InvalidArgumentError } from '../../errors.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { isTransient } from '../../store/failures/database-errors.js';
import type { ClockSkew } from '../diagnose/nodes.js';
import type { EventLog } from '../log/event-log.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { AggregateFollower } from './aggregate-follower.js';
import { SlowNodes } from './slow-nodes.js';
import type { Follower, LogReader } from './follower.js';
import { LogFollower } from './log-follower.js';

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
  /** Told of a node whose events following the log does not show, since its clock is too far behind; once of each. */
  readonly onBehind?: ((nodes: ClockSkew) => void) | undefined;
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
export async function* tailEvents(log: EventLog, options: TailOptions = {}): AsyncGenerator<StoredEvent> {
  const tail = new Tail((work) => work(log), options);
  yield* await tail.last();
  if (options.follow === true) yield* tail.follow();
}

/** The two halves of {@link tailEvents}, with a log that may be opened anew for every look at it. */
export class Tail {
  readonly #read: LogReader;
  readonly #options: TailOptions;
  readonly #follower: Follower;
  readonly #behind = new SlowNodes();

  /** Throws `InvalidArgumentError` for a number of lines that is none. */
  constructor(read: LogReader, options: TailOptions) {
    const { aggregateId, types, lines = 10 } = options;
    if (!Number.isInteger(lines) || lines < 0)
      throw new InvalidArgumentError(`lines is an integer, 0 or more; got ${String(lines)}.`);
    this.#read = read;
    this.#options = options;
    this.#follower = aggregateId === undefined ? new LogFollower(types) : new AggregateFollower(aggregateId, types);
  }

  /** The last events. To be called first. */
  async last(): Promise<readonly StoredEvent[]> {
    return await this.#read(async (log) => {
      await assertNoHiddenRows(log);
      return await this.#follower.begin(log, this.#options.lines ?? 10);
    });
  }

  /** Every event that commits afterwards. */
  async *follow(): AsyncGenerator<StoredEvent> {
    const { interval = 1000, signal } = this.#options;
    while (signal?.aborted !== true) {
      const batch = await this.#poll();
      for (const event of batch) {
        this.#follower.acknowledge(event);
        yield event;
      }
      if (batch.length === 0) await rest(interval, signal);
    }
  }

  /** Looks until it could look. */
  async #poll(): Promise<readonly StoredEvent[]> {
    const { interval = 1000, signal, onLost, onBack } = this.#options;
    for (let wait = Math.max(interval, 100), isLost = false; signal?.aborted !== true;) {
      try {
        const batch = await this.#read(async (log) => {
          await this.#lookForBehind(log);
          return await this.#follower.poll(log);
        });
        if (isLost) onBack?.();
        return batch;
      } catch (error) {
        if (!isTransient(error)) throw error;
        if (!isLost) onLost?.(error);
        isLost = true;
        await rest(wait, signal);
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
    }
    return [];
  }

  /** Of a whole log only a window of time is followed; what a node writes before that shows beside other nodes' events only. */
  async #lookForBehind(log: EventLog): Promise<void> {
    const { onBehind } = this.#options;
    if (onBehind === undefined || !(this.#follower instanceof LogFollower)) return;
    for (const nodes of await this.#behind.look(log, this.#follower.windowStart)) onBehind(nodes);
  }
}

async function rest(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => {});
}
