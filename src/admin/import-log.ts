import { MaestroError } from '../errors.js';
import { driverMessage, sqlState, storeError } from '../store/database-errors.js';
import { WriteMismatchError } from '../store/errors.js';
import { execute, query } from '../store/rows.js';
import { CommitInterruptedError, inTransaction } from '../store/transaction.js';
import { type EventLog, tablesOf } from './event-log.js';
import type { WholeLog } from './export-log.js';
import { InvalidExportError } from './transfer/format.js';
import { type ExportLine, type ExportNotes, readExport } from './transfer/read-export.js';
import { createStaging, stage, STAGED_EVENTS, STAGED_SNAPSHOTS } from './transfer/staging.js';

/** How an export is imported. */
export interface ImportOptions {
  /**
   * What becomes of an aggregate of which the log holds something else than the file: `fail` refuses the whole import,
   * `skip` leaves that aggregate out, with all its events and its snapshot. @defaultValue 'fail'
   */
  readonly onConflict?: 'fail' | 'skip' | undefined;
  /** Find out all that would happen, and take it back. @defaultValue false */
  readonly dryRun?: boolean | undefined;
  /** Told when the file is read and what is left is for the database to do. */
  readonly onRead?: (() => void) | undefined;
}

/** What an import did. */
export interface ImportReport {
  /** Events that were added. */
  readonly events: number;
  /** Events that were there already, the very same. */
  readonly present: number;
  /** Snapshots that were stored: newer than what was there. */
  readonly snapshots: number;
  /** Aggregates that were left out because the log holds something else. */
  readonly skipped: readonly string[];
  /** Aggregates of the file in which sequences are missing, or that do not begin with 1. */
  readonly incomplete: number;
}

/** The log holds something else at a place where the export has an event. Nothing was imported. */
export class ImportConflictError extends MaestroError {
  readonly code = 'MAESTRO_IMPORT_CONFLICT';

  constructor(
    /** The first line of the export that is in conflict. */ readonly line: number,
    /** Its aggregate, in hex digits. */ readonly aggregateId: string,
    /** How many aggregates are. */ readonly aggregates: number,
    problem: string,
  ) {
    const all = aggregates === 1 ? '' : ` ${aggregates} aggregates are in conflict.`;
    super(`Line ${line} of the export, of ${aggregateId}: ${problem}.${all}`, {
      hint: 'Nothing was imported. Look at the aggregate in both places, or leave out those in conflict with --on-conflict skip.',
    });
  }
}

/** The connection broke while the import was being committed: it is there whole, or not at all. */
export class ImportInterruptedError extends MaestroError {
  readonly code = 'MAESTRO_IMPORT_INTERRUPTED';
}

/**
 * Imports an export: in one transaction, all or nothing. Events that are there already are left as they are, so importing
 * twice adds nothing. Everything is checked before anything is written to the log: the file line by line, that PostgreSQL
 * prints each body exactly as the file has it, and what the log holds at the same places. Throws `InvalidExportError`,
 * {@link ImportConflictError} and {@link ImportInterruptedError}.
 */
