import type { Knex } from 'knex';
import { migrationStatus } from '../../store/migration-status.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type EventLog, tablesOf } from '../event-log.js';
import { select } from '../select.js';
import { type Finding, finding, fine } from './finding.js';

/** The tables: whether they are there, in shape, and how they are laid out. */
export async function checkTables(log: EventLog): Promise<Finding> {
  const { schema = DEFAULT_SCHEMA } = log;
  const { steps, partitions, faults, upToDate } = await migrationStatus(log.knex as Knex, { schema });
  const layout = partitions === undefined || partitions === 1 ? 'plain layout' : `${partitions} partitions`;
  if (faults.length > 0)
    return finding('tables', 'failure', `schema ${schema}: ${faults.join('; ')}`, 'See `maestro migrate status`.');
  const unknown = steps.filter(({ state }) => state === 'unknown');
  if (unknown.length > 0)
    return finding('tables', 'failure', `schema ${schema}: migrated by a newer Maestro`, 'Install that version.');
  if (upToDate) return fine('tables', `schema ${schema}, ${layout}, up to date`);
  if (partitions === undefined)
    return finding(
      'tables',
      'failure',
      `schema ${schema}: there are none`,
      'Run `maestro migrate`, or name another --schema.',
    );
  return finding(
    'tables',
    'note',
    `schema ${schema}, ${layout}, in shape, but not made by this tool`,
    'Reading works. `maestro migrate` adopts them unchanged.',
  );
}

/** What the role may do, and which commands need it. */
export async function checkRights(log: EventLog): Promise<Finding[]> {
  const { schema = DEFAULT_SCHEMA } = log;
  const { log: events, snapshots } = tablesOf(log);
  const rights = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];
  const of = (table: string) =>
    rights.map((right) => `has_table_privilege(to_regclass('${table.replaceAll("'", "''")}'), '${right}')`);
  const sql = `SELECT current_user::text, coalesce(has_schema_privilege(to_regnamespace(?)::oid, 'CREATE'), false),
has_database_privilege(current_database(), 'TEMPORARY'), ${of(events).join(', ')}, ${of(snapshots).join(', ')}`;
  const [row] = await select<[string, ...(boolean | null)[]]>(log, sql, [schema.replace(/^.*$/, '"$&"')]);
  const [role = '', create, temporary, ...table] = row ?? [''];
  const [read, insert, update, remove, readSnapshots, insertSnapshots, updateSnapshots, removeSnapshots] = table;
  const needs: readonly (readonly [commands: string, has: boolean, grant: string])[] = [
    ['read', read === true && readSnapshots === true, `GRANT SELECT ON ${events}, ${snapshots} TO ${role}`],
    ['append', insert === true, `GRANT INSERT ON ${events} TO ${role}`],
    [
      'snapshot put, create',
      insertSnapshots === true && updateSnapshots === true,
      `GRANT INSERT, UPDATE ON ${snapshots} TO ${role}`,
    ],
    [
      'import',
      insert === true && insertSnapshots === true && temporary === true,
      `GRANT TEMPORARY ON DATABASE … TO ${role}`,
    ],
    [
      'erase',
      update === true && remove === true && removeSnapshots === true,
      `GRANT UPDATE, DELETE ON ${events}, ${snapshots} TO ${role}`,
    ],
    ['migrate', create === true, `GRANT CREATE ON SCHEMA ${schema} TO ${role}`],
  ];
  const able = needs.filter(([, has]) => has).map(([commands]) => commands);
  const unable = needs.filter(([, has]) => !has);
  if (unable.length === 0) return [fine('rights', `${role} may do everything`)];
  const found = `${role} may ${able.join(', ') || 'nothing'}; not ${unable.map(([commands]) => commands).join(', ')}`;
  const cannotRead = unable.some(([commands]) => commands === 'read');
  return [
    finding(
      'rights',
      cannotRead ? 'failure' : 'note',
      found,
      `Where that is not meant: ${unable.map(([, , grant]) => grant).join('; ')}.`,
    ),
  ];
}
