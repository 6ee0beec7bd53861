import { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from './event-log.js';
import { distinctValues } from '../../store/read/distinct-values.js';
import { traitsAt } from './log-traits.js';
import { assertNoHiddenRows } from './row-security.js';
import { select } from './select.js';

const DIGITS = 32;

/**
 * The ids that begin with some hex digits, of aggregates with events or a snapshot, in order, at most `limit`. Uses
 * the indexes.
 */
export async function idsWithPrefix(log: EventLog, prefix: string, limit: number): Promise<Timestamp[]> {
  const { log: events, snapshots } = tablesOf(log);
  const found = [
    ...(await valuesWithPrefix(log, events, 'aggregate_id', prefix, limit)),
    ...(await valuesWithPrefix(log, snapshots, 'aggregate_id', prefix, limit)),
  ];
  return [...new Set(found)]
    .sort()
    .slice(0, limit)
    .map((hex) => Timestamp.fromHex(hex));
}

/** The timestamps of events that begin with some hex digits, in order, at most `limit`. Uses the index. */
export async function timestampsWithPrefix(log: EventLog, prefix: string, limit: number): Promise<Timestamp[]> {
  const found = await valuesWithPrefix(log, tablesOf(log).log, '"timestamp"', prefix, limit);
  return found.map((hex) => Timestamp.fromHex(hex));
}

async function valuesWithPrefix(
  log: EventLog,
  table: string,
  column: string,
  prefix: string,
  limit: number,
): Promise<string[]> {
  await assertNoHiddenRows(log);
  const [first, last] = ['0', 'f'].map((digit) => Buffer.from(prefix.padEnd(DIGITS, digit), 'hex')) as [Buffer, Buffer];
  const from = { sql: `${column} >= ?`, bindings: [first] };
  const within = { sql: `${column} <= ?`, bindings: [last] };
  const { sql, bindings } = distinctValues({ table, column, from, within, limit }, await traitsAt(log));
  const rows = await select<[Uint8Array]>(log, sql, bindings);
  return rows.map(([value]) => Timestamp.decode(value).hex);
}
