import { query } from '../../store/read/rows.js';
import { WriteMismatchError } from '../../store/errors.js';
import { isRefusedCopy, sqlState } from '../../store/driver/driver-error.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import type { ExportedItem } from './read-export.js';
import type { MergeReport } from './merge-staging.js';
import { canCopy, CHUNK, copyText, copyTexts } from './staging.js';

/** The export cannot be copied straight into the log, but needs staging tables; caught in this folder. */
export class NeedsStagingError extends Error {}

/**
 * True when an export can be copied straight into the log: the connection takes COPY; the log is empty, so nothing has
 * to be compared; no trigger, rule or policy changes the rows; and the log is not partitioned, so that its index
 * refuses shared timestamps.
 */
export async function canCopyIntoEmptyLog(log: EventLog): Promise<boolean> {
  if (!(await canCopy(log.knex))) return false;
  const { log: events, snapshots } = tablesOf(log);
  // Each by itself: a distributed table cannot be asked together with the catalog.
  for (const table of [events, snapshots])
    if ((await query(log.knex, `SELECT 1 FROM ${table} LIMIT 1`)).length > 0) return false;
  const sql = `SELECT current_setting('server_encoding') = 'UTF8'
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT relid FROM tables))
  AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class IN (SELECT relid FROM tables))
  AND NOT EXISTS (SELECT FROM pg_class WHERE (relrowsecurity OR relkind <> 'r') AND oid IN (SELECT relid FROM tables))`;
  const tables = 'WITH tables(relid) AS (VALUES (to_regclass(?)), (to_regclass(?)))';
  const [row] = await query<[boolean]>(log.knex, `${tables} ${sql}`, [events, snapshots]);
  return row?.[0] === true;
}

/**
 * Copies the items of an export straight into the empty log. The text of each canonical body proves that PostgreSQL
 * stores it exactly as the file has it, so only counts are compared afterwards. Throws {@link NeedsStagingError} for a
 * body in another form, or a row that the log refuses; then the transaction must be rolled back.
 */
export async function copyIntoEmptyLog(log: EventLog, items: AsyncIterable<ExportedItem>): Promise<MergeReport> {
  const { log: events, snapshots } = tablesOf(log);
  const iterator = items[Symbol.asyncIterator]();
  let next = await iterator.next();
  const sent = { events: 0, snapshots: 0 };
  // One generator makes the lines and gathers them: a step more for every line would be measurable.
  const texts = async function* (lineOf: (item: ExportedItem) => string | undefined) {
    let text = '';
    for (; !next.done; next = await iterator.next()) {
      const line = lineOf(next.value);
      if (line === undefined) break;
      assertCanonical(next.value);
      sent['event' in next.value ? 'events' : 'snapshots'] += 1;
      text += line;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
    yield text;
  };
  const columns = '("timestamp", aggregate_id, sequence, type, body)';
  try {
    const stored = {
      events: await copyTexts(log.knex, `COPY ${events} ${columns} FROM STDIN`, texts(eventLine)),
      snapshots: await copyTexts(
        log.knex,
        `COPY ${snapshots} (aggregate_id, sequence, body) FROM STDIN`,
        texts(snapshotLine),
      ),
    };
    if (stored.events !== sent.events || stored.snapshots !== sent.snapshots)
      throw new WriteMismatchError(
        `PostgreSQL stored ${stored.events} of ${sent.events} events and ${stored.snapshots} of ${sent.snapshots} snapshots; nothing was imported.`,
        {
          hint: 'Look for a trigger, rule or policy on the tables that drops rows.',
        },
      );
    return { ...stored, present: 0, skipped: [] };
  } catch (error) {
    await iterator.return?.();
    // The import through staging tables reports the same fault with its line.
    if (/^2[23]|^40P01$/.test(sqlState(error) ?? '') || isRefusedCopy(error))
      throw new NeedsStagingError('a row was refused', { cause: error });
    throw error;
  }
}

/** An event as a line of COPY's text format; `undefined` for another item. */
function eventLine(item: ExportedItem): string | undefined {
  if (!('event' in item)) return undefined;
  const { timestamp, aggregateId, sequence, type, body } = item.event;
  return `\\\\x${timestamp.hex}\t\\\\x${aggregateId.hex}\t${sequence}\t${copyText(type)}\t${copyBody(body)}\n`;
}

/** A snapshot as a line of COPY's text format; `undefined` for another item. */
function snapshotLine(item: ExportedItem): string | undefined {
  if (!('snapshot' in item)) return undefined;
  const { aggregateId, sequence, body } = item.snapshot;
  return `\\\\x${aggregateId.hex}\t${sequence}\t${copyBody(body)}\n`;
}

function assertCanonical({ isCanonical }: ExportedItem): void {
  if (!isCanonical) throw new NeedsStagingError('a body has another form');
}

/** A body escaped for COPY's text format: of its special characters JSON text can contain only backslashes. */
function copyBody(body: string): string {
  return body.includes('\\') ? body.replaceAll('\\', '\\\\') : body;
}
