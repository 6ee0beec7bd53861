import { Timestamp } from '../../hlc/timestamp.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { projectionTables } from '../../store/projection-tables.js';
import { Conditions } from '../../store/read/conditions.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { type Executor, query } from '../../store/read/rows.js';
import { andInBuckets, type Fingerprint, fingerprintsOf, TimeBuckets } from '../../store/read/time-buckets.js';

/** The time before and after now that is looked at, in milliseconds: all of it while few events lie in it. */
const WINDOW = { narrowest: 5000, widest: 300_000 };
/** Events in the window from which it becomes narrower, and below which it becomes wider. */
const MANY = 2000;
const FEW = 500;
/** Events that one poll reads at most, but for the last bucket. */
const BATCH = 5000;
/** Events in one bucket from which it is left to the sweep. */
const FLOOD = 50_000;

/** Findings of one look. */
export interface RecentlyCommitted {
  /** The aggregates with events that were not seen before, each once. */
  readonly aggregateIds: readonly Timestamp[];
  /** True when there are more already. */
  readonly more: boolean;
}

/**
 * Looks again and again for new events with timestamps near the database's time: at least five seconds around it, and up to
 * five minutes while that is cheap, so that clocks may differ and transactions may be slow. Events farther ahead are found
 * when they are later than all that was seen. All else is found by the sweep only.
 */
export class RecentCommits {
  readonly #on: Executor;
  readonly #log: string;
  readonly #look;
  readonly #known = new TimeBuckets();
  #window = WINDOW.narrowest;
  /** The latest event beyond the window that was seen, as hex digits; empty for none, absent before the first look. */
  #farthest: string | undefined;

  constructor(on: Executor, schema: string) {
    this.#on = on;
    this.#log = projectionTables(schema).log;
    this.#look = lookAt(this.#log);
  }

  /**
   * The next look. What lies beyond the window at the first one counts as seen, so a sweep of the whole log begins after
   * that.
   */
  async poll(): Promise<RecentlyCommitted> {
    const { fingerprints, begin, end, latest } = await this.#fingerprints();
    this.#known.forgetBefore(begin);
    const changed = this.#known.changed(fingerprints).sort(([a], [b]) => (a < b ? -1 : 1));
    const { batch, isAll } = firstOf(changed);
    const found = new Map<string, Timestamp>();
    for (const [timestamp, id] of await this.#eventsIn(batch)) {
      if (!this.#known.isKnown(timestamp)) found.set(id, Timestamp.fromHex(id));
      this.#known.add(timestamp);
    }
    this.#known.confirm(batch);
    const ahead = this.#farthest === undefined || latest === '' ? [] : await this.#ahead(end);
    for (const [, id] of ahead) found.set(id, Timestamp.fromHex(id));
    this.#farthest = ahead.at(-1)?.[0] ?? this.#farthest ?? latest;
    this.#adapt(fingerprints.reduce((sum, each) => sum + countOf(each), 0));
    return { aggregateIds: [...found.values()], more: !isAll || ahead.length === BATCH };
  }

  /** The buckets of the window, its first and last timestamp, and the latest event beyond it and all that was seen; empty for none. */
  async #fingerprints() {
    const window = this.#window;
    const bindings = [-window, window, -window, window, window, this.#farthest ?? ''];
    const rows = await withReadRetry(() => query<Fingerprint>(this.#on, this.#look, bindings), this.#on);
    const summary = rows.find(([name]) => name.length === 32);
    const [end = '', latest = ''] = summary?.[1].split(' ') ?? [];
    return { fingerprints: rows.filter((row) => row !== summary), begin: summary?.[0] ?? '', end, latest };
  }

  async #eventsIn(batch: readonly Fingerprint[]): Promise<EventRow[]> {
    const read = batch.filter((each) => countOf(each) <= FLOOD).map(([bucket]) => bucket);
    if (read.length === 0) return [];
    const where = new Conditions();
    andInBuckets(where, read);
    return await this.#events(where, '');
  }

  async #ahead(end: string): Promise<EventRow[]> {
    const where = new Conditions();
    where.and('"timestamp" > ?', Buffer.from(end > (this.#farthest ?? '') ? end : (this.#farthest ?? ''), 'hex'));
    return await this.#events(where, `ORDER BY "timestamp" LIMIT ${BATCH}`);
  }

  #events(where: Conditions, order: string): Promise<EventRow[]> {
    const sql = `SELECT encode("timestamp", 'hex'), encode(aggregate_id, 'hex') FROM ${this.#log} ${where.sql} ${order}`;
    return withReadRetry(() => query<EventRow>(this.#on, sql, where.bindings), this.#on);
  }

  #adapt(events: number): void {
    if (events > MANY) this.#window = Math.max(WINDOW.narrowest, this.#window / 2);
    else if (events < FEW) this.#window = Math.min(WINDOW.widest, this.#window * 2);
  }
}

type EventRow = readonly [timestamp: string, aggregateId: string];

/** SQL for the first or last timestamp of the bucket that lies so many milliseconds from the database's time. */
const edge = (fill: string) =>
  `decode(lpad(to_hex(((extract(epoch FROM statement_timestamp()) * 1000)::bigint + ?::integer) >> 8), 10, '0') || '${fill.repeat(22)}', 'hex')`;

/** (-window, window, -window, window, window, farthest) → the buckets of the window, and a row that sums it up. */
function lookAt(log: string) {
  return preparedStatement(`${fingerprintsOf(log, `WHERE "timestamp" >= ${edge('0')} AND "timestamp" <= ${edge('f')}`)}
UNION ALL SELECT encode(${edge('0')}, 'hex'), encode(${edge('f')}, 'hex') || ' ' || coalesce((
  SELECT encode("timestamp", 'hex') FROM ${log} WHERE "timestamp" > greatest(${edge('f')}, decode(?::text, 'hex'))
  ORDER BY "timestamp" DESC LIMIT 1), '')`);
}

/** The first buckets, of about {@link BATCH} events together. */
function firstOf(changed: readonly Fingerprint[]): { readonly batch: readonly Fingerprint[]; readonly isAll: boolean } {
  let [events, count] = [0, 0];
  while (count < changed.length && events < BATCH) {
    const each = changed[count] as Fingerprint;
    events += countOf(each) > FLOOD ? 0 : countOf(each);
    count += 1;
  }
  return { batch: changed.slice(0, count), isAll: count === changed.length };
}

function countOf([, fingerprint]: Fingerprint): number {
  return Number(fingerprint.split(' ')[0]);
}
