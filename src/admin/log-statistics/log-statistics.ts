import { Timestamp } from '../../hlc/timestamp.js';
import { checkedLimit } from '../../store/read/sequence-range.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { traitsAt } from '../log/log-traits.js';
import { select } from '../log/select.js';
import { tableSize } from '../log/table-sizes.js';
import { assertCompleteLog } from '../log/complete-log.js';

/** The numbers of a whole log. */
export interface LogStatistics {
  readonly events: number;
  readonly aggregates: number;
  readonly snapshots: number;
  /** The earliest and the latest time of an event, in milliseconds since 1970; absent in an empty log. */
  readonly firstTime: number | undefined;
  readonly lastTime: number | undefined;
  /** Bytes that the tables take on disk. */
  readonly size: LogSize;
  /** The aggregates with the most events. */
  readonly longest: readonly AggregateCount[];
}

/** Bytes on disk. */
export interface LogSize {
  /** The rows of the event log. */
  readonly log: number;
  /** Its indexes. */
  readonly indexes: number;
  /** The snapshots with their index. */
  readonly snapshots: number;
  /** The remembered command ids with their index; 0 in a database without the table. */
  readonly commands: number;
}

/** An aggregate and its number of events. */
export interface AggregateCount {
  readonly aggregateId: Timestamp;
  readonly events: number;
}

/** The numbers of a group of events. */
export interface GroupStatistics {
  readonly events: number;
  /** Bytes of their bodies, as they are stored. */
  readonly bodies: number;
  /** The earliest and the latest time of one, in milliseconds since 1970. */
  readonly firstTime: number;
  readonly lastTime: number;
}

/** The numbers of the events of one type. */
export interface TypeStatistics extends GroupStatistics {
  readonly type: string;
}

/** The numbers of the events of one aggregate. */
export interface AggregateStatistics extends GroupStatistics {
  readonly aggregateId: Timestamp;
}

/** The number of events in one quarter of an hour. */
export interface QuarterHourStatistics {
  /** Its beginning, in milliseconds since 1970. */
  readonly time: number;
  readonly events: number;
}

/** Milliseconds of a quarter of an hour: all present time zones differ by a whole number of them. */
const QUARTER = 900_000;
/** SQL for the time of an event, in milliseconds since 1970. */
export const TIME = `('x' || encode(substr("timestamp", 1, 6), 'hex'))::bit(48)::bigint`;
const GROUP = `count(*)::text, coalesce(sum(pg_column_size(body)), 0)::text, min(${TIME})::text, max(${TIME})::text`;

type GroupRow<Key> = readonly [Key, string, string, string, string];

/** Counts the whole log, in the database. Names the `longest` longest aggregates, 1 or more. */
export async function logStatistics(log: EventLog, longest = 5): Promise<LogStatistics> {
  await assertCompleteLog(log);
  const { snapshots } = tablesOf(log);
  const { totals, longest: first } = await countAggregates(log, checkedLimit(longest) ?? longest);
  const [snapshotCount] = await select<[string]>(log, `SELECT count(*)::text FROM ${snapshots}`);
  const edges = await timeEdges(log);
  return {
    events: totals.events,
    aggregates: totals.aggregates,
    snapshots: Number(snapshotCount?.[0] ?? 0),
    firstTime: edges?.first,
    lastTime: edges?.last,
    size: await logSize(log),
    longest: first,
  };
}

interface CountedAggregates {
  readonly totals: { readonly events: number; readonly aggregates: number };
  readonly longest: readonly AggregateCount[];
}

/** Counts the events of each aggregate. Shards do so each by itself, twice, so that a coordinator gets no row for each aggregate. */
async function countAggregates(log: EventLog, longest: number): Promise<CountedAggregates> {
  const counts = `SELECT aggregate_id, count(*) AS events FROM ${tablesOf(log).log} GROUP BY aggregate_id`;
  const order = 'ORDER BY events DESC, aggregate_id LIMIT ?';
  const sums = 'coalesce(sum(events), 0)::text, count(*)::text';
  if ((await traitsAt(log)).rowsIn === 'shards') {
    const [all] = await select<[string, string]>(log, `SELECT ${sums} FROM (${counts}) AS counts`);
    const rows = await select<[Uint8Array, string]>(
      log,
      `SELECT aggregate_id, events::text FROM (${counts} ${order}) AS counts ORDER BY counts.events DESC, aggregate_id`,
      [longest],
    );
    return countedFrom(all, rows);
  }
  const rows = await select<[string, string, Uint8Array, string]>(
    log,
    `WITH counts AS MATERIALIZED (${counts})
SELECT (SELECT sum(events) FROM counts)::text, (SELECT count(*) FROM counts)::text, aggregate_id, events::text
FROM counts ORDER BY counts.events DESC, aggregate_id LIMIT ?`,
    [longest],
  );
  return countedFrom(
    rows[0],
    rows.map(([, , id, events]) => [id, events]),
  );
}

