import { type ErrorCode, MaestroError } from '../../errors.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { storeError } from '../../store/failures/database-errors.js';
import { lockTables } from '../../store/migrate/lock-tables.js';
import { hasProjectionTables } from '../../store/positions/assert-tables.js';
import { projectionTables } from '../../store/projection-tables.js';
import { execute, query } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { CommitInterruptedError } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { type BodyPath, bodyPath, type Fragment, hasValueAt, withoutValueAt } from './body-path.js';
import { eventsWithout } from './erased-events.js';
import { type EventLog, type NonTransactionalLog, tablesOf } from '../log/event-log.js';
import {
  dropping,
  forgetPositions,
  lockPositions,
  type ReachedProjection,
  reachedProjections,
  type ReadModelEraser,
} from './read-models.js';
import { hasCommandsTable } from '../remembered-commands/commands-table.js';
import { assertNoHiddenRows, refuseHiddenRows } from '../log/row-security.js';

/** The part of an aggregate to erase. */
export interface Erasure {
  readonly aggregateId: Timestamp;
  /**
   * JSON Pointers (RFC 6901) into the bodies of its events: only these are erased. @defaultValue the events themselves
   */
  readonly paths?: readonly string[] | undefined;
  /**
   * JSON texts by path that replace the erased values. @defaultValue no replacement: keys are removed, items become
   * null
   */
  readonly replacements?: Readonly<Record<string, string>> | undefined;
  /** Removes the aggregate from the tables of projections. @defaultValue none is reached */
  readonly readModels?: ReadModelEraser | undefined;
}

/** The rows and values that an erasure removes. */
export interface ErasurePlan {
  /** Number of events that are removed, or whose body loses a path. */
  readonly events: number;
  /** The last sequence of the aggregate; 0 when there are no events. */
  readonly sequence: number;
  /** Number of missing events up to the last sequence. */
  readonly missing: number;
  /** The sequence of the snapshot, which is removed; absent when there is none. */
  readonly snapshot: number | undefined;
  /**
   * Number of the command ids that were carried out on the aggregate, which are forgotten with its events; 0 when only
   * paths are erased, since then its commands are still not to be carried out again.
   */
  readonly commands: number;
  /** The projections whose tables may have data of the aggregate. */
  readonly projections: readonly ReachedProjection[];
  /** Number of events that have each of the paths. */
  readonly paths: readonly { readonly path: string; readonly events: number }[];
}

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

/** Nothing was erased: the aggregate is not as expected, a read model would keep it, or rows were still there afterwards. */
export class EraseRefusedError extends MaestroError {
  readonly code = 'MAESTRO_ERASE_REFUSED' satisfies ErrorCode;
}

