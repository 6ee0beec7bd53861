import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** A node that wrote events with timestamps in the future. */
export interface NodeAhead {
  /** 16 upper-case hex digits. */
  readonly node: string;
  readonly events: number;
  /** The latest of them. */
  readonly timestamp: Timestamp;
}

/**
 * Two nodes whose clocks differ: `behind` wrote an event directly after one of `ahead` in a history, with an earlier
 * timestamp.
 */
export interface ClockSkew {
  readonly ahead: string;
  readonly behind: string;
  /** The largest difference that was found, in milliseconds; the clocks differ at least as much. */
  readonly milliseconds: number;
  /** Number of such events. */
  readonly events: number;
}

/** An event with a timestamp in the future. */
export interface EventAhead {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly timestamp: Timestamp;
}

const node = (timestamp: string) => `upper(encode(substr(${timestamp}, 9), 'hex'))`;
const time = (timestamp: string) => `('x' || encode(substr(${timestamp}, 1, 6), 'hex'))::bit(48)::bigint`;

/** The last timestamp within a millisecond. */
function endOf(milliseconds: number): Buffer {
  return Timestamp.of({ time: milliseconds, counter: MAX_COUNTER, nodeId: MAX_NODE_ID }).encode();
}

/** The nodes with events later than a time (milliseconds since 1970), the one that is furthest ahead first. */
export async function nodesAhead(log: EventLog, after: number): Promise<NodeAhead[]> {
  const sql = `SELECT ${node('"timestamp"')}, count(*)::text, max(encode("timestamp", 'hex') COLLATE "C") AS latest
FROM ${tablesOf(log).log} WHERE "timestamp" > ? AND length("timestamp") = 16 GROUP BY 1 ORDER BY latest DESC LIMIT 5`;
  const rows = await select<[string, string, string]>(log, sql, [endOf(after)]);
  return rows.map(([node, events, latest]) => ({
    node,
    events: Number(events),
    timestamp: Timestamp.fromHex(latest),
  }));
}

/** The events later than a time (milliseconds since 1970) that are the last of their aggregates, the latest first. */
export async function lastAhead(log: EventLog, after: number): Promise<EventAhead[]> {
  const { log: events } = tablesOf(log);
  const sql = `SELECT encode(aggregate_id, 'hex'), sequence, encode("timestamp", 'hex') FROM ${events} AS e
WHERE "timestamp" > ? AND length("timestamp") = 16 AND NOT EXISTS (
  SELECT FROM ${events} AS n WHERE n.aggregate_id = e.aggregate_id AND n.sequence > e.sequence
) ORDER BY "timestamp" DESC LIMIT 100`;
  const rows = await select<[string, number, string]>(log, sql, [endOf(after)]);
  return rows.map(([aggregateId, sequence, hex]) => ({ aggregateId, sequence, timestamp: Timestamp.fromHex(hex) }));
}

/** A range of time in milliseconds since 1970, both ends inclusive. */
export interface TimeRange {
  readonly from: number;
  readonly to: number;
}

/** The nodes with events in a range of time, as 16 upper-case hex digits. */
export async function nodesWithin(log: EventLog, range: TimeRange): Promise<ReadonlySet<string>> {
  const sql = `SELECT DISTINCT ${node('"timestamp"')} FROM ${tablesOf(log).log}
WHERE "timestamp" >= ? AND "timestamp" <= ? AND length("timestamp") = 16`;
  return new Set((await select<[string]>(log, sql, bounds(range))).map(([name]) => name));
}

function bounds({ from, to }: TimeRange): [from: Buffer, to: Buffer] {
  return [startOf(from), endOf(to)];
}

function startOf(milliseconds: number): Buffer {
  return Timestamp.of({ time: Math.max(0, milliseconds) }).encode();
}

/** Options of {@link clockSkews}. */
interface ClockSkewOptions {
  /** Number of latest events whose successors in their histories are looked at. */
  readonly latest: number;
  /** Only events in this range. @defaultValue the whole log */
  readonly range?: TimeRange;
  /** Only successors with a time before this, in milliseconds since 1970. @defaultValue all */
  readonly before?: number;
}

/**
 * The pairs of nodes whose clocks differ, as far as the successors of the latest events show it; the largest difference
 * first.
 */
export async function clockSkews(log: EventLog, { latest, range, before }: ClockSkewOptions): Promise<ClockSkew[]> {
  const { log: events } = tablesOf(log);
  const difference = `${time('p."timestamp"')} - ${time('s."timestamp"')}`;
  const sql = `SELECT ${node('p."timestamp"')}, ${node('s."timestamp"')}, max(${difference})::text AS difference, count(*)::text
FROM (SELECT aggregate_id, sequence, "timestamp" FROM ${events} ${range === undefined ? '' : 'WHERE "timestamp" >= ? AND "timestamp" <= ?'}
  ORDER BY "timestamp" DESC LIMIT ?) AS p
JOIN ${events} AS s ON s.aggregate_id = p.aggregate_id AND s.sequence = p.sequence + 1
WHERE s."timestamp" < ${before === undefined ? 'p."timestamp"' : 'least(p."timestamp", ?)'} AND ${difference} >= 1 GROUP BY 1, 2 ORDER BY max(${difference}) DESC LIMIT 5`;
  const rows = await select<[string, string, string, string]>(log, sql, [
    ...(range === undefined ? [] : bounds(range)),
    latest,
    ...(before === undefined ? [] : [startOf(before)]),
  ]);
  return rows.map(([ahead, behind, difference, count]) => ({
    ahead,
    behind,
    milliseconds: Number(difference),
    events: Number(count),
  }));
}
