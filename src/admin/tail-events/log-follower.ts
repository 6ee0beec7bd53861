import type { StoredEvent } from '../../events.js';
import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { byteaArray, type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { statementsFor } from '../../store/statements.js';
import { andInBuckets, type Fingerprint, fingerprintsOf, TimeBuckets } from '../../store/read/time-buckets.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { eventsInOrder } from '../search-events/search-events.js';
import { positionAfter } from '../search-events/position-after.js';
import type { Follower } from './follower.js';

/** Most events in one batch. */
const BATCH = 500;

/** Options of a {@link LogFollower}. */
export interface LogFollowerOptions {
  /** Largest number of events that are looked at for the last ones of some types. @defaultValue any number */
  readonly lookBack?: number | undefined;
  /** @defaultValue Date.now */
  readonly now?: () => number;
}

interface HandedOut {
  readonly batch: readonly string[];
  readonly fingerprints: readonly Fingerprint[];
  readonly newest: number;
}

/**
 * Follows the whole log by time. A transaction can commit late, with earlier timestamps than events that were seen
 * before; so every poll looks at a window that begins one maximum drift before the newest event and before now. The
 * database sums the window up in buckets, and only buckets that changed are read.
 */
export class LogFollower implements Follower {
  readonly #types: readonly string[] | undefined;
  readonly #lookBack: number | undefined;
  #isPartial = false;
  readonly #now: () => number;
  readonly #known = new TimeBuckets();
  /** The time up to which every event is known except those that commit late, in milliseconds since 1970. */
  #newest = 0;
  /** The beginning of the window, in milliseconds since 1970; never moves back. */
  #begin = 0;
  /**
   * The last batch, with the fingerprints that hold once all of it was acknowledged; absent when the batch left events
   * over.
   */
  #handedOut: HandedOut | undefined;

  constructor(types?: readonly string[], { lookBack, now = Date.now }: LogFollowerOptions = {}) {
    this.#types = types;
    this.#lookBack = types === undefined ? undefined : lookBack;
    this.#now = now;
  }

  get isPartial(): boolean {
    return this.#isPartial;
  }

  /**
   * The beginning of the window, in milliseconds since 1970: events that commit with an earlier timestamp are not
   * found.
   */
  get windowStart(): number {
    return this.#begin;
  }

  async begin(log: EventLog, lines: number): Promise<readonly StoredEvent[]> {
    this.#newest = await newestTime(log);
    this.#moveWindow();
    // Read what is known before what is shown: an event that commits in between is then new, or shown and known.
    this.#known.confirm(await this.#fingerprints(log));
    for (const timestamp of await this.#timestamps(log, this.#known.names)) this.#known.add(timestamp);
    const events: StoredEvent[] = [];
    if (lines > 0) {
      const search = { types: this.#types, reverse: true, limit: lines };
      const upTo = this.#lookBack === undefined ? undefined : await positionAfter(log, search, this.#lookBack);
      for await (const event of eventsInOrder(log, { ...search, upTo })) events.push(event);
      this.#isPartial = upTo !== undefined && events.length < lines;
    }
    for (const event of events) this.acknowledge(event);
    return events.reverse();
  }

  async poll(log: EventLog): Promise<readonly StoredEvent[]> {
    this.#confirmBatch();
    this.#moveWindow();
    const newest = await newestTime(log);
    const fingerprints = this.#known.changed(await this.#fingerprints(log));
    const timestamps = await this.#timestamps(
      log,
      fingerprints.map(([bucket]) => bucket),
    );
    const fresh = timestamps.filter((hex) => !this.#known.isKnown(hex)).sort();
    const batch = fresh.slice(0, BATCH);
    if (batch.length === fresh.length) this.#handedOut = { batch, fingerprints, newest };
    return batch.length === 0 ? [] : await this.#events(log, batch);
  }

  acknowledge({ timestamp }: Pick<StoredEvent, 'timestamp'>): void {
    this.#known.add(timestamp.hex);
  }

  #confirmBatch(): void {
    if (this.#handedOut === undefined) return;
    const { batch, fingerprints, newest } = this.#handedOut;
    this.#handedOut = undefined;
    // A batch may have been lost on its way here, when the connection broke.
    if (!batch.every((hex) => this.#known.isKnown(hex))) return;
    this.#known.confirm(fingerprints);
    this.#newest = Math.max(this.#newest, newest);
  }

  #moveWindow(): void {
    // Aligned to buckets: a partial bucket has another fingerprint.
    const begin = Math.floor((Math.min(this.#newest, this.#now()) - DEFAULT_MAX_DRIFT) / 256) * 256;
    if (begin <= this.#begin) return;
    this.#begin = begin;
    this.#known.forgetBefore(Timestamp.of({ time: begin }).hex);
  }

  async #fingerprints({ knex, schema }: EventLog): Promise<Fingerprint[]> {
    const where = this.#window();
    const sql = fingerprintsOf(tablesOf({ schema }).log, where.sql);
    return await withReadRetry(() => query<Fingerprint>(knex, sql, where.bindings));
  }

  /** The timestamps of the window that lie in buckets, as hex digits. */
  async #timestamps({ knex, schema }: EventLog, buckets: readonly string[]): Promise<string[]> {
    const where = this.#window();
    if (buckets.length === 0) return [];
    andInBuckets(where, buckets);
    const sql = `SELECT encode("timestamp", 'hex') FROM ${tablesOf({ schema }).log} ${where.sql}`;
    return (await withReadRetry(() => query<[string]>(knex, sql, where.bindings))).map(([timestamp]) => timestamp);
  }

  async #events({ knex, schema = DEFAULT_SCHEMA }: EventLog, timestamps: readonly string[]): Promise<StoredEvent[]> {
    const sql = `${statementsFor(schema).selectEvents} WHERE "timestamp" = ANY (?::text::bytea[]) ORDER BY "timestamp"`;
    const keys = byteaArray(timestamps.map((hex) => Timestamp.parse(hex)));
    return (await withReadRetry(() => query<EventRow>(knex, sql, [keys]))).map(storedEvent);
  }

  #window(): Conditions {
    const where = new Conditions();
    where.and('"timestamp" >= ?', Timestamp.of({ time: Math.max(0, this.#begin) }).encode());
    where.ofTypes(this.#types);
    return where;
  }
}

/** The time of the newest event of all, in milliseconds since 1970; 0 when there is none. */
async function newestTime(log: EventLog): Promise<number> {
  for await (const { timestamp } of eventsInOrder(log, { reverse: true, limit: 1 })) return timestamp.time;
  return 0;
}
