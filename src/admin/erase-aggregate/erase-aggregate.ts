import type { StoredEvent } from '../../events.js';
import { storeError } from '../../store/failures/database-errors.js';
import { lockTables } from '../../store/migrate/lock-tables.js';
import { execute, query } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { assertCovered } from './assert-covered.js';
import { type BodyPath, hasValueAt, withoutValueAt } from './body-path.js';
import { EraseInterruptedError, EraseRefusedError } from './errors.js';
import { eventsWithout } from './erased-events.js';
import type { EventLog, NonTransactionalLog } from '../log/event-log.js';
import { forgetErrors, forgetPositions, lockPositions } from './read-models.js';
import { markErasure } from '../log/erasure-mark.js';
import { refuseHiddenRows } from '../log/row-security.js';
import {
  anyOf,
  countOf,
  type ErasedTables,
  type Erasure,
  type ErasurePlan,
  pathsOf,
  planWith,
  tablesToErase,
} from './plan-erasure.js';

/** Options of {@link eraseAggregate}. */
export interface EraseOptions {
  /**
   * The last sequence that the aggregate must have, 0 for no events; else {@link EraseRefusedError}. @defaultValue any
   */
  readonly expect?: number | undefined;
  /** Time to wait for the tables while other transactions hold them, in milliseconds. @defaultValue 30000 */
  readonly lockTimeout?: number | undefined;
  /**
   * Erase also when a projection has taken in events of the aggregate and `readModels` does not cover it, so that what its tables
   * have stays; else {@link EraseRefusedError}. @defaultValue false
   */
  readonly leaveReadModels?: boolean | undefined;
}

/**
 * The events of the aggregate as they will be after the erasure of paths; none when the events themselves are erased.
 * Changes nothing.
 */
export function erasedEvents(log: EventLog, erasure: Erasure): AsyncIterable<StoredEvent> {
  const paths = pathsOf(erasure);
  return paths === undefined ? noEvents() : eventsWithout(log, erasure.aggregateId, paths);
}

async function* noEvents(): AsyncGenerator<StoredEvent> {}

/**
 * Removes the events of exactly this aggregate with its command ids, or the given paths from their bodies, and its snapshot:
 * in one transaction, which checks at its end that nothing is left; and, by `readModels`, what projections have made of it. At a path with a replacement that value is put; else a key is removed, and
 * an item of an array becomes null, so that the others keep their places. Writers to the log wait while it works, so no
 * event slips in between; while it waits for others, they go on. Throws {@link EraseRefusedError},
 * {@link EraseInterruptedError}, `DatabaseTimeoutError` and `InvalidArgumentError`.
 */
export async function eraseAggregate(
  log: NonTransactionalLog,
  erasure: Erasure,
  { expect, lockTimeout = 30_000, leaveReadModels = false }: EraseOptions = {},
): Promise<ErasurePlan> {
  const paths = pathsOf(erasure);
  const { aggregateId: id } = erasure;
  const { schema = DEFAULT_SCHEMA } = log;
  try {
    return await driverOf(log.knex).transaction(async (transaction) => {
      const inside = { ...log, knex: transaction };
      await refuseHiddenRows(transaction);
      const tables = await tablesToErase(inside, paths);
      const others = [tables.commands, tables.projections].filter((table) => table !== undefined);
      const names = [tables.log, tables.snapshots, ...others];
      const isProjected = tables.projections !== undefined;
      return await lockTables(transaction, names, 'SHARE ROW EXCLUSIVE', lockTimeout, async () => {
        if (isProjected) await lockPositions(transaction, schema, id);
        const erased = await planWith(inside, erasure, paths, tables);
        if (expect !== undefined && erased.sequence !== expect)
          throw new EraseRefusedError(`The last sequence of ${id.hex} is ${erased.sequence}, not ${expect}.`, {
            hint: 'Nothing was erased. Look at the new events and at a new plan, without --execute or by planErasure().',
          });
        if (!leaveReadModels) assertCovered(id, erased);
        await remove(inside, erasure, paths, tables);
        await erasure.readModels?.erase(transaction, id, paths !== undefined);
        if (isProjected) await (paths === undefined ? forgetPositions : forgetErrors)(transaction, schema, id);
        await assertAbsent(inside, erasure, paths, tables);
        await markErasure(transaction);
        return erased;
      });
    });
  } catch (error) {
    if (!(error instanceof CommitInterruptedError)) throw storeError(error);
    throw new EraseInterruptedError(`The connection broke while ${id.hex} was being erased.`, {
      hint: 'Either all of it was erased, or nothing. A new plan, without --execute or by planErasure(), shows which.',
      cause: error,
    });
  }
}

async function remove(
  log: EventLog,
  { aggregateId }: Erasure,
  paths: readonly BodyPath[] | undefined,
  { log: events, snapshots, commands }: ErasedTables,
): Promise<void> {
  const id = aggregateId.encode();
  if (paths === undefined) await execute(log.knex, `DELETE FROM ${events} WHERE aggregate_id = ?`, [id]);
  for (const path of paths ?? []) {
    const [rest, at] = [withoutValueAt(path), hasValueAt(path)];
    const sql = `UPDATE ${events} SET body = ${rest.sql} WHERE aggregate_id = ? AND ${at.sql}`;
    await execute(log.knex, sql, [...rest.bindings, id, ...at.bindings]);
  }
  for (const table of [snapshots, ...(commands === undefined ? [] : [commands])])
    await execute(log.knex, `DELETE FROM ${table} WHERE aggregate_id = ?`, [id]);
}

/** Throws unless, in the same transaction, nothing of it is left: a trigger or a policy may have kept rows. */
async function assertAbsent(
  log: EventLog,
  { aggregateId }: Erasure,
  paths: readonly BodyPath[] | undefined,
  { log: events, snapshots, commands }: ErasedTables,
): Promise<void> {
  const id = aggregateId.encode();
  const at = (paths ?? []).map(hasValueAt);
  const condition = paths === undefined ? '' : `AND ${anyOf(at)}`;
  const sql = `SELECT (SELECT count(*) FROM ${events} WHERE aggregate_id = ? ${condition})::text,
  (SELECT count(*) FROM ${snapshots} WHERE aggregate_id = ?)::text`;
  const values = [id, ...at.flatMap(({ bindings }) => bindings), id];
  const [row] = await query<[string, string]>(log.knex, sql, values);
  const remembered = commands === undefined ? 0 : await countOf(log, commands, id);
  if (row?.[0] === '0' && row[1] === '0' && remembered === 0) return;
  const andCommands = remembered === 0 ? '' : ` and ${remembered} command ids`;
  throw new EraseRefusedError(
    `${row?.[0]} events and ${row?.[1]} snapshots${andCommands} of ${aggregateId.hex} could not be erased.`,
    {
      hint: 'Nothing was changed. Look for a trigger, rule or policy on the tables, and at the rights of the role.',
    },
  );
}
