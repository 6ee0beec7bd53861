import type { Knex } from 'knex';
import { migrations } from '../../../migrations/index.js';
import { InvalidArgumentError } from '../../errors.js';
import { storeError } from '../failures/database-errors.js';
import {
  ADOPTED_BATCH,
  assertUsableState,
  isEssential,
  MIGRATIONS_TABLE,
  type MigrationState,
  readMigrationState,
  isThere,
} from './migration-state.js';
import { type Executor, query } from '../read/rows.js';
import { PROJECTION_TABLES } from '../projection-tables.js';
import { checkSchemaName, DEFAULT_SCHEMA, qualified } from '../schema-name.js';

/** The roles that rights are for unless others are named. */
const DEFAULT_ROLES = {
  reader: 'maestro_reader',
  writer: 'maestro_writer',
  migrator: 'maestro_migrator',
} as const;

/** The roles that the script grants rights to, and the schema. */
export interface RolesOptions {
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string | undefined;
  /** The role that only reads. @defaultValue 'maestro_reader' */
  readonly reader?: string | undefined;
  /** The role that appends, keeps snapshots, imports and, unless `erase` is false, erases. @defaultValue 'maestro_writer' */
  readonly writer?: string | undefined;
  /** The role that makes, changes and drops the tables. @defaultValue 'maestro_migrator' */
  readonly migrator?: string | undefined;
  /** Let the writer change and remove events. False takes these rights away where it has them. @defaultValue true */
  readonly erase?: boolean | undefined;
}

/** The options as SQL identifiers. */
interface Grantees {
  readonly database: string;
  readonly schema: string;
  readonly reader: string;
  readonly writer: string;
  readonly migrator: string;
  readonly erase: boolean;
}

/**
 * A script for psql with the GRANTs that let each role do its work and nothing else. Changes nothing, and creates no
 * role. Before the tables exist, it has only the rights that the migrator needs to create them, and default rights to
 * read them. Throws {@link InvalidArgumentError} for a name that no role can have and for a writer with `erase: false`
 * that owns the tables, and the errors of a migration for tables of another shape.
 */
export async function rolesSql(
  knex: Knex,
  { schema = DEFAULT_SCHEMA, erase = true, ...roles }: RolesOptions = {},
): Promise<string> {
  checkSchemaName(schema);
  const { reader = DEFAULT_ROLES.reader, writer = DEFAULT_ROLES.writer, migrator = DEFAULT_ROLES.migrator } = roles;
  if (!erase && writer === migrator)
    throw new InvalidArgumentError(
      `${JSON.stringify(writer)} is named as writer and as migrator, which owns the tables and so can erase.`,
      {
        hint: 'Name two roles, or let the writer erase.',
      },
    );
  const names = { reader: roleName(reader), writer: roleName(writer), migrator: roleName(migrator) };
  try {
    const state = await readMigrationState(knex, schema);
    assertUsableState(state, undefined);
    const [row] = await query<[string]>(knex, 'SELECT current_database()::text');
    const database = identifier(row?.[0] ?? '');
    const to = { ...names, database, schema, erase };
    const rest = tablesExist(state)
      ? tableGrants(to, state, await ownedByOthers(knex, state, schema, migrator))
      : migrateFirst(to);
    return [...preamble(to, state), ...defaultPrivileges(to), ...rest, 'COMMIT;\n'].join('\n');
  } catch (error) {
    throw storeError(error);
  }
}

function preamble(
  { database, schema, reader, writer, migrator }: Grantees,
  { schemaExists }: MigrationState,
): string[] {
  const all = list(reader, writer, migrator);
  return [
    `-- What three roles need for the event store in schema "${schema}". Run this as a superuser, or as the owner of the`,
    `-- database, the schema and the tables who is a member of ${migrator}. The roles must be there:`,
    `-- CREATE ROLE ${reader} LOGIN PASSWORD '…'; and so on.`,
    'BEGIN;\n',
    ...(schemaExists ? [] : [`CREATE SCHEMA "${schema}";\n`]),
    `GRANT CONNECT ON DATABASE ${database} TO ${all};\n`,
    `GRANT USAGE ON SCHEMA "${schema}" TO ${all};\n`,
    `-- ${migrator} makes the tables.`,
    `GRANT CREATE ON SCHEMA "${schema}" TO ${migrator};\n`,
  ];
}

/**
 * Default privileges that let tables made later be read. The rights of a writer depend on the table, so defaults cannot
 * grant them.
 */
function defaultPrivileges({ schema, reader, writer, migrator }: Grantees): string[] {
  return [
    `-- Tables that ${migrator} makes later can be read by all. (For what they may write, print this again after a migration.)`,
    `ALTER DEFAULT PRIVILEGES FOR ROLE ${migrator} IN SCHEMA "${schema}" GRANT SELECT ON TABLES TO ${list(reader, writer)};\n`,
  ];
}

function migrateFirst({ migrator }: Grantees): string[] {
  return [
    `-- The tables are not there yet: run \`maestro migrate\` as ${migrator}, then print this again for all that is missing.\n`,
  ];
}

