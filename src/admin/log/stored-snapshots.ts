import type { StoredSnapshot } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { pathText } from '../../json/path/path-text.js';
import { readPages } from '../../store/read/read-pages.js';
import { execute, type SnapshotRow, storedSnapshot } from '../../store/read/rows.js';
import { isSerializationFailure } from '../../store/driver/driver-error.js';
import { storeError } from '../../store/failures/database-errors.js';
import { InvalidSnapshotError } from '../../store/errors.js';
import { snapshotInteropFaults } from '../../store/commit/interop.js';
import { type EventLog, tablesOf } from './event-log.js';
import { assertNoHiddenRows } from './row-security.js';
import { select } from './select.js';

/** All snapshots, by aggregate, in bounded memory. */
export async function* storedSnapshots(log: EventLog): AsyncGenerator<StoredSnapshot> {
  const { snapshots } = tablesOf(log);
  await assertNoHiddenRows(log);
  const page = (after: SnapshotRow | undefined, size: number) => {
    const where = after === undefined ? '' : 'WHERE aggregate_id > ?';
    const sql = `SELECT aggregate_id, sequence, body::text FROM ${snapshots} ${where} ORDER BY aggregate_id LIMIT ?`;
    return select<SnapshotRow>(log, sql, [...(after === undefined ? [] : [after[0] as Buffer]), size]);
  };
  for await (const rows of readPages(page, { lengthOf: ([, , body]) => body.length }))
    for (const row of rows) yield storedSnapshot(row);
}

/**
 * Replaces the sequence and body of a stored snapshot; false when somebody else has changed it meanwhile. Throws
 * `InvalidSnapshotError` for a body that the other reader of the tables (`interop`) cannot read.
 */
export async function replaceSnapshot(
  log: EventLog,
  { aggregateId, sequence, body }: StoredSnapshot,
  { sequence: newSequence, body: newBody }: Pick<StoredSnapshot, 'sequence' | 'body'>,
): Promise<boolean> {
  const issues = snapshotInteropFaults(newBody, log.interop).map(({ path, message }) => ({
    path: pathText('body', path),
    message,
  }));
  if (issues.length > 0) throw new InvalidSnapshotError(issues);
  const sql = `UPDATE ${tablesOf(log).snapshots} SET sequence = ?, body = ?::text::jsonb
WHERE aggregate_id = ? AND sequence = ? AND body = ?::text::jsonb`;
  const bindings = [newSequence, newBody, aggregateId.encode(), sequence, body];
  try {
    return (await execute(log.knex, sql, bindings)) === 1;
  } catch (error) {
    // At REPEATABLE READ and above, a concurrent change is an error instead of no match.
    if (isSerializationFailure(error) && log.knex.isTransaction !== true) return false;
    throw storeError(error);
  }
}

/** A stored snapshot without its body. */
export interface SnapshotHead {
  readonly sequence: number;
  /** The version of the state's shape as JSON text; absent for a snapshot without one, as Elixir Maestro stores it. */
  readonly version: string | undefined;
}

/** Sequence and version of the snapshot of an aggregate; `undefined` when there is none. */
export async function snapshotHead(log: EventLog, aggregateId: Timestamp): Promise<SnapshotHead | undefined> {
  const sql = `SELECT sequence, (body #> '{$maestro,version}')::text FROM ${tablesOf(log).snapshots} WHERE aggregate_id = ?`;
  const [row] = await select<[number, string | null]>(log, sql, [aggregateId.encode()]);
  return row && { sequence: row[0], version: row[1] ?? undefined };
}

/** Deletes the snapshot of an aggregate if it has this sequence; false when there is none with it. */
export async function deleteSnapshot(log: EventLog, aggregateId: Timestamp, sequence: number): Promise<boolean> {
  const sql = `DELETE FROM ${tablesOf(log).snapshots} WHERE aggregate_id = ? AND sequence = ?`;
  try {
    return (await execute(log.knex, sql, [aggregateId.encode(), sequence])) === 1;
  } catch (error) {
    throw storeError(error);
  }
}
