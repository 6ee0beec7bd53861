import { layoutAt } from '../../store/layout/read-layout.js';
import { traitsOf } from '../../store/layout/traits.js';
import { query } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { canCopy } from './staging.js';

/** The facts about a log into which an export can be copied straight. */
export interface DirectWay {
  /** True when it holds neither events nor snapshots, so that nobody can have written what the export has. */
  readonly isEmpty: boolean;
  /** True when its indexes let events of different partitions have one timestamp. */
  readonly canShareTimestamps: boolean;
}

/**
 * The direct way into a log; `undefined` when there is none: the connection takes no COPY; a trigger, rule or policy may
 * change the rows; or events of others cannot be told by their timestamps without looking at all shards of a cluster.
 */
export async function directWay(log: EventLog): Promise<DirectWay | undefined> {
  if (!(await canCopy(log.knex)) || !(await keepsRows(log))) return undefined;
  const isEmpty = await holdsNothing(log);
  const { uniqueTimestamps } = traitsOf(await layoutAt(log.knex, log.schema ?? DEFAULT_SCHEMA));
  if (uniqueTimestamps === 'aggregate' && !isEmpty) return undefined;
  return { isEmpty, canShareTimestamps: uniqueTimestamps === 'partition' };
}

async function holdsNothing(log: EventLog): Promise<boolean> {
  const { log: events, snapshots } = tablesOf(log);
  // Each by itself: a distributed table cannot be asked together with the catalog.
  for (const table of [events, snapshots])
    if ((await query(log.knex, `SELECT 1 FROM ${table} LIMIT 1`)).length > 0) return false;
  return true;
}

/** True when nothing in the database changes rows on their way into the tables. */
async function keepsRows(log: EventLog): Promise<boolean> {
  const { log: events, snapshots } = tablesOf(log);
  const tables = `WITH tables(relid) AS (SELECT relid FROM pg_partition_tree(to_regclass(?))
  UNION SELECT to_regclass(?) UNION SELECT to_regclass(?))`;
  const sql = `SELECT current_setting('server_encoding') = 'UTF8'
  AND NOT EXISTS (SELECT FROM pg_trigger WHERE NOT tgisinternal AND tgrelid IN (SELECT relid FROM tables))
  AND NOT EXISTS (SELECT FROM pg_rewrite WHERE ev_class IN (SELECT relid FROM tables))
  AND NOT EXISTS (SELECT FROM pg_class WHERE (relrowsecurity OR relkind NOT IN ('r', 'p')) AND oid IN (SELECT relid FROM tables))`;
  const [row] = await query<[boolean]>(log.knex, `${tables} ${sql}`, [events, events, snapshots]);
  return row?.[0] === true;
}
