import type { Knex } from 'knex';
import { type ErrorCode, MaestroError } from '../../errors.js';
import { isDeadlock, isRefusedCopy, isUniqueViolation } from '../../store/driver/driver-error.js';
import { WriteMismatchError } from '../../store/errors.js';
import { execute, query } from '../../store/read/rows.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { InvalidExportError } from './export-format.js';
import { STAGED_EVENTS, STAGED_SNAPSHOTS } from './staging.js';

/** Largest number of attempts while others keep writing the same events. */
const MAX_ATTEMPTS = 5;

/** Options of the merge. */
export interface MergeOptions {
  /**
   * The treatment of an aggregate for which the log differs from the file: `fail` refuses the whole import, `skip`
   * leaves that aggregate out, with all its events and its snapshot. @defaultValue 'fail'
   */
  readonly onConflict?: 'fail' | 'skip' | undefined;
}

/** The numbers of merged rows. */
export interface MergeReport {
  /** Events that were added. */
  readonly events: number;
  /** Events that were in the log already, identical. */
  readonly present: number;
  /** Snapshots that were stored, because they were newer. */
  readonly snapshots: number;
  /** Aggregates that were left out because the log differs, in hex digits. */
  readonly skipped: readonly string[];
}

/** The log has another event at a sequence or timestamp of the export. Nothing was imported. */
export class ImportConflictError extends MaestroError {
  readonly code = 'MAESTRO_IMPORT_CONFLICT' satisfies ErrorCode;

  constructor(
    /** The first line of the export that is in conflict. */ readonly line: number,
    /** Its aggregate, in hex digits. */ readonly aggregateId: string,
    /** Number of aggregates in conflict. */ readonly aggregates: number,
    problem: string,
  ) {
    const all = aggregates === 1 ? '' : ` ${aggregates} aggregates are in conflict.`;
    super(`Line ${line} of the export (aggregate ${aggregateId}): ${problem}.${all}`, {
      hint: 'Nothing was imported. Compare the aggregate in the log and in the export, or leave out those in conflict with --on-conflict skip.',
    });
  }
}

/**
 * Adds to the log the rows of the staging tables that it does not have yet. Before the first is written, all are
 * compared with PostgreSQL's way of printing and with the log. Throws {@link InvalidExportError},
 * {@link ImportConflictError} and {@link WriteMismatchError}.
 */
export async function mergeStaging(
  log: EventLog & { readonly knex: Knex.Transaction },
  options: MergeOptions,
): Promise<MergeReport> {
  await execute(log.knex, `ANALYZE ${STAGED_EVENTS}`);
  await assertExact(log, STAGED_EVENTS);
  await assertExact(log, STAGED_SNAPSHOTS);
  for (let attempt = 1; ; attempt += 1)
    try {
      return await log.knex.transaction((savepoint) => add({ ...log, knex: savepoint }, options));
    } catch (error) {
      // Somebody else, with the same file perhaps, has committed some of these events since the log was looked at.
      const isOvertaken = isUniqueViolation(error) || isDeadlock(error) || isRefusedCopy(error);
      if (!isOvertaken || attempt === MAX_ATTEMPTS) throw error;
    }
}

async function add(log: EventLog, { onConflict = 'fail' }: MergeOptions): Promise<MergeReport> {
  const skipped = await conflicts(log, onConflict);
  const present = await dropPresent(log);
  return { events: await insertEvents(log), present, snapshots: await upsertSnapshots(log), skipped };
}

/**
 * Throws unless PostgreSQL prints every body exactly as the file has it, so that nothing is altered and the next export
 * is the same. Invalid JSON has been refused line by line before.
 */
async function assertExact({ knex }: EventLog, table: string): Promise<void> {
  const sql = `SELECT line::text FROM ${table} WHERE body::jsonb::text <> body ORDER BY line LIMIT 1`;
  const [row] = await query<[string]>(knex, sql);
  if (row !== undefined)
    throw new InvalidExportError(
      Number(row[0]),
      'has a body in another form than PostgreSQL prints, so the file was changed',
    );
}

/** Removes aggregates that differ from the log from the staging tables; or throws for the first. */
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

/**
 * Removes from the staging tables the events that the log has already, identical. If another event was written there
 * meanwhile, the insert fails on it.
 */
async function dropPresent(log: EventLog): Promise<number> {
  const { log: events } = tablesOf(log);
  return await execute(
    log.knex,
    `DELETE FROM ${STAGED_EVENTS} AS s USING ${events} AS e WHERE e.aggregate_id = s.aggregate_id AND e.sequence = s.sequence
  AND e."timestamp" = s."timestamp" AND e.type = s.type AND e.body::text = s.body`,
  );
}

/** Inserts the events in the order of all writers, see `inInsertionOrder`, so that no deadlock arises. */
async function insertEvents(log: EventLog): Promise<number> {
  const sql = `INSERT INTO ${tablesOf(log).log} ("timestamp", aggregate_id, sequence, type, body)
SELECT "timestamp", aggregate_id, sequence, type, body::jsonb FROM ${STAGED_EVENTS}
ORDER BY aggregate_id, sequence DESC`;
  await execute(log.knex, sql);
  const same = `SELECT count(*)::text, count(*) FILTER (WHERE e."timestamp" = s."timestamp" AND e.type = s.type
  AND e.body::text = s.body)::text
FROM ${STAGED_EVENTS} AS s LEFT JOIN ${tablesOf(log).log} AS e
  ON e.aggregate_id = s.aggregate_id AND e.sequence = s.sequence`;
  return await stored(log, same, 'events');
}

/** Stores the snapshots of the staging table that are newer than what is stored; the number of them. */
export async function upsertSnapshots(log: EventLog): Promise<number> {
  const { snapshots } = tablesOf(log);
  // Remove those that are not newer first: then all that are left must be in the table afterwards.
  const older = `DELETE FROM ${STAGED_SNAPSHOTS} AS s USING ${snapshots} AS stored
WHERE stored.aggregate_id = s.aggregate_id AND stored.sequence >= s.sequence`;
  await execute(log.knex, older);
  const upsert = `INSERT INTO ${snapshots} AS stored (aggregate_id, sequence, body)
SELECT aggregate_id, sequence, body::jsonb FROM ${STAGED_SNAPSHOTS} ORDER BY aggregate_id
ON CONFLICT (aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence, body = EXCLUDED.body
WHERE stored.sequence < EXCLUDED.sequence`;
  await execute(log.knex, upsert);
  const same = `SELECT count(*)::text, count(*) FILTER (WHERE stored.sequence > s.sequence
  OR (stored.sequence = s.sequence AND stored.body::text = s.body))::text
FROM ${STAGED_SNAPSHOTS} AS s LEFT JOIN ${snapshots} AS stored ON stored.aggregate_id = s.aggregate_id`;
  return await stored(log, same, 'snapshots');
}

/**
 * The number of rows that are stored as they were sent. Throws {@link WriteMismatchError} when it is not all of them.
 */
async function stored(log: EventLog, sql: string, what: 'events' | 'snapshots'): Promise<number> {
  const [[sent, found] = ['', '']] = await query<[string, string]>(log.knex, sql);
  if (sent === found) return Number(sent);
  throw new WriteMismatchError(
    `PostgreSQL stored ${found} of ${sent} ${what} as they were sent; nothing was imported.`,
    { hint: `Look for a trigger, rule or policy on the tables that drops or changes rows.` },
  );
}
