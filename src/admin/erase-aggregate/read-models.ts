import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import { mayDrop } from '../../store/positions/may-drop.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, execute, query } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import type { EventLog } from '../log/event-log.js';

/** A projection that has taken in events of an aggregate, so that its tables may have data of it. */
export interface ReachedProjection {
  readonly name: string;
  readonly version: number;
  /** `building`: a second copy of its tables, which is being filled; `retired`: one that was replaced, and is not yet removed. */
  readonly status: 'live' | 'building' | 'retired';
  /** True when the erasure reaches its tables; false when what they have of the aggregate stays. */
  readonly covered: boolean;
}

/** Removes an aggregate from the tables of projections. `readModelEraser` makes one of the definitions of an application. */
export interface ReadModelEraser {
  /** True when it knows how to remove an aggregate from the tables of this projection. */
  covers(name: string, version: number): boolean;
  /**
   * Removes it, in the transaction of an erasure, and with it the tables of the copies that were replaced. `rewritten`: its events stay, with other bodies, and are to be taken in again.
   */
  erase(transaction: Knex.Transaction, aggregateId: Timestamp, rewritten: boolean): Promise<void>;
}

/** The projections that have taken in events of an aggregate, by name. */
export async function reachedProjections(
  { knex, schema = DEFAULT_SCHEMA }: EventLog,
  aggregateId: Timestamp,
  eraser: ReadModelEraser | undefined,
): Promise<ReachedProjection[]> {
  const { projections, positions } = projectionTables(schema);
  const rows = await query<[string, number, ReachedProjection['status'], string | null]>(
    knex,
    `SELECT p.name, p.version, p.status, p.build_schema FROM ${projections} AS p
WHERE p.kind = 'projection' AND (p.status IN ('live', 'building') OR p.build_schema IS NOT NULL)
  AND EXISTS (SELECT FROM ${positions} AS q WHERE q.copy = p.id AND q.aggregate_id = ? AND q.sequence > 0)
ORDER BY p.name, p.id`,
    [aggregateId.encode()],
  );
  const reached: ReachedProjection[] = [];
  for (const [name, version, status, buildSchema] of rows) {
    // The tables of one that was replaced are dropped, whatever they have.
    const covered = status === 'retired' ? await mayDropSchema(knex, buildSchema) : eraser?.covers(name, version);
    reached.push({ name, version, status, covered: eraser !== undefined && covered === true });
  }
  return reached;
}

/** Asked by itself: a cluster takes no statement about its tables and the catalog at once. */
async function mayDropSchema(on: Executor, schema: string | null): Promise<boolean> {
  const [[mayIt] = [false]] = await query<[boolean]>(on, `SELECT ${mayDrop('?')}`, [schema]);
  return mayIt;
}

/** Keeps all workers from taking in events of an aggregate until the transaction ends, and waits for those that do. */
export async function lockPositions(transaction: Executor, schema: string, aggregateId: Timestamp): Promise<void> {
  const { projections, positions } = projectionTables(schema);
  const id = aggregateId.encode();
  const copies = await query<[number]>(transaction, `SELECT id FROM ${projections} ORDER BY id`);
  // Each with its value, because a cluster takes rows that another table gives by a two-phase commit.
  if (copies.length > 0)
    await execute(
      transaction,
      `INSERT INTO ${positions} (copy, aggregate_id, sequence) VALUES ${copies.map(() => '(?, ?, 0)').join(', ')}
ON CONFLICT (copy, aggregate_id) DO NOTHING`,
      copies.flatMap(([copy]) => [copy, id]),
    );
  await query(
    transaction,
    `SELECT FROM ${positions} WHERE copy IN (SELECT id FROM ${projections}) AND aggregate_id = ? ORDER BY copy FOR UPDATE`,
    [id],
  );
}

/** Removes all that projections and subscriptions know of an aggregate. */
export async function forgetPositions(transaction: Executor, schema: string, aggregateId: Timestamp): Promise<void> {
  const { projections, positions, parked, skipped, leases, moves } = projectionTables(schema);
  const id = aggregateId.encode();
  for (const table of [leases, skipped, parked, positions])
    await execute(
      transaction,
      `DELETE FROM ${table} WHERE copy IN (SELECT id FROM ${projections}) AND aggregate_id = ?`,
      [id],
    );
  // In the order in which others remove moves, so that nobody waits for each other.
  await execute(
    transaction,
    `DELETE FROM ${moves} WHERE ctid = ANY (ARRAY(SELECT ctid FROM ${moves} WHERE aggregate_id = ?))`,
    [id],
  );
}

/**
 * Forgets what handlers said of the bodies of an aggregate on which they failed, for all projections and subscriptions. What is
 * parked is tried again; what an operator had passed over stays so.
 */
export async function forgetErrors(transaction: Executor, schema: string, aggregateId: Timestamp): Promise<void> {
  const { projections, parked, skipped } = projectionTables(schema);
  const which = `WHERE copy IN (SELECT id FROM ${projections}) AND aggregate_id = ?`;
  const id = aggregateId.encode();
  await execute(transaction, `DELETE FROM ${parked} ${which} AND reason = 'failed'`, [id]);
  await execute(transaction, `UPDATE ${skipped} SET error = 'erased' ${which}`, [id]);
}
