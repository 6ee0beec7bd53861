import type { NewSnapshot } from '../../events.js';
import { sameJson } from '../../json/compare/equality.js';
import type { CommitContext } from './commit-context.js';
import { isConnectionLost, isSerializationFailure } from '../driver/driver-error.js';
import { isReplacedShard } from '../driver/node-failure.js';
import { storeError } from '../failures/database-errors.js';
import { WriteMismatchError } from '../errors.js';
import { inSavepoint, errorInsideTransaction } from './inside-transaction.js';
import { execute, type Executor, query, type SnapshotRow } from '../read/rows.js';
import { CommitInterruptedError } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';

/** Stores a valid snapshot in one statement, if it is newer than the stored one; `stale` when it is not. */
export async function commitSnapshotRow(
  context: CommitContext,
  snapshot: NewSnapshot,
  json: string,
): Promise<'committed' | 'stale'> {
  const { knex } = context;
  try {
    return await upsert(context, snapshot, json);
  } catch (error) {
    if (knex.isTransaction === true) throw storeError(await errorInsideTransaction(knex, causeOf(error)));
    if (!isConnectionLost(causeOf(error)) && !isReplacedShard(error)) throw storeError(error);
  }
  // The statement may have taken effect, or its plan was out of date. Sending it again is harmless: it stores the snapshot,
  // or meets it (or a newer one) there.
  try {
    const outcome = await upsert(context, snapshot, json);
    return outcome === 'stale' && (await isSnapshotStored(context, snapshot, json)) ? 'committed' : outcome;
  } catch (error) {
    throw storeError(causeOf(error));
  }
}

/** The driver's own error. An interrupted COMMIT needs no other treatment here: the one statement can be sent again. */
function causeOf(error: unknown): unknown {
  return error instanceof CommitInterruptedError ? error.cause : error;
}

async function upsert(context: CommitContext, snapshot: NewSnapshot, json: string): Promise<'committed' | 'stale'> {
  const { knex, verifyWrites } = context;
  // In a savepoint, so that the application's transaction survives a failure.
  if (knex.isTransaction === true) return await inSavepoint(knex, (on) => upsertOn(on, context, snapshot, json));
  if (!verifyWrites)
    return await upsertOn(knex, context, snapshot, json).catch((error: unknown) => {
      if (!isSerializationFailure(error)) throw error;
      // Another transaction has changed the snapshot since the statement began; READ COMMITTED sees that change.
      return driverOf(knex).transaction((on) => upsertOn(on, context, snapshot, json));
    });
  return await driverOf(knex).transaction((on) => upsertOn(on, context, snapshot, json));
}

async function upsertOn(
  on: Executor,
  { statements, verifyWrites }: CommitContext,
  snapshot: NewSnapshot,
  json: string,
): Promise<'committed' | 'stale'> {
  const bindings = [snapshot.aggregateId.encode(), snapshot.sequence, json];
  if (!verifyWrites) return (await execute(on, statements.upsertSnapshot, bindings)) > 0 ? 'committed' : 'stale';
  const [stored] = await query<[number, string]>(on, statements.upsertSnapshotReturning, bindings);
  if (stored === undefined) return 'stale';
  if (stored[0] !== snapshot.sequence || !sameJson(json, stored[1]))
    throw new WriteMismatchError('The snapshot was changed on its way into the table; nothing was stored.', {
      hint: 'Look for a trigger or rule on snapshots that changes rows; if there is none, please report this.',
    });
  return 'committed';
}

async function isSnapshotStored(
  { knex, statements }: CommitContext,
  snapshot: NewSnapshot,
  json: string,
): Promise<boolean> {
  const { sequence } = snapshot;
  const bindings = [snapshot.aggregateId.encode(), sequence, sequence];
  const [row] = await query<SnapshotRow>(knex, statements.selectSnapshot, bindings);
  return row !== undefined && sameJson(json, row[2]);
}