/** The connection broke while an erasure was being committed: either all of it was erased, or nothing. */
export class EraseInterruptedError extends MaestroError {
  readonly code = 'MAESTRO_ERASE_INTERRUPTED' satisfies ErrorCode;
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

function pathsOf({ paths, replacements = {} }: Erasure): BodyPath[] | undefined {
  return paths?.map((path) => bodyPath(path, Object.hasOwn(replacements, path) ? replacements[path] : undefined));
}

/**
 * Plans an erasure: counts what it would remove. Changes nothing. Throws `InvalidArgumentError` for an invalid path.
 */
export async function planErasure(log: EventLog, erasure: Erasure): Promise<ErasurePlan> {
  try {
    const paths = pathsOf(erasure);
    return await plan(log, erasure, paths, await tablesToErase(log, paths));
  } catch (error) {
    throw storeError(error);
  }
}

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
        const erased = await plan(inside, erasure, paths, tables);
        if (expect !== undefined && erased.sequence !== expect)
          throw new EraseRefusedError(`The last sequence of ${id.hex} is ${erased.sequence}, not ${expect}.`, {
            hint: 'Nothing was erased. Look at the new events and at a new plan, without --execute or by planErasure().',
          });
        if (!leaveReadModels) assertCovered(id, erased);
        await remove(inside, erasure, paths, tables);
        await erasure.readModels?.erase(transaction, id, paths !== undefined);
        if (isProjected && paths === undefined) await forgetPositions(transaction, schema, id);
        await assertAbsent(inside, erasure, paths, tables);
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

/** Throws {@link EraseRefusedError} for projections whose tables would keep what is erased. */
function assertCovered({ hex }: Timestamp, { projections }: ErasurePlan): void {
  const kept = projections.filter(({ covered }) => !covered);
  if (kept.length === 0) return;
  const names = kept.map(
    ({ name, version, status }) => `${name} ${version}${status === 'retired' ? ' (replaced)' : ''}`,
  );
  throw new EraseRefusedError(
    `Projections have taken in events of ${hex}, and nothing tells how to remove it from their tables: ${names.join(', ')}.`,
    {
      hint: `Nothing was erased. Give them an \`erased\` function, and list them in the configuration file. ${dropping(kept)} Tables that were replaced are dropped by a role that is a member of their owner. Or erase from these tables yourself, and here with --force (\`leaveReadModels\`).`,
    },
  );
}

/** The tables that an erasure touches, as SQL names them. */
interface Tables {
  readonly log: string;
  readonly snapshots: string;
  /** Absent when only paths are erased, and in a database without the table. */
  readonly commands: string | undefined;
  /** Absent in a database without the tables of projections. */
  readonly projections: string | undefined;
}

/** The tables of an erasure. Throws `PermissionDeniedError` when row-level security hides rows of one. */
async function tablesToErase(log: EventLog, paths: readonly BodyPath[] | undefined): Promise<Tables> {
  const { commands, ...tables } = tablesOf(log);
  const hasCommands = paths === undefined && (await hasCommandsTable(log));
  await assertNoHiddenRows(log, ['event_log', 'snapshots', ...(hasCommands ? (['maestro_commands'] as const) : [])]);
  const { knex, schema = DEFAULT_SCHEMA } = log;
  const projections = (await hasProjectionTables(knex, schema)) ? projectionTables(schema).projections : undefined;
  return { ...tables, commands: hasCommands ? commands : undefined, projections };
}

async function plan(
  log: EventLog,
  { aggregateId, readModels }: Erasure,
  paths: readonly BodyPath[] | undefined,
  { log: events, snapshots, commands, projections }: Tables,
): Promise<ErasurePlan> {
  const id = aggregateId.encode();
  const at = (paths ?? []).map(hasValueAt);
  const touched = paths === undefined ? '' : ` FILTER (WHERE ${anyOf(at)})`;
  const each = at.map(({ sql }) => `, count(*) FILTER (WHERE ${sql})::text`).join('');
  const sql = `SELECT coalesce(max(sequence), 0), count(*)::text, count(*)${touched}::text${each} FROM ${events} WHERE aggregate_id = ?`;
  const values = at.flatMap(({ bindings }) => bindings);
  const [row] = await query<[number, string, string, ...string[]]>(log.knex, sql, [...values, ...values, id]);
  const [snapshot] = await query<[number]>(log.knex, `SELECT sequence FROM ${snapshots} WHERE aggregate_id = ?`, [id]);
  const [sequence = 0, all = '0', count = '0', ...counts] = row ?? [];
  return {
    events: Number(count),
    sequence,
    missing: sequence - Number(all),
    snapshot: snapshot?.[0],
    commands: commands === undefined ? 0 : await countOf(log, commands, id),
    projections: projections === undefined ? [] : await reachedProjections(log, aggregateId, readModels),
    paths: (paths ?? []).map(({ pointer }, index) => ({ path: pointer, events: Number(counts[index]) })),
  };
}

async function countOf(log: EventLog, table: string, id: Buffer): Promise<number> {
  const [row] = await query<[string]>(log.knex, `SELECT count(*)::text FROM ${table} WHERE aggregate_id = ?`, [id]);
  return Number(row?.[0]);
}

async function remove(
  log: EventLog,
  { aggregateId }: Erasure,
  paths: readonly BodyPath[] | undefined,
  { log: events, snapshots, commands }: Tables,
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
  { log: events, snapshots, commands }: Tables,
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

function anyOf(fragments: readonly Fragment[]): string {
  return `(${['false', ...fragments.map(({ sql }) => sql)].join(' OR ')})`;
}
