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

/** The events to tail, and how. */
export interface TailOptions {
  /** Only events of this aggregate. @defaultValue the whole log */
  readonly aggregateId?: Timestamp | undefined;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Number of last events that come first. @defaultValue 10 */
  readonly lines?: number | undefined;
  /** Largest number of events that are looked at for the last ones of some types, 1 or more. @defaultValue any number */
  readonly lookBack?: number | undefined;
  /** Continue with new events as they are committed. @defaultValue false */
  readonly follow?: boolean | undefined;
  /** Time between two looks for new events, in milliseconds. @defaultValue 1000 */
  readonly interval?: number | undefined;
  /** Ends `follow` when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /** Called when the database cannot be reached any more; `follow` retries until it can. */
  readonly onLost?: ((error: unknown) => void) | undefined;
  /** Called with a node whose clock is so slow that `follow` does not show its events; once for each node. */
  readonly onBehind?: ((nodes: ClockSkew) => void) | undefined;
  /** Called when the database can be reached again. */
  readonly onBack?: (() => void) | undefined;
}

/** Longest pause after a failed attempt, in milliseconds; the first is the interval, then it doubles. */
const LONGEST_PAUSE = 10_000;

/**
 * The last events, the oldest first: of the whole log by timestamp, of one aggregate by sequence. With `follow`, then
 * every event that is committed later, each once, until the signal is aborted; also an event whose transaction commits
 * late, with a timestamp up to five minutes (the default maximum drift) earlier than others'. A connection that breaks
 * while following is opened again; before that, errors are thrown.
 */
export async function* tailEvents(log: EventLog, options: TailOptions = {}): AsyncGenerator<StoredEvent> {
  const tail = new Tail((work) => work(log), options);
  yield* await tail.last();
  if (options.follow === true) yield* tail.follow();
}

/** {@link tailEvents} in two calls: `last`, then `follow`. `read` may open the database anew for each look. */
export class Tail {
  readonly #read: LogReader;
  readonly #options: TailOptions;
  readonly #follower: Follower;
  readonly #behind = new SlowNodes();

  /** Throws `InvalidArgumentError` for an invalid number of lines. */
  constructor(read: LogReader, options: TailOptions) {
    const { aggregateId, types, lines = 10, lookBack } = options;
    if (!Number.isInteger(lines) || lines < 0)
      throw new InvalidArgumentError(`lines must be an integer, 0 or more; got ${String(lines)}.`);
    this.#read = read;
    this.#options = options;
    this.#follower =
      aggregateId === undefined
        ? new LogFollower(types, { lookBack })
        : new AggregateFollower(aggregateId, types, lookBack);
  }

  /** The last events. Must be called first. */
  async last(): Promise<readonly StoredEvent[]> {
    return await this.#read(async (log) => {
      await assertNoHiddenRows(log);
      return await this.#follower.begin(log, this.#options.lines ?? 10);
    });
  }

  /** True when the last events were looked for in a part of the log, so that there may be earlier ones. */
  get isPartial(): boolean {
    return this.#follower.isPartial;
  }

  /** Every event that is committed later. */
  async *follow(): AsyncGenerator<StoredEvent> {
    const { interval = 1000, signal } = this.#options;
    while (signal?.aborted !== true) {
      const batch = await this.#poll();
      for (const event of batch) {
        this.#follower.acknowledge(event);
        yield event;
      }
      if (batch.length === 0) await sleep(interval, signal);
    }
  }

  /** Looks for new events; retries while the database cannot be reached. */
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
        await sleep(wait, signal);
        wait = Math.min(wait * 2, LONGEST_PAUSE);
      }
    }
    return [];
  }

  /**
   * Reports nodes whose clocks are so slow that their new events are earlier than the window of time in which `follow`
   * looks. Needed only for the whole log: one aggregate is followed by its sequences.
   */
  async #lookForBehind(log: EventLog): Promise<void> {
    const { onBehind } = this.#options;
    if (onBehind === undefined || !(this.#follower instanceof LogFollower)) return;
    for (const nodes of await this.#behind.look(log, this.#follower.windowStart)) onBehind(nodes);
  }
}

async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  await pause(milliseconds, undefined, { signal }).catch(() => {});
}
