import type { Knex } from 'knex';
import { type ErrorCode, MaestroError } from '../../errors.js';
import { sqlState } from '../../store/driver/driver-error.js';
import { storeError } from '../../store/failures/database-errors.js';
import { query } from '../../store/read/rows.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { hasEctoMigrations } from '../log/elixir.js';
import { type EventLog, type NonTransactionalLog, tablesOf } from '../log/event-log.js';
import { assertNoHiddenRows, refuseHiddenRows } from '../log/row-security.js';
import { InvalidExportError } from './export-format.js';
import { copyIntoLog, NeedsStagingError } from './copy-into-log.js';
import { directWay } from './direct-way.js';
import {
  limitDepth,
  type Deepest,
  noteDeepest,
  noteUnreadable,
  refuseUnreadable,
  type Unreadable,
} from './check-bodies.js';
import { type ExportedItem, type ExportLine, type ExportNotes, readExport } from './read-export.js';
import { mergeStaging, type MergeReport, type MergeOptions } from './merge-staging.js';
import { canCopy, createStaging, stage } from './staging.js';

/** Options of {@link importLog}. */
export interface ImportOptions extends MergeOptions {
  /** Do everything, then roll it back. @defaultValue false */
  readonly dryRun?: boolean | undefined;
  /** Called when the file was read, and only the database has work left. */
  readonly onRead?: (() => void) | undefined;
}

/** The result of an import. */
export interface ImportReport extends MergeReport {
  /** Number of aggregates in the file whose sequences have a gap, or do not begin with 1. */
  readonly incomplete: number;
  /** The bodies in the file that the Elixir application of this schema cannot read; absent when there are none. */
  readonly unreadable?: Unreadable;
}

/** The connection broke while the import was being committed: either all of it is in the log, or nothing. */
export class ImportInterruptedError extends MaestroError {
  readonly code = 'MAESTRO_IMPORT_INTERRUPTED' satisfies ErrorCode;
}

/**
 * Imports an export in one transaction, all or nothing. Events that are in the log already are left as they are, so
 * importing twice adds nothing. Everything is checked before anything is committed: the file line by line, that
 * PostgreSQL prints each body exactly as the file has it, and the log at the same positions. When `lines` is a
 * function, so that they can be read a second time, an export is first copied straight into the log; if that meets
 * anything unusual, such as an event that is there already, it is imported through staging tables instead. Throws `InvalidExportError`, `ImportConflictError`
 * and {@link ImportInterruptedError}.
 */
export async function importLog(
  log: NonTransactionalLog,
  lines: AsyncIterable<ExportLine> | (() => AsyncIterable<ExportLine>),
  options: ImportOptions = {},
): Promise<ImportReport> {
  const deepest: Deepest = { line: 0, levels: 0 };
  try {
    if (typeof lines === 'object') return await attempt(log, lines, options, false, deepest);
    try {
      return await attempt(log, lines(), options, true, deepest);
    } catch (error) {
      if (!(error instanceof NeedsStagingError)) throw error;
      return await attempt(log, lines(), options, false, deepest);
    }
  } catch (error) {
    throw importError(error, deepest);
  }
}

async function attempt(
  log: NonTransactionalLog,
  lines: AsyncIterable<ExportLine>,
  options: ImportOptions,
  mayCopy: boolean,
  deepest: Deepest,
): Promise<ImportReport> {
  const notes: ExportNotes = { incomplete: 0, footer: undefined };
  let report: ImportReport | undefined;
  try {
    await driverOf(log.knex).transaction(async (transaction) => {
      const inside = { ...log, knex: transaction };
      await assertMigrated(inside);
      await refuseHiddenRows(transaction);
      await assertNoHiddenRows(inside);
      let unreadable: Unreadable | undefined;
      const all = refuseUnreadable(log.interop, readExport(lines, notes));
      const isToNote = log.interop === undefined && (await hasEctoMigrations(inside));
      const read = isToNote ? noteUnreadable(all, (found) => (unreadable = found)) : all;
      const items = (await canCopy(transaction)) ? noteDeepest(read, deepest) : limitDepth(read);
      const direct = mayCopy ? await directWay(inside) : undefined;
      const merged =
        direct === undefined
          ? await importThroughStaging(inside, items, options)
          : await copyIntoLog(inside, items, direct);
      const { events, snapshots, present, skipped } = merged;
      report = { events, snapshots, present, skipped, incomplete: notes.incomplete, ...(unreadable && { unreadable }) };
      if (options.dryRun === true) throw new DryRun();
    });
  } catch (error) {
    if (!(error instanceof DryRun)) throw error;
  }
  if (report === undefined) throw new Error('The import ended without a report.');
  return report;
}

async function importThroughStaging(
  log: EventLog & { readonly knex: Knex.Transaction },
  items: AsyncIterable<ExportedItem>,
  options: ImportOptions,
): Promise<MergeReport> {
  await createStaging(log.knex);
  await stage(log.knex, items);
  options.onRead?.();
  return await mergeStaging(log, options);
}

/** Thrown to roll back a dry run; caught in this file. */
class DryRun extends Error {}

/** Throws when the tables do not exist: before a long file is read. */
async function assertMigrated(log: EventLog): Promise<void> {
  for (const table of Object.values(tablesOf(log))) await query(log.knex, `SELECT FROM ${table} LIMIT 0`);
}

function importError(error: unknown, deepest: Deepest): unknown {
  if (error instanceof CommitInterruptedError)
    return new ImportInterruptedError('The connection broke while the import was being committed.', {
      hint: 'Either all of it was imported, or nothing. Import again: events that are there already are left as they are.',
      cause: error,
    });
  if (sqlState(error) === '54001' && deepest.levels > 0)
    return new InvalidExportError(
      deepest.line,
      `has a body with ${deepest.levels} levels of nesting, more than this server can hold`,
      {
        hint: 'Nothing was imported. Give max_stack_depth the value that it has on the server of the export, or export without that aggregate.',
        cause: error,
      },
    );
  return storeError(error);
}
