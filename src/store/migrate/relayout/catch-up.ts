import type { Knex } from 'knex';
import { sqlState } from '../../driver/driver-error.js';
import { driverOf } from '../../driver/driver-of.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { BY_INDEX, COLUMNS } from './copy-events.js';
import type { Places } from './places.js';

/** Number of notes that are taken over in one transaction. */
const AT_ONCE = 20_000;
/** Most times that notes are taken over anew, because others change the same events. */
const MAX_ATTEMPTS = 10;
/** Codes of errors after which a transaction of one moment begins anew: a serialization failure, and a deadlock. */
const OVERTAKEN: ReadonlySet<string> = new Set(['40001', '40P01']);

/** Notes that are few enough to be taken over while writers wait. */
const FEW = 500;

/** Takes over all notes but a few. */
export async function catchUpRoughly(on: Executor, places: Places): Promise<void> {
  while (!(await areFewNoted(on, places))) await catchUp(on, places);
}

/** True when no more notes are left than can be taken over quickly. */
export async function areFewNoted(on: Executor, { changes }: Places): Promise<boolean> {
  const [row] = await query<[boolean]>(
    on,
    `SELECT count(*) <= ${FEW} FROM (SELECT FROM ${changes} LIMIT ${FEW + 1}) AS noted`,
  );
  return row?.[0] === true;
}

/**
 * Takes noted changes over into the copy. Gives the number of notes, 0 when none was left. Where others change the same events in the copy
 * meanwhile, it begins again. A part of the notes may name a state of the log that only all of them together make possible, as when a
 * timestamp went from one event to another: then all are taken.
 */
export async function catchUp(on: Executor, places: Places, atOnce = AT_ONCE): Promise<number> {
  let most: number | undefined = atOnce;
  for (let attempt = 1; ; attempt += 1)
    try {
      return await inOneMoment(on, (transaction) => takeOver(transaction, places, most));
    } catch (error) {
      const code = sqlState(error) ?? '';
      if (attempt === MAX_ATTEMPTS || !(OVERTAKEN.has(code) || (code === '23505' && most !== undefined))) throw error;
      if (code === '23505') most = undefined;
    }
}

/**
 * Runs work in a transaction that sees the database of one moment and changes only what nobody else does. On the embedded database there
 * is nobody else.
 */
export async function inOneMoment<Value>(
  on: Executor,
  work: (transaction: Knex.Transaction) => Promise<Value>,
): Promise<Value> {
  return await driverOf(on).transaction(async (transaction) => {
    if (!driverOf(on).isEmbedded) await execute(transaction, 'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ');
    await execute(transaction, 'SET LOCAL row_security = off');
    return await work(transaction);
  });
}

/**
 * Takes the oldest notes over in a transaction of one moment, or under a lock that keeps writers out: for each key the copy gets what the log has at that moment, and nothing when it has
 * nothing. Who writes a key later notes it again.
 */
export async function takeOver(transaction: Executor, places: Places, most?: number): Promise<number> {
  const { log, copy, changes } = places;
  const limit = most === undefined ? '' : ` LIMIT ${most}`;
  const [row] = await query<[string | null]>(
    transaction,
    `SELECT max(id)::text FROM (SELECT id FROM ${changes} ORDER BY id${limit}) AS oldest`,
  );
  const end = row?.[0];
  if (end == null) return 0;
  for (const setting of BY_INDEX) await execute(transaction, setting);
  const changed = `(SELECT DISTINCT aggregate_id, sequence FROM ${changes} WHERE id <= ?::text::bigint) AS changed`;
  const same = 'event.aggregate_id = changed.aggregate_id AND event.sequence = changed.sequence';
  await execute(transaction, `DELETE FROM ${copy} AS event USING ${changed} WHERE ${same}`, [end]);
  await execute(
    transaction,
    `INSERT INTO ${copy} (${COLUMNS}) SELECT event."timestamp", event.aggregate_id, event.sequence, event.type, event.body
FROM ${changed} JOIN ${log} AS event ON ${same}`,
    [end],
  );
  return await execute(transaction, `DELETE FROM ${changes} WHERE id <= ?::text::bigint`, [end]);
}