function tableGrants(
  { database, schema, reader, writer, migrator, erase }: Grantees,
  { shapes }: MigrationState,
  notOwned: readonly string[],
): string[] {
  const [log, snapshots] = [qualified(schema, 'event_log'), qualified(schema, 'snapshots')];
  const commands = shapes.has('maestro_commands') ? [qualified(schema, 'maestro_commands')] : [];
  const projections = PROJECTION_TABLES.filter((table) => shapes.has(table)).map((table) => qualified(schema, table));
  return [
    `-- Everybody reads; ${reader} does nothing else.`,
    `GRANT SELECT ON ${[log, snapshots, ...commands, ...projections, qualified(schema, MIGRATIONS_TABLE)].join(', ')} TO ${list(reader, writer, migrator)};\n`,
    `-- ${writer} appends, keeps snapshots, and imports (through temporary tables).`,
    `GRANT INSERT ON ${[log, ...commands].join(', ')} TO ${writer};\n`,
    `GRANT INSERT, UPDATE ON ${snapshots} TO ${writer};\n`,
    `GRANT TEMPORARY ON DATABASE ${database} TO ${writer};\n`,
    ...(projections.length === 0
      ? []
      : [
          `-- ${writer} runs read models, too: their positions are no events. To make and rebuild tables of read models, a role`,
          '-- also needs CREATE on the schema where they go and on the database; grant it to the one that runs them.',
          `GRANT INSERT, UPDATE, DELETE ON ${projections.join(', ')} TO ${writer};\n`,
        ]),
    ...(commands.length > 0
      ? []
      : [`-- There is no table for command ids yet: run \`maestro migrate\` as ${migrator}, then print this again.\n`]),
    ...(erase
      ? [
          '-- It erases, too. Without these two it can only ever add events: for an application, print this with --no-erase.',
          `GRANT UPDATE, DELETE ON ${log} TO ${writer};\n`,
          `GRANT DELETE ON ${[snapshots, ...commands].join(', ')} TO ${writer};\n`,
        ]
      : [
          '-- It can only ever add events, never change or remove one.',
          `REVOKE UPDATE, DELETE, TRUNCATE ON ${[log, ...commands].join(', ')} FROM ${writer};\n`,
          `REVOKE DELETE, TRUNCATE ON ${snapshots} FROM ${writer};\n`,
        ]),
    ...(notOwned.length === 0
      ? []
      : [
          '-- Only their owner can change and drop tables, as later migrations may. Writers would wait behind this, so it gives up',
          '-- when somebody has a table for long: run all of it again then.',
          "SET LOCAL lock_timeout = '2s';\n",
        ]),
    ...notOwned.map((table) => `ALTER TABLE ${qualified(schema, table)} OWNER TO ${migrator};\n`),
  ];
}

function tablesExist({ bookkeepingExists, shapes }: MigrationState): boolean {
  return bookkeepingExists && migrations.every((step) => !isEssential(step) || isThere(step, shapes));
}

/**
 * The tables made by Maestro that another role owns, partitions before their parent; tables that Elixir Maestro made
 * stay with their owner.
 */
async function ownedByOthers(on: Executor, state: MigrationState, schema: string, migrator: string): Promise<string[]> {
  const rows = await query<[string]>(
    on,
    `SELECT c.relname::text FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname = ? AND c.relkind IN ('r', 'p') AND pg_get_userbyid(c.relowner) <> ?`,
    [schema, migrator],
  );
  const made = migrations.filter(({ name }) =>
    state.applied.some((step) => step.name === name && step.batch !== ADOPTED_BATCH),
  );
  const ours = made
    .flatMap(({ tables }) => tables)
    .flatMap((table) => [...(state.shapes.get(table)?.partitions ?? []).map(({ name }) => name), table]);
  return [MIGRATIONS_TABLE, ...ours].filter((table) => rows.some(([name]) => name === table));
}

/** The name of a role as it is written in SQL. Throws {@link InvalidArgumentError} when no role can have it. */
function roleName(name: string): string {
  // PostgreSQL gives these two another meaning, even quoted, and truncates longer names.
  if (name !== '' && name !== 'public' && name !== 'none' && !name.includes('\0') && Buffer.byteLength(name) <= 63)
    return identifier(name);
  throw new InvalidArgumentError(`${JSON.stringify(name)} is not the name of a role.`, {
    hint: 'Write 1 to 63 bytes; not public or none, which PostgreSQL gives a meaning of their own.',
  });
}

/**
 * A name as an SQL identifier. Control characters are written as escapes, so that they do not act on a terminal or
 * break the line.
 */
function identifier(name: string): string {
  const quoted = name.replaceAll('"', '""');
  const unsafe = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
  if (!unsafe.test(name)) return `"${quoted}"`;
  const escaped = quoted.replaceAll('\\', '\\\\').replace(new RegExp(unsafe, 'gu'), (character) => {
    return `\\+${(character.codePointAt(0) ?? 0).toString(16).padStart(6, '0')}`;
  });
  return `U&"${escaped}"`;
}

function list(...roles: readonly string[]): string {
  return [...new Set(roles)].join(', ');
}
