import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type Finding, finding, fine } from './finding.js';

/** Commands, and the rights that they need: each with the statement that would grant it. */
type Need = readonly [commands: string, ...rights: readonly (readonly [has: boolean | null, grant: string])[]];

/** Checks that the role may use the schema; `undefined` when it may, or when there is no such schema. */
export async function checkAccess(log: EventLog): Promise<Finding | undefined> {
  const { schema = DEFAULT_SCHEMA } = log;
  const [row] = await select<[string, boolean | null]>(
    log,
    "SELECT quote_ident(current_user), has_schema_privilege(to_regnamespace(?)::oid, 'USAGE')",
    [quoted(schema)],
  );
  const [role = '', isOpen = null] = row ?? [];
  if (isOpen !== false) return undefined;
  return finding(
    'rights',
    'failure',
    `${role} may not use schema ${schema}`,
    `GRANT USAGE ON SCHEMA ${quoted(schema)} TO ${role}, then grant the rights that it needs there.`,
  );
}

/** Checks the role's rights on the tables; names the commands that need them. */
export async function checkRights(log: EventLog): Promise<Finding> {
  const { schema = DEFAULT_SCHEMA } = log;
  const { log: events, snapshots, commands } = tablesOf(log);
  const may = (table: string, right: string) => `has_table_privilege(to_regclass('${table}'), '${right}')`;
  const sql = `SELECT quote_ident(current_user), quote_ident(current_database()),
coalesce(has_schema_privilege(to_regnamespace(?)::oid, 'CREATE'), false), has_database_privilege(current_database(), 'TEMPORARY'),
${['SELECT', 'INSERT', 'UPDATE', 'DELETE'].flatMap((right) => [may(events, right), may(snapshots, right), may(commands, right)]).join(', ')}`;
  const [row] = await select<[string, string, ...(boolean | null)[]]>(log, sql, [quoted(schema)]);
  const [role = '', database = '', create = null, temporary = null, ...table] = row ?? [];
  const both = (one: boolean | null = null, other: boolean | null = null) => one === true && other === true;
  const [read, readSnapshots, readCommands = null] = table;
  const [insert = null, insertSnapshots, insertCommands = null] = table.slice(3);
  const [update, updateSnapshots] = table.slice(6);
  const [remove, removeSnapshots, removeCommands = null] = table.slice(9);
  /** Without the table of command ids, nobody needs a right to it. */
  const hasCommands = readCommands !== null;
  const useCommands = [both(readCommands, insertCommands), `GRANT SELECT, INSERT ON ${commands} TO ${role}`] as const;
  const forgetCommands = [
    both(readCommands, removeCommands),
    `GRANT SELECT, DELETE ON ${commands} TO ${role}`,
  ] as const;
  const mayInsert = [insert, `GRANT INSERT ON ${events} TO ${role}`] as const;
  const putSnapshots = [
    both(insertSnapshots, updateSnapshots),
    `GRANT INSERT, UPDATE ON ${snapshots} TO ${role}`,
  ] as const;
  const needs: readonly Need[] = [
    ['read', [both(read, readSnapshots), `GRANT SELECT ON ${events}, ${snapshots} TO ${role}`]],
    ['append', mayInsert],
    ...(hasCommands
      ? ([
          ['evaluate with a commandId', useCommands],
          ['commands list', [readCommands, `GRANT SELECT ON ${commands} TO ${role}`]],
          ['commands prune', forgetCommands],
        ] as const)
      : []),
    ['snapshot put, create', putSnapshots],
    ['snapshot delete', [both(removeSnapshots, true), `GRANT DELETE ON ${snapshots} TO ${role}`]],
    ['import', mayInsert, putSnapshots, [temporary, `GRANT TEMPORARY ON DATABASE ${database} TO ${role}`]],
    [
      'erase',
      [
        both(update, remove) && both(removeSnapshots, true),
        `GRANT UPDATE, DELETE ON ${events}, ${snapshots} TO ${role}`,
      ],
      ...(hasCommands ? [forgetCommands] : []),
    ],
    ['migrate', [create, `GRANT CREATE ON SCHEMA ${quoted(schema)} TO ${role}`]],
  ];
  return rightsFinding(role, needs);
}

/**
 * Checks that the role may create the tables, while they do not exist: rights on them cannot be checked yet. Not for
 * the embedded database, whose only role may do everything.
 */
export async function checkMayMigrate(log: EventLog): Promise<Finding> {
  const { schema = DEFAULT_SCHEMA } = log;
  const [row] = await select<[string, string, boolean | null, boolean]>(
    log,
    `SELECT quote_ident(current_user), quote_ident(current_database()),
has_schema_privilege(to_regnamespace(?)::oid, 'CREATE'), has_database_privilege(current_database(), 'CREATE')`,
    [quoted(schema)],
  );
  const [role = '', database = '', inSchema = null, inDatabase = false] = row ?? [];
  if (inSchema ?? inDatabase) return fine('rights', `${role} may run migrate, which makes the tables`);
  const missing =
    inSchema === null
      ? `GRANT CREATE ON DATABASE ${database} TO ${role} (there is no schema ${schema} yet)`
      : `GRANT CREATE ON SCHEMA ${quoted(schema)} TO ${role}`;
  return finding(
    'rights',
    'note',
    `${role} may not run migrate, so it cannot make the tables`,
    `Run \`maestro migrate\` as a role that may, or: ${missing}. \`maestro migrate sql --roles\` prints what each role needs.`,
  );
}

function rightsFinding(role: string, needs: readonly Need[]): Finding {
  const able = needs.filter(([, ...rights]) => rights.every(([has]) => has === true)).map(([commands]) => commands);
  const unable = needs.map(([commands]) => commands).filter((commands) => !able.includes(commands));
  if (unable.length === 0) return fine('rights', `${role} may do everything`);
  const grants = needs.flatMap(([, ...rights]) => rights.filter(([has]) => has !== true).map(([, grant]) => grant));
  return finding(
    'rights',
    able.includes('read') ? 'note' : 'failure',
    able.length === 0
      ? `${role} may do nothing here: no ${unable.join(', no ')}`
      : `${role} may ${able.join(', ')}, but not ${unable.join(', ')}`,
    `To allow the rest: ${[...new Set(grants)].join('; ')}.`,
  );
}

/** A quoted schema name; valid names contain no quotation marks. */
function quoted(schema: string): string {
  return `"${schema}"`;
}