function countedFrom(
  [events, aggregates]: readonly [string, string, ...unknown[]] = ['0', '0'],
  longest: readonly (readonly [Uint8Array, string])[],
): CountedAggregates {
  return {
    totals: { events: Number(events), aggregates: Number(aggregates) },
    longest: longest.map(([id, count]) => ({ aggregateId: Timestamp.decode(id), events: Number(count) })),
  };
}

/** The numbers by type, the most frequent first. Reads the whole log, in the database. */
export async function typeStatistics(log: EventLog): Promise<TypeStatistics[]> {
  await assertCompleteLog(log);
  const sql = `SELECT type, ${GROUP} FROM ${tablesOf(log).log} GROUP BY type ORDER BY count(*) DESC, type COLLATE "C"`;
  return (await select<GroupRow<string>>(log, sql)).map(([type, ...group]) => ({ type, ...groupOf(group) }));
}

/** The numbers by aggregate, the longest first. Reads the whole log, in the database. */
export async function aggregateStatistics(log: EventLog, limit?: number): Promise<AggregateStatistics[]> {
  await assertCompleteLog(log);
  const sql = `SELECT aggregate_id, ${GROUP} FROM ${tablesOf(log).log} GROUP BY aggregate_id
ORDER BY count(*) DESC, aggregate_id LIMIT ?`;
  const rows = await select<GroupRow<Uint8Array>>(log, sql, [checkedLimit(limit) ?? Number.MAX_SAFE_INTEGER]);
  return rows.map(([id, ...group]) => ({ aggregateId: Timestamp.decode(id), ...groupOf(group) }));
}

/**
 * The number of events by quarter of an hour, in order: from these the days of any time zone can be added up. Reads
 * every timestamp, in the database.
 */
export async function quarterHourStatistics(log: EventLog): Promise<QuarterHourStatistics[]> {
  await assertCompleteLog(log);
  const sql = `SELECT (${TIME} / ${QUARTER})::text, count(*)::text FROM ${tablesOf(log).log} GROUP BY 1`;
  const rows = await select<[string, string]>(log, sql);
  return rows
    .map(([quarter, events]) => ({ time: Number(quarter) * QUARTER, events: Number(events) }))
    .sort((a, b) => a.time - b.time);
}

/** The size of the tables on disk, of all partitions or shards together. */
export async function logSize(log: EventLog): Promise<LogSize> {
  const tables = tablesOf(log);
  const events = await tableSize(log, tables.log);
  const snapshots = await tableSize(log, tables.snapshots);
  const commands = await tableSize(log, tables.commands);
  return {
    log: events.table,
    indexes: events.indexes,
    snapshots: snapshots.table + snapshots.indexes,
    commands: commands.table + commands.indexes,
  };
}

/** The times of the first and of the last event, in milliseconds since 1970; `undefined` in an empty log. Uses the index. */
export async function timeEdges(log: EventLog): Promise<{ readonly first: number; readonly last: number } | undefined> {
  const [first, last] = [await edgeTime(log, 'ASC'), await edgeTime(log, 'DESC')];
  return first === undefined || last === undefined ? undefined : { first, last };
}

async function edgeTime(log: EventLog, order: 'ASC' | 'DESC'): Promise<number | undefined> {
  const sql = `SELECT "timestamp" FROM ${tablesOf(log).log} ORDER BY "timestamp" ${order} LIMIT 1`;
  const [row] = await select<[Uint8Array]>(log, sql);
  return row === undefined ? undefined : Timestamp.decode(row[0]).time;
}

function groupOf([events, bodies, firstTime, lastTime]: readonly [string, string, string, string]): GroupStatistics {
  return {
    events: Number(events),
    bodies: Number(bodies),
    firstTime: Number(firstTime),
    lastTime: Number(lastTime),
  };
}
