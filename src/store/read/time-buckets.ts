import type { Conditions } from './conditions.js';

/** SQL for the bucket of a timestamp: its first five bytes, 256 milliseconds. */
const BUCKET = 'encode(substr("timestamp", 1, 5), \'hex\')';
/** A number that distinguishes the timestamps of a bucket: their last byte of time, their counter. */
const MARK = 'get_byte("timestamp", 5) * 65536 + get_byte("timestamp", 6) * 256 + get_byte("timestamp", 7)';

/** SQL for the buckets of the events that conditions select, each with a {@link Fingerprint}. */
export function fingerprintsOf(log: string, where: string): string {
  return `SELECT ${BUCKET}, count(*) || ' ' || sum(${MARK}) FROM ${log} ${where} GROUP BY 1`;
}

/** The name of a bucket, ten hex digits, and the count of its events with the sum of what tells them apart. */
export type Fingerprint = readonly [bucket: string, fingerprint: string];

/** Selects the events that lie in buckets, of which there must be one. */
export function andInBuckets(where: Conditions, buckets: readonly string[]): void {
  // The range from the first to the last bucket uses the index; membership in a bucket is filtered row by row.
  const sorted = [...buckets].sort();
  where.and('"timestamp" >= ?', Buffer.from(`${sorted[0]}`.padEnd(32, '0'), 'hex'));
  where.and('"timestamp" <= ?', Buffer.from(`${sorted.at(-1)}`.padEnd(32, 'f'), 'hex'));
  // For a subquery PostgreSQL builds a hash table; an array would be searched for every row.
  where.and(`${BUCKET} IN (SELECT unnest(?::text::text[]))`, `{${sorted.join(',')}}`);
}

/** The known events of 256 milliseconds. */
interface Bucket {
  /** The fingerprint when all its events were known; any other value means that something has changed. */
  fingerprint: string;
  readonly timestamps: Set<string>;
}

/**
 * The events of a window of time that are known, by the hex digits of their timestamps. The database sums the window up in
 * buckets, and only buckets that changed need to be read.
 */
export class TimeBuckets {
  readonly #buckets = new Map<string, Bucket>();

  /** The buckets in which something is known. */
  get names(): readonly string[] {
    return [...this.#buckets.keys()];
  }

  isKnown(timestamp: string): boolean {
    return this.#buckets.get(bucketOf(timestamp))?.timestamps.has(timestamp) ?? false;
  }

  add(timestamp: string): void {
    this.#bucket(bucketOf(timestamp)).timestamps.add(timestamp);
  }

  /** Those whose bucket has changed since it was confirmed. */
  changed(fingerprints: readonly Fingerprint[]): Fingerprint[] {
    return fingerprints.filter(([bucket, fingerprint]) => this.#buckets.get(bucket)?.fingerprint !== fingerprint);
  }

  /** Takes note that all events were known which a bucket had when it had these fingerprints. */
  confirm(fingerprints: Iterable<Fingerprint>): void {
    for (const [bucket, fingerprint] of fingerprints) this.#bucket(bucket).fingerprint = fingerprint;
  }

  /** Forgets all before the bucket of a timestamp. */
  forgetBefore(timestamp: string): void {
    const earliest = bucketOf(timestamp);
    for (const bucket of this.#buckets.keys()) if (bucket < earliest) this.#buckets.delete(bucket);
  }

  #bucket(name: string): Bucket {
    let bucket = this.#buckets.get(name);
    if (bucket === undefined) this.#buckets.set(name, (bucket = { fingerprint: '', timestamps: new Set() }));
    return bucket;
  }
}

function bucketOf(timestamp: string): string {
  return timestamp.slice(0, 10);
}
