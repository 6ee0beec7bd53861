import type { Timestamp } from '../../hlc/timestamp.js';
import { placesOf } from '../../store/migrate/relayout/places.js';
import { hasWork } from '../../store/migrate/relayout/progress-state.js';
import { hasProjectionTables } from '../../store/positions/assert-tables.js';
import { projectionTables } from '../../store/projection-tables.js';
import type { Fragment } from '../../store/read/fragment.js';
import { query } from '../../store/read/rows.js';
import { storeError } from '../../store/failures/database-errors.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { hasCommandsTable } from '../remembered-commands/commands-table.js';
import { type BodyPath, bodyPath, hasValueAt } from './body-path.js';
import { type ReachedProjection, reachedProjections, type ReadModelEraser } from './read-models.js';

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
  /** True when an unfinished change of the layout has a second log, which keeps what is erased until it is finished or removed; else absent. */
  readonly keptByLayoutChange?: true;
}

/** The paths of an erasure; `undefined` when the events themselves are erased. Throws `InvalidArgumentError` for an invalid one. */
export function pathsOf({ paths, replacements = {} }: Erasure): BodyPath[] | undefined {
  return paths?.map((path) => bodyPath(path, Object.hasOwn(replacements, path) ? replacements[path] : undefined));
}

/**
 * Plans an erasure: counts what it would remove. Changes nothing. Throws `InvalidArgumentError` for an invalid path.
 */
export async function planErasure(log: EventLog, erasure: Erasure): Promise<ErasurePlan> {
  try {
    const paths = pathsOf(erasure);
    return await planWith(log, erasure, paths, await tablesToErase(log, paths));
  } catch (error) {
    throw storeError(error);
  }
}

/** The tables that an erasure touches, as SQL names them. */
export interface ErasedTables {
  readonly log: string;
  readonly snapshots: string;
  /** Absent when only paths are erased, and in a database without the table. */
  readonly commands: string | undefined;
  /** Absent in a database without the tables of projections. */
  readonly projections: string | undefined;
}

/** The tables of an erasure. Throws `PermissionDeniedError` when row-level security hides rows of one. */
export async function tablesToErase(log: EventLog, paths: readonly BodyPath[] | undefined): Promise<ErasedTables> {
  const { commands, ...tables } = tablesOf(log);
  const hasCommands = paths === undefined && (await hasCommandsTable(log));
  await assertNoHiddenRows(log, ['event_log', 'snapshots', ...(hasCommands ? (['maestro_commands'] as const) : [])]);
  const { knex, schema = DEFAULT_SCHEMA } = log;
  const projections = (await hasProjectionTables(knex, schema)) ? projectionTables(schema).projections : undefined;
  return { ...tables, commands: hasCommands ? commands : undefined, projections };
}

/** Plans an erasure of which the paths and tables are known. */
export async function planWith(
  log: EventLog,
  { aggregateId, readModels }: Erasure,
  paths: readonly BodyPath[] | undefined,
  { log: events, snapshots, commands, projections }: ErasedTables,
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
    ...((await hasWork(log.knex, placesOf(log.schema ?? DEFAULT_SCHEMA))) && { keptByLayoutChange: true }),
  };
}

/** The number of rows of an aggregate in a table. */
export async function countOf(log: EventLog, table: string, id: Buffer): Promise<number> {
  const [row] = await query<[string]>(log.knex, `SELECT count(*)::text FROM ${table} WHERE aggregate_id = ?`, [id]);
  return Number(row?.[0]);
}

/** The condition that one of some conditions holds. */
export function anyOf(fragments: readonly Fragment[]): string {
  return `(${['false', ...fragments.map(({ sql }) => sql)].join(' OR ')})`;
}
