import fc from 'fast-check';
import type { EventLog } from '../../../src/admin/log/event-log.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { query } from '../../../src/store/read/rows.js';

/** An event as it is in a log, its body parsed. */
export interface LoggedEvent {
  readonly timestamp: Timestamp;
  readonly aggregateId: Timestamp;
  readonly sequence: number;
  readonly type: string;
  readonly body: SampleBody;
}

/** A body as the sample log has them. */
export interface SampleBody {
  readonly n?: number;
  readonly owner?: string | boolean | null;
  readonly tags?: readonly string[];
}

/** All that a log holds, for looking at it naively. */
export interface SampleLog {
  readonly events: readonly LoggedEvent[];
  /** Sequences by aggregate id in hex. */
  readonly snapshots: ReadonlyMap<string, number>;
}

/** The types of the sample log. */
export const SAMPLE_TYPES = ['opened', 'deposited', 'withdrawn', "o'brien", '\u001b[2J'] as const;
/** The first and the last time of the sample log. */
const SAMPLE_TIMES = { first: 1_700_000_000_000, last: 1_700_000_000_400 } as const;

const ids = fc
  .bigInt({ min: 1n, max: 2n ** 64n - 1n })
  .map((nodeId) => Timestamp.of({ time: 1_600_000_000_000, nodeId }));
const bodies: fc.Arbitrary<SampleBody> = fc.record(
  {
    n: fc.integer({ min: 0, max: 10 }),
    owner: fc.constantFrom('Ada', 'Grace', null, false),
    tags: fc.array(fc.constantFrom('a', 'b', 'c'), { maxLength: 3 }),
  },
  { requiredKeys: [] },
);
const readings = fc
  .record({
    time: fc.integer({ min: SAMPLE_TIMES.first, max: SAMPLE_TIMES.last }),
    counter: fc.integer({ min: 0, max: 2 }),
    nodeId: fc.bigInt({ min: 1n, max: 3n }),
  })
  .map((parts) => Timestamp.of(parts));
const events = fc.record({ timestamp: readings, type: fc.constantFrom(...SAMPLE_TYPES), body: bodies });
const histories = fc.record({
  id: ids,
  events: fc.array(events, { minLength: 1, maxLength: 6 }),
  snapshot: fc.option(fc.integer({ min: 1, max: 9 }), { freq: 2 }),
});

/**
 * Fills a log with some hundreds of short histories whose clocks often run backwards and whose timestamps are few: where
 * the layout allows it, events of different aggregates share one; else the later event is missing, so there are gaps. Past
 * the store, which would refuse that. Some snapshots have no events. Always the same log.
 */
export async function fillSampleLog({ knex, schema = 'public' }: EventLog): Promise<SampleLog> {
  const rows: object[] = [];
  const snapshots: object[] = [];
  for (const { id, events, snapshot } of fc.sample(histories, { numRuns: 600, seed: 4 })) {
    for (const [index, { timestamp, type, body }] of events.entries())
      rows.push({ t: timestamp.hex, a: id.hex, s: index + 1, y: type, b: body });
    if (snapshot !== null) snapshots.push({ a: id.hex, s: snapshot });
  }
  for (const id of fc.sample(ids, { numRuns: 20, seed: 5 })) snapshots.push({ a: id.hex, s: 1 });
  await knex.raw(
    `INSERT INTO "${schema}".event_log SELECT decode(t, 'hex'), decode(a, 'hex'), s, y, b
FROM json_to_recordset(?::text::json) AS e(t text, a text, s integer, y text, b jsonb) ON CONFLICT DO NOTHING`,
    [JSON.stringify(rows)],
  );
  await knex.raw(
    `INSERT INTO "${schema}".snapshots SELECT decode(a, 'hex'), s, '{}'
FROM json_to_recordset(?::text::json) AS e(a text, s integer) ON CONFLICT DO NOTHING`,
    [JSON.stringify(snapshots)],
  );
  return await storedLog({ knex, schema });
}

/** Everything that a log holds. */
async function storedLog({ knex, schema = 'public' }: EventLog): Promise<SampleLog> {
  const events = await query<[Uint8Array, Uint8Array, number, string, string]>(
    knex,
    `SELECT "timestamp", aggregate_id, sequence, type, body::text FROM "${schema}".event_log`,
  );
  const snapshots = await query<[string, number]>(
    knex,
    `SELECT encode(aggregate_id, 'hex'), sequence FROM "${schema}".snapshots`,
  );
  return {
    events: events.map(([timestamp, aggregateId, sequence, type, body]) => ({
      timestamp: Timestamp.decode(timestamp),
      aggregateId: Timestamp.decode(aggregateId),
      sequence,
      type,
      body: JSON.parse(body) as SampleBody,
    })),
    snapshots: new Map(snapshots),
  };
}

/** Filters with some types, and with times around those of the sample log. */
export function sampleFilters(): fc.Arbitrary<SampleFilter> {
  const time = fc.integer({ min: SAMPLE_TIMES.first - 5, max: SAMPLE_TIMES.last + 5 });
  return fc.record(
    { types: fc.subarray([...SAMPLE_TYPES, 'never'], { minLength: 1 }), since: time, until: time },
    { requiredKeys: [] },
  );
}

/** A filter by type and time; a missing part allows every event. */
export interface SampleFilter {
  readonly types?: readonly string[];
  readonly since?: number;
  readonly until?: number;
}

/** True when an event passes a filter. */
export function matches({ type, timestamp: { time } }: LoggedEvent, { types, since, until }: SampleFilter): boolean {
  return (types?.includes(type) ?? true) && time >= (since ?? 0) && time <= (until ?? Number.POSITIVE_INFINITY);
}

/** The order of a whole log. */
export function inLogOrder(a: LoggedEvent, b: LoggedEvent): number {
  return a.timestamp.compare(b.timestamp) || a.aggregateId.compare(b.aggregateId);
}
