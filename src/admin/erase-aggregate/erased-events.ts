import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { readPages } from '../../store/read/read-pages.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type BodyPath, hasValueAt, withoutValueAt } from './body-path.js';

/**
 * The events of an aggregate as they will be after the erasure of paths of their bodies, in bounded memory. Changes
 * nothing.
 */
export async function* eventsWithout(
  log: EventLog,
  aggregateId: Timestamp,
  paths: readonly BodyPath[],
): AsyncGenerator<StoredEvent> {
  const id = aggregateId.encode();
  const page = async (after: Row | undefined, size: number) => {
    const { sql, bindings } = pageQuery(tablesOf(log).log, paths, [id, after?.[1] ?? 0, size]);
    return await select<Row>(log, sql, bindings);
  };
  for await (const rows of readPages(page, { lengthOf: ([, , , body]) => body.length }))
    for (const [timestamp, sequence, type, body] of rows)
      yield { timestamp: Timestamp.fromHex(timestamp), aggregateId, sequence, type, body };
}

type Row = [timestamp: string, sequence: number, type: string, body: string];

/** The query of one page: takes out one path after the other, as the erasure does. */
function pageQuery(events: string, paths: readonly BodyPath[], inner: readonly Knex.RawBinding[]) {
  let sql = `SELECT encode("timestamp", 'hex') AS hex, sequence, type, body FROM ${events} WHERE aggregate_id = ? AND sequence > ? ORDER BY sequence LIMIT ?`;
  let bindings = inner;
  for (const path of paths) {
    const [at, rest] = [hasValueAt(path), withoutValueAt(path)];
    sql = `SELECT hex, sequence, type, CASE WHEN ${at.sql} THEN ${rest.sql} ELSE body END AS body FROM (${sql}) AS before`;
    bindings = [...at.bindings, ...rest.bindings, ...bindings];
  }
  return { sql: `SELECT hex, sequence, type, body::text FROM (${sql}) AS erased ORDER BY sequence`, bindings };
}
