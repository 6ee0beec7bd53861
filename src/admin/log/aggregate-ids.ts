import { setImmediate } from 'node:timers/promises';
import { Timestamp } from '../../hlc/timestamp.js';
import { type EventLog, tablesOf } from './event-log.js';
import { assertNoHiddenRows } from './row-security.js';
import { select } from './select.js';

/** Ids in one page. */
const PAGE = 1000;

/**
 * SQL for the ids of aggregates in order, by a loose index scan: it visits one row of each aggregate in the index
 * instead of every event. Its bindings: the id before the first, if `isAfter`; those of a condition on `ids.id`; and
 * the limit.
 */
export function looseIndexScan(events: string, isAfter: boolean, condition = 'TRUE'): string {
  const next = (before: string) => `SELECT aggregate_id FROM ${events} ${before} ORDER BY aggregate_id LIMIT 1`;
  return `WITH RECURSIVE ids(id) AS (
  (${next(isAfter ? 'WHERE aggregate_id > ?' : '')})
  UNION ALL
  SELECT (${next('WHERE aggregate_id > ids.id')}) FROM ids WHERE ids.id IS NOT NULL)
SELECT id FROM ids WHERE id IS NOT NULL AND ${condition} LIMIT ?`;
}

/** The ids of all aggregates that have events, in order, by a loose index scan, page by page. */
export async function* aggregateIds(log: EventLog): AsyncGenerator<Timestamp> {
  const { log: events } = tablesOf(log);
  await assertNoHiddenRows(log);
  for (let after: Buffer | undefined; ;) {
    const sql = looseIndexScan(events, after !== undefined);
    const rows = await select<[Uint8Array]>(log, sql, [...(after === undefined ? [] : [after]), PAGE]);
    for (const [id] of rows) yield Timestamp.decode(id);
    const last = rows.at(-1);
    if (last === undefined || rows.length < PAGE) return;
    after = last[0] as Buffer;
    await setImmediate();
  }
}

/**
 * A random sample of `count` ids, in order, each with the same chance; all ids when there are no more. Reads every id,
 * and holds `count` of them.
 */
export async function sampleOfIds(log: EventLog, count: number, random = Math.random): Promise<Timestamp[]> {
  const sample: Timestamp[] = [];
  let seen = 0;
  for await (const id of aggregateIds(log)) {
    seen += 1;
    if (sample.length < count) sample.push(id);
    else {
      const place = Math.floor(random() * seen);
      if (place < count) sample[place] = id;
    }
  }
  return sample.sort((a, b) => a.compare(b));
}
