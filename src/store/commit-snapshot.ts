import type { NewSnapshot } from '../events.js';
import { sameJson } from '../json/same.js';
import type { CommitContext } from './commit-context.js';
import { isConnectionLost, isSerializationFailure, storeError } from './database-errors.js';
import { WriteMismatchError } from './errors.js';
import { execute, type Executor, query, type SnapshotRow } from './rows.js';
import { inTransaction } from './transaction.js';

/** Stores a valid snapshot, in one statement, if it is newer than what is stored. */
export async function commitSnapshotRow(
  context: CommitContext,
  snapshot: NewSnapshot,
  json: string,
): Promise<'committed' | 'stale'> {
  try {
    return await upsert(context, snapshot, json);
  } catch (error) {
    if (!isConnectionLost(error)) throw storeError(error);
  }
  // The connection broke, so the statement may have taken effect. Sending it again is harmless: it stores the snapshot,
  // or meets it (or a newer one) there.
  try {
    const outcome = await upsert(context, snapshot, json);
    return outcome === 'stale' && (await isStored(context, snapshot, json)) ? 'committed' : outcome;
  } catch (error) {
    throw storeError(error);
  }
}

async function upsert(
  { knex, statements, verifyWrites }: CommitContext,
  snapshot: NewSnapshot,
  json: string,
): Promise<'committed' | 'stale'> {
  const bindings = [snapshot.aggregateId.encode(), snapshot.sequence, json];
  const write = async (on: Executor) =>
    (await execute(on, statements.upsertSnapshot, bindings)) > 0 ? 'committed' : 'stale';
  if (!verifyWrites)
    return await write(knex).catch((error: unknown) => {
      if (!isSerializationFailure(error) || knex.isTransaction === true) throw error;
      // Others have changed the snapshot since the statement began, which only this level takes in.
      return inTransaction(knex, write);
    });
  return await inTransaction(knex, async (transaction) => {
    const [stored] = await query<[number, string]>(transaction, statements.upsertSnapshotReturning, bindings);
    if (stored === undefined) return 'stale';
    if (stored[0] !== snapshot.sequence || !sameJson(json, stored[1]))
      throw new WriteMismatchError('The snapshot came back different from what was sent; nothing was stored.', {
        hint: 'Look for a trigger or rule on snapshots that changes rows; if there is none, please report this.',
      });
    return 'committed';
  });
}

async function isStored({ knex, statements }: CommitContext, snapshot: NewSnapshot, json: string): Promise<boolean> {
  const { sequence } = snapshot;
  const bindings = [snapshot.aggregateId.encode(), sequence, sequence];
  const [row] = await query<SnapshotRow>(knex, statements.selectSnapshot, bindings);
  return row !== undefined && sameJson(json, row[2]);
}
