import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { storeError } from '../../store/failures/database-errors.js';
import { readPages } from '../../store/read/read-pages.js';
import {
  bodyLength,
  byteaArray,
  type EventRow,
  execute,
  query,
  type SnapshotRow,
  storedEvent,
  storedSnapshot,
} from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { statementsFor } from '../../store/statements.js';
import { eventJson, snapshotJson } from '../../store/read/stored-json.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { type EventLog, type NonTransactionalLog, tablesOf } from '../log/event-log.js';
import { refuseHiddenRows } from '../log/row-security.js';
import { type Footer, footerLine, HEADER, newDigest } from './export-format.js';
import { assertCompleteLog } from '../log/complete-log.js';

/** The part of a log to export. */
export interface ExportOptions {
  /** Only these aggregates. */
  readonly aggregateIds?: readonly Timestamp[] | undefined;
  /** Only events of one of these types, and no snapshots. */
  readonly types?: readonly string[] | undefined;
  /** Only events with a time of at least this, in milliseconds since 1970, and no snapshots. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this, in milliseconds since 1970, and no snapshots. */
  readonly until?: number | undefined;
  /** Called with the total number of events, before the first; makes the database count them. */
  readonly onTotal?: ((events: number) => void) | undefined;
  /** Called for each gap in the history of an aggregate; not when types or times select the events. */
  readonly onGap?: ((aggregateId: Timestamp, after: number, next: number) => void) | undefined;
  /** Called with the number of events exported so far. */
  readonly onProgress?: ((events: number) => void) | undefined;
}

/**
 * Writes a log as NDJSON: a header, every event by aggregate and sequence, every snapshot, and a footer with counts and
 * a digest. Bodies pass through as PostgreSQL prints them, digit for digit; equal logs make equal texts. Reads
 * everything in one transaction, so from one snapshot of the database, in bounded memory; the database sorts. `write`
 * gets pieces of text and is waited for; its errors are thrown as they are.
 */
export async function exportLog(
  log: NonTransactionalLog,
  options: ExportOptions,
  write: (text: string) => Promise<void>,
): Promise<Footer> {
  const digest = newDigest();
  let unwritten: { readonly error: unknown } | undefined;
  const put = async (text: string) => {
    digest.update(text);
    await write(text).catch((error: unknown) => {
      unwritten = { error };
      throw error;
    });
  };
  const counts = { events: 0, snapshots: 0 };
  const count = (more: Partial<typeof counts>) => {
    counts.events += more.events ?? 0;
    counts.snapshots += more.snapshots ?? 0;
    options.onProgress?.(counts.events);
  };
  try {
    await driverOf(log.knex).transaction(async (transaction) => {
      await execute(transaction, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY');
      await refuseHiddenRows(transaction);
      await assertCompleteLog({ ...log, knex: transaction });
      // The whole result is read, so plan for all of it: sort, instead of following an index in random order.
      await execute(transaction, 'SET LOCAL cursor_tuple_fraction = 1');
      await put(`${HEADER}\n`);
      await exportEvents({ ...log, knex: transaction }, options, put, count);
      await exportSnapshots({ ...log, knex: transaction }, options, put, count);
    });
  } catch (error) {
    // An error of `write` is thrown as it is; all others are the database's, also at COMMIT, which had nothing to
    // write.
    if (unwritten !== undefined) throw unwritten.error;
    throw storeError(error instanceof CommitInterruptedError ? error.cause : error);
  }
  const footer = { ...counts, sha256: digest.digest('hex') };
  await write(`${footerLine(footer)}\n`);
  return footer;
}

type Put = (text: string) => Promise<void>;
type Count = (more: { events?: number; snapshots?: number }) => void;

async function exportEvents(
  log: EventLog,
  { aggregateIds, types, since, until, onTotal, onGap }: ExportOptions,
  put: Put,
  count: Count,
): Promise<void> {
  const where = new Conditions();
  if (aggregateIds !== undefined) where.and('aggregate_id = ANY (?::text::bytea[])', byteaArray(aggregateIds));
  where.between(since, until);
  where.ofTypes(types);
  if (onTotal !== undefined) {
    const [row] = await query<[string]>(
      log.knex,
      `SELECT count(*)::text FROM ${tablesOf(log).log} ${where.sql}`,
      where.bindings,
    );
    onTotal(Number(row?.[0]));
  }
  const sql = `${statementsFor(log.schema ?? DEFAULT_SCHEMA).selectEvents} ${where.sql} ORDER BY aggregate_id, sequence`;
  const isWhole = types === undefined && since === undefined && until === undefined;
  let before: StoredEvent | undefined;
  for await (const rows of fetched<EventRow>(log, sql, where.bindings, bodyLength)) {
    const events = rows.map((row): StoredEvent => storedEvent(row));
    if (onGap !== undefined && isWhole) before = tellGaps(events, before, onGap);
    await put(events.map((event) => `${eventJson(event)}\n`).join(''));
    count({ events: rows.length });
  }
}

/** Reports the gaps of events that come by aggregate and sequence; returns the last of them. */
function tellGaps(
  events: readonly StoredEvent[],
  before: StoredEvent | undefined,
  tell: NonNullable<ExportOptions['onGap']>,
): StoredEvent | undefined {
  let last = before;
  for (const event of events) {
    const { aggregateId, sequence } = event;
    if (sequence !== 1) {
      const after = last?.aggregateId.compare(aggregateId) === 0 ? last.sequence : 0;
      if (sequence !== after + 1) tell(aggregateId, after, sequence);
    }
    last = event;
  }
  return last;
}

async function exportSnapshots(
  log: EventLog,
  { aggregateIds, types, since, until }: ExportOptions,
  put: Put,
  count: Count,
): Promise<void> {
  // A snapshot contains all events before it, but not all of them are exported.
  if (types !== undefined || since !== undefined || until !== undefined) return;
  const where = new Conditions();
  if (aggregateIds !== undefined) where.and('aggregate_id = ANY (?::text::bytea[])', byteaArray(aggregateIds));
  const sql = `SELECT aggregate_id, sequence, body::text FROM ${tablesOf(log).snapshots} ${where.sql} ORDER BY aggregate_id`;
  for await (const rows of fetched<SnapshotRow>(log, sql, where.bindings, ([, , body]) => body.length)) {
    await put(rows.map((row) => `{"snapshot":${snapshotJson(storedSnapshot(row))}}\n`).join(''));
    count({ snapshots: rows.length });
  }
}

/** The rows of a query, page by page, through a cursor of the transaction; the database makes a page while the one before is written. */
async function* fetched<Row extends readonly unknown[]>(
  { knex }: EventLog,
  sql: string,
  bindings: readonly Knex.RawBinding[],
  lengthOf: (row: Row) => number,
): AsyncGenerator<Row[]> {
  await execute(knex, `DECLARE maestro_export NO SCROLL CURSOR FOR ${sql}`, bindings);
  const next = (_: unknown, size: number) => query<Row>(knex, `FETCH ${size} FROM maestro_export`);
  yield* readPages(next, { lengthOf, ahead: true });
  await execute(knex, 'CLOSE maestro_export');
}