export async function importLog(
  log: WholeLog,
  lines: AsyncIterable<ExportLine>,
  options: ImportOptions = {},
): Promise<ImportReport> {
  const notes: ExportNotes = { incomplete: 0, footer: undefined };
  let report: ImportReport | undefined;
  try {
    await inTransaction(log.knex, async (transaction, connection) => {
      await createStaging(transaction);
      await stage(transaction, connection, readExport(lines, notes));
      options.onRead?.();
      report = { ...(await settle({ ...log, knex: transaction }, options)), incomplete: notes.incomplete };
      if (options.dryRun === true) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw meaning(error);
  }
  if (report === undefined) throw new Error('The import ended without a report.');
  return report;
}

/** Takes the transaction of a dry run back. */
class DryRun extends Error {}

async function settle(
  log: EventLog,
  { onConflict = 'fail' }: ImportOptions,
): Promise<Omit<ImportReport, 'incomplete'>> {
  await execute(log.knex, `ANALYZE ${STAGED_EVENTS}`);
  await assertExact(log, STAGED_EVENTS);
  await assertExact(log, STAGED_SNAPSHOTS);
  const skipped = await conflicts(log, onConflict);
  const [count] = await query<[string]>(log.knex, `SELECT count(*)::text FROM ${STAGED_EVENTS}`);
  const present = await dropPresent(log);
  return {
    events: await insertEvents(log, Number(count?.[0]) - present),
    present,
    snapshots: await upsertSnapshots(log),
    skipped,
  };
}

/** PostgreSQL prints every body exactly as the file has it, so that nothing is altered and the next export is the same. */
async function assertExact({ knex }: EventLog, table: string): Promise<void> {
  const sql = `SELECT line::text FROM ${table} WHERE body::jsonb::text <> body ORDER BY line LIMIT 1`;
  const [row] = await query<[string]>(knex, sql).catch((error: unknown) => {
    // What JavaScript takes for JSON and PostgreSQL does not has been refused line by line; this is a last line of defence.
    if (!/^22/.test(sqlState(error) ?? '')) throw error;
    throw new InvalidExportError(0, `has a body that PostgreSQL refuses: ${driverMessage(error)}`, error);
  });
  if (row !== undefined)
    throw new InvalidExportError(Number(row[0]), 'has a body that is not as PostgreSQL prints it, so it was changed');
}

/** Takes aggregates out of the file that differ from the log; or throws for the first. */
async function conflicts(log: EventLog, onConflict: 'fail' | 'skip'): Promise<string[]> {
  const { log: events } = tablesOf(log);
  const sql = `SELECT encode(s.aggregate_id, 'hex'), min(s.line)::text, min(s.reason) FROM (
  SELECT s.aggregate_id, s.line, 'the log has another event at this sequence' AS reason
  FROM ${STAGED_EVENTS} AS s JOIN ${events} AS e ON e.aggregate_id = s.aggregate_id AND e.sequence = s.sequence
  WHERE e."timestamp" <> s."timestamp" OR e.type <> s.type OR e.body::text <> s.body
  UNION ALL
  SELECT s.aggregate_id, s.line, 'another event of the log has this timestamp'
  FROM ${STAGED_EVENTS} AS s JOIN ${events} AS e ON e."timestamp" = s."timestamp"
  WHERE e.aggregate_id <> s.aggregate_id OR e.sequence <> s.sequence
  UNION ALL
  SELECT s.aggregate_id, s.line, 'another event of the export has this timestamp'
  FROM (SELECT *, count(*) OVER (PARTITION BY "timestamp") AS sharing FROM ${STAGED_EVENTS}) AS s WHERE s.sharing > 1
) AS s GROUP BY s.aggregate_id ORDER BY 2`;
  const found = await query<[string, string, string]>(log.knex, sql);
  const first = found.toSorted((a, b) => Number(a[1]) - Number(b[1]))[0];
  if (first === undefined) return [];
  if (onConflict === 'fail') throw new ImportConflictError(Number(first[1]), first[0], found.length, first[2]);
  const ids = `{${found.map(([id]) => `"\\\\x${id}"`).join(',')}}`;
  for (const table of [STAGED_EVENTS, STAGED_SNAPSHOTS])
    await execute(log.knex, `DELETE FROM ${table} WHERE aggregate_id = ANY (?::text::bytea[])`, [ids]);
  return found.map(([id]) => id).sort();
}

/** Forgets the events of the file that the log holds already. */
async function dropPresent(log: EventLog): Promise<number> {
  const { log: events } = tablesOf(log);
  return await execute(
    log.knex,
    `DELETE FROM ${STAGED_EVENTS} AS s USING ${events} AS e WHERE e.aggregate_id = s.aggregate_id AND e.sequence = s.sequence`,
  );
}

async function insertEvents(log: EventLog, expected: number): Promise<number> {
  const sql = `INSERT INTO ${tablesOf(log).log} ("timestamp", aggregate_id, sequence, type, body)
SELECT "timestamp", aggregate_id, sequence, type, body::jsonb FROM ${STAGED_EVENTS}`;
  await execute(log.knex, sql);
  const same = `SELECT count(*)::text FROM ${STAGED_EVENTS} AS s
JOIN ${tablesOf(log).log} AS e ON e.aggregate_id = s.aggregate_id AND e.sequence = s.sequence
WHERE e."timestamp" = s."timestamp" AND e.type = s.type AND e.body::text = s.body`;
  const [row] = await query<[string]>(log.knex, same);
  if (Number(row?.[0]) !== expected)
    throw new WriteMismatchError(
      `PostgreSQL stored ${row?.[0]} of ${expected} events as they were sent; nothing was imported.`,
      { hint: 'Look for a trigger, rule or policy on event_log that drops or changes rows.' },
    );
  return expected;
}

async function upsertSnapshots(log: EventLog): Promise<number> {
  const sql = `INSERT INTO ${tablesOf(log).snapshots} AS stored (aggregate_id, sequence, body)
SELECT aggregate_id, sequence, body::jsonb FROM ${STAGED_SNAPSHOTS}
ON CONFLICT (aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence, body = EXCLUDED.body
WHERE stored.sequence < EXCLUDED.sequence`;
  return await execute(log.knex, sql);
}

function meaning(error: unknown): unknown {
  if (error instanceof CommitInterruptedError)
    return new ImportInterruptedError('The connection broke while the import was being committed.', {
      hint: 'It is there whole, or not at all. Import again: what is there already is left as it is.',
      cause: error,
    });
  const { syscall } = error as { readonly syscall?: unknown };
  return syscall === undefined ? storeError(error) : error;
}
