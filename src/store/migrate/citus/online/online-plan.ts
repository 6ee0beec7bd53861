import { qualified } from '../../../schema-name.js';
import { SHARDS_KEY } from '../../expected-shape.js';
import { MIGRATIONS_TABLE } from '../../migration-state.js';
import type { TableName } from '../../migration.js';
import { isPlaced, isWithItsAggregate, placeOnCoordinator, placeWith, place, truncateLeftovers } from '../placement.js';
import { KEY_INDEX, type OnlineState } from './online-state.js';

/** A step of the way over the nodes of a cluster while the tables are used. */
export interface OnlineStep {
  /** The step in a few words, that fit after "step:". */
  readonly what: string;
  readonly sql: string;
  /** The table that is locked for it, for a moment, in a transaction; absent for what cannot run in one, or locks by itself. */
  readonly lock?: string;
}

/** The most bytes of a table that are copied while its writers wait. */
const MOST_AT_ONCE = 16 * 1024 * 1024;

/**
 * The tables that get their place before the log: commits of both layouts write to them beside a log that is whole, and not to whole ones
 * beside a log in shards. What projections have is the other way round.
 */
const BEFORE_THE_LOG: readonly TableName[] = ['snapshots', 'maestro_commands'];

/** The steps that are left, from the state that the catalog tells; none when all is done. */
export function onlineSteps(state: OnlineState, schema: string, shards: number): OnlineStep[] {
  const log = state.shapes.get('event_log');
  if (log === undefined) return [];
  return [
    ...(log.primaryKey === SHARDS_KEY ? [] : keySteps(state, schema)),
    ...placeSteps(state, schema, shards),
    ...leftoverSteps(state, schema),
  ];
}

/** Makes the aggregate id a part of the primary key: the index while the log is written, the change under a lock for a moment. */
function keySteps({ index, keyName }: OnlineState, schema: string): OnlineStep[] {
  const log = qualified(schema, 'event_log');
  const build = {
    what: 'build the index of the new primary key of event_log',
    sql: `CREATE UNIQUE INDEX CONCURRENTLY ${KEY_INDEX} ON ${log} ("timestamp", aggregate_id)`,
  };
  const drop = {
    what: 'drop the index that an earlier attempt has left unfinished',
    sql: `DROP INDEX CONCURRENTLY ${qualified(schema, KEY_INDEX)}`,
  };
  return [
    ...(index?.isValid === false ? [drop] : []),
    ...(index?.isValid === true ? [] : [build]),
    {
      what: 'change the primary key of event_log',
      sql: `ALTER TABLE ${log} DROP CONSTRAINT ${keyName}, ADD CONSTRAINT event_log_pkey PRIMARY KEY USING INDEX ${KEY_INDEX}`,
      lock: log,
    },
  ];
}

function placeSteps(
  { shapes, bytes, isBookkeepingUnknown, readModels }: OnlineState,
  schema: string,
  shards: number,
): OnlineStep[] {
  const isInShards = (table: TableName) => shapes.get(table)?.distribution?.method === 'hash';
  const others = [...shapes.keys()].filter((table) => table !== 'event_log' && !BEFORE_THE_LOG.includes(table));
  const tables = [...BEFORE_THE_LOG.filter((table) => shapes.has(table)), 'event_log' as const, ...others];
  // Whichever is in shards already has those with which all others are to lie.
  let first = tables.find((table) => isWithItsAggregate(table) && isInShards(table));
  const steps: OnlineStep[] = [];
  for (const table of tables.filter((each) => !isPlaced(each, shapes.get(each)?.distribution))) {
    const isLarge = table === 'event_log' || (bytes.get(table) ?? 0) > MOST_AT_ONCE;
    const name = qualified(schema, table);
    // From the moment at which the log is in shards, they are committed together.
    if (table === 'event_log') steps.push(...readModels.map(readModelStep));
    const sql = isWithItsAggregate(table)
      ? placeWith(schema, table, { first, shards, isInUse: isLarge })
      : place(schema, table, shards);
    const isAlone = isWithItsAggregate(table) && isLarge;
    steps.push({ what: `bring ${table} to its place`, sql, ...(!isAlone && { lock: name }) });
    if (isWithItsAggregate(table)) first ??= table;
  }
  if (isBookkeepingUnknown)
    steps.push({
      what: `make ${MIGRATIONS_TABLE} known to all nodes`,
      sql: placeOnCoordinator(schema, MIGRATIONS_TABLE),
      lock: qualified(schema, MIGRATIONS_TABLE),
    });
  return steps;
}

function readModelStep(name: string): OnlineStep {
  const literal = `'${name.replaceAll("'", "''")}'`;
  const sql = `SELECT citus_add_local_table_to_metadata(${literal}, cascade_via_foreign_keys => true)`;
  return { what: `make ${name} known to all nodes`, sql, lock: name };
}

/** Frees the room of rows that stayed on the coordinator when they were copied into shards. */
function leftoverSteps({ shapes, bytes }: OnlineState, schema: string): OnlineStep[] {
  return [...shapes.keys()]
    .filter((table) => shapes.get(table)?.distribution?.method === 'hash' && (bytes.get(table) ?? 0) > 0)
    .map((table) => ({
      what: `remove what ${table} has left on the coordinator`,
      sql: truncateLeftovers(schema, table),
      lock: qualified(schema, table),
    }));
}
