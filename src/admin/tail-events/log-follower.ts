import type { StoredEvent } from '../../events.js';
import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { byteaArray, type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { statementsFor } from '../../store/statements.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { eventsInOrder } from '../search-events/search-events.js';
import type { Follower } from './follower.js';

/** Most events in one batch. */
const BATCH = 500;
/** SQL for the bucket of a timestamp: its first five bytes, 256 milliseconds. */
const BUCKET = 'encode(substr("timestamp", 1, 5), \'hex\')';
/** A number that distinguishes the timestamps of a bucket: their last byte of time, their counter. */
const MARK = 'get_byte("timestamp", 5) * 65536 + get_byte("timestamp", 6) * 256 + get_byte("timestamp", 7)';

/** The known events of 256 milliseconds. */
interface Bucket {
  /** Count and sum of {@link MARK} when all its events were known; any other value means that something has changed. */
  fingerprint: string;
  readonly timestamps: Set<string>;
}

interface HandedOut {
  readonly batch: readonly string[];
  readonly fingerprints: ReadonlyMap<string, string>;
  readonly newest: number;
}

/**
 * Follows the whole log by time. A transaction can commit late, with earlier timestamps than events that were seen
 * before; so every poll looks at a window that begins one maximum drift before the newest event and before now. The
 * database sums the window up in buckets, and only buckets that changed are read.
 */
export class LogFollower implements Follower {
  readonly #types: readonly string[] | undefined;
  readonly #now: () => number;
  readonly #buckets = new Map<string, Bucket>();
  /** The time up to which every event is known except those that commit late, in milliseconds since 1970. */
  #newest = 0;
  /** The beginning of the window, in milliseconds since 1970; never moves back. */
  #begin = 0;
  /**
   * The last batch, with the fingerprints that hold once all of it was acknowledged; absent when the batch left events
   * over.
   */
  #handedOut: HandedOut | undefined;

  constructor(types?: readonly string[], now: () => number = Date.now) {
    this.#types = types;
    this.#now = now;
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
    for (const [bucket, fingerprint] of await this.#fingerprints(log)) this.#bucket(bucket).fingerprint = fingerprint;
    for (const timestamp of await this.#timestamps(log, [...this.#buckets.keys()]))
      this.#bucket(bucketOf(timestamp)).timestamps.add(timestamp);
    const events: StoredEvent[] = [];
    if (lines > 0)
      for await (const event of eventsInOrder(log, { types: this.#types, reverse: true, limit: lines }))
        events.push(event);
    for (const event of events) this.acknowledge(event);
    return events.reverse();
  }

  async poll(log: EventLog): Promise<readonly StoredEvent[]> {
    this.#confirmBatch();
    this.#moveWindow();
    const newest = await newestTime(log);
    const fingerprints = new Map<string, string>();
    for (const [bucket, fingerprint] of await this.#fingerprints(log))
      if (this.#buckets.get(bucket)?.fingerprint !== fingerprint) fingerprints.set(bucket, fingerprint);
    const timestamps = await this.#timestamps(log, [...fingerprints.keys()]);
    const fresh = timestamps.filter((hex) => !this.#isKnown(hex)).sort();
    const batch = fresh.slice(0, BATCH);
    if (batch.length === fresh.length) this.#handedOut = { batch, fingerprints, newest };
    return batch.length === 0 ? [] : await this.#events(log, batch);
  }

  acknowledge({ timestamp }: Pick<StoredEvent, 'timestamp'>): void {
    this.#bucket(bucketOf(timestamp.hex)).timestamps.add(timestamp.hex);
  }

  #confirmBatch(): void {
    if (this.#handedOut === undefined) return;
    const { batch, fingerprints, newest } = this.#handedOut;
    this.#handedOut = undefined;
    // A batch may have been lost on its way here, when the connection broke.
    if (!batch.every((hex) => this.#isKnown(hex))) return;
    for (const [bucket, fingerprint] of fingerprints) this.#bucket(bucket).fingerprint = fingerprint;
    this.#newest = Math.max(this.#newest, newest);
  }

  #isKnown(timestamp: string): boolean {
    return this.#buckets.get(bucketOf(timestamp))?.timestamps.has(timestamp) ?? false;
  }

  #bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) this.#buckets.set(name, (bucket = { fingerprint: '', timestamps: new Set() }));
    return bucket;
  }

  #moveWindow(): void {
    // Aligned to buckets: a partial bucket has another fingerprint.
    const begin = Math.floor((Math.min(this.#newest, this.#now()) - DEFAULT_MAX_DRIFT) / 256) * 256;
    if (begin <= this.#begin) return;
    this.#begin = begin;
    const earliest = bucketOf(Timestamp.of({ time: begin }).hex);
    for (const bucket of this.#buckets.keys()) if (bucket < earliest) this.#buckets.delete(bucket);
  }

  async #fingerprints({ knex, schema }: EventLog): Promise<(readonly [string, string])[]> {
    const where = this.#window();
    const sql = `SELECT ${BUCKET}, count(*) || ' ' || sum(${MARK}) FROM ${tablesOf({ schema }).log} ${where.sql} GROUP BY 1`;
    return await withReadRetry(() => query<[string, string]>(knex, sql, where.bindings));
  }

  /** The timestamps of the window that lie in buckets, as hex digits. */
  async #timestamps({ knex, schema }: EventLog, buckets: readonly string[]): Promise<string[]> {
    const where = this.#window();
    if (buckets.length === 0) return [];
    // The range from the first to the last bucket uses the index; membership in a bucket is filtered row by row.
    const sorted = [...buckets].sort();
    where.and('"timestamp" >= ?', Buffer.from(`${sorted[0]}`.padEnd(32, '0'), 'hex'));
    where.and('"timestamp" <= ?', Buffer.from(`${sorted.at(-1)}`.padEnd(32, 'f'), 'hex'));
    // For a subquery PostgreSQL builds a hash table; an array would be searched for every row.
    where.and(`${BUCKET} IN (SELECT unnest(?::text::text[]))`, `{${sorted.join(',')}}`);
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

function bucketOf(timestamp: string): string {
  return timestamp.slice(0, 10);
}

/** The time of the newest event of all, in milliseconds since 1970; 0 when there is none. */
async function newestTime(log: EventLog): Promise<number> {
  for await (const { timestamp } of eventsInOrder(log, { reverse: true, limit: 1 })) return timestamp.time;
  return 0;
}
