import type { Settings } from '../servers/settings.js';
import { isFull } from '../figures.js';

/** One row of the matrix: settings of a role's sessions, and preparations of the database. */
export interface Setting {
  readonly settings?: Settings;
  /** Attributes of the role, such as `SUPERUSER`, which some settings can only be changed by. */
  readonly more?: string;
  /** Options of `CREATE DATABASE` for a database of its own. */
  readonly database?: string;
  /** SQL that is run first; the role and its schema have one name, `$role`. */
  readonly before?: string;
}

/** Everything of the same name as what commands use: tables, functions, an operator. */
export const SHADOWS = `CREATE SCHEMA shadow_$role; GRANT USAGE ON SCHEMA shadow_$role TO $role; SET search_path = shadow_$role;
CREATE TABLE event_log (nothing text); CREATE TABLE snapshots (nothing text); CREATE TABLE maestro_migrations (nothing text);
CREATE TABLE maestro_commands (nothing text);
CREATE TABLE pg_class (nothing text); CREATE TABLE pg_settings (nothing text);
CREATE FUNCTION encode(bytea, text) RETURNS text LANGUAGE sql AS 'SELECT ''shadow''';
CREATE FUNCTION decode(text, text) RETURNS bytea LANGUAGE sql AS 'SELECT NULL::bytea';
CREATE FUNCTION length(bytea) RETURNS integer LANGUAGE sql AS 'SELECT 7';
CREATE FUNCTION floor(numeric) RETURNS numeric LANGUAGE sql AS 'SELECT 7::numeric';
CREATE FUNCTION never(bytea, bytea) RETURNS boolean LANGUAGE sql AS 'SELECT false';
CREATE OPERATOR = (LEFTARG = bytea, RIGHTARG = bytea, FUNCTION = never);
GRANT ALL ON ALL TABLES IN SCHEMA shadow_$role TO $role; RESET search_path`;

/** Settings of a server, a role or a session on which nothing that a command prints may depend. */
export const MATRIX: Readonly<Record<string, Setting>> = {
  'repeatable read': { settings: { default_transaction_isolation: "'repeatable read'" } },
  serializable: { settings: { default_transaction_isolation: 'serializable' } },
  'serializable and deferrable': {
    settings: { default_transaction_isolation: 'serializable', default_transaction_deferrable: 'on' },
  },
  'quoted identifiers': { settings: { quote_all_identifiers: 'on' } },
  'backslashes that escape': { settings: { standard_conforming_strings: 'off', escape_string_warning: 'on' } },
  'backslashes that may not escape quotes': {
    settings: { standard_conforming_strings: 'off', backslash_quote: 'off', escape_string_warning: 'off' },
  },
  'German dates': { settings: { datestyle: "'German, DMY'" } },
  'SQL dates': { settings: { datestyle: "'SQL, MDY'" } },
  'Postgres dates': { settings: { datestyle: "'Postgres, YMD'" } },
  'verbose intervals': { settings: { intervalstyle: 'postgres_verbose' } },
  'ISO intervals': { settings: { intervalstyle: 'iso_8601' } },
  'a time zone of 45 minutes': { settings: { timezone: "'Pacific/Chatham'" } },
  'a time zone behind': { settings: { timezone: "'America/St_Johns'" } },
  'a time zone that is none': { settings: { timezone: "'<odd>-3:21'" } },
  'an empty search path': { settings: { search_path: "''" } },
  'a search path elsewhere, with everything of the same name': {
    settings: { search_path: 'shadow_$role, public' },
    before: SHADOWS,
  },
  'a search path that names pg_catalog last, with nothing of the same name before it': {
    settings: { search_path: 'public, pg_catalog' },
  },
  'deferrable transactions': { settings: { default_transaction_deferrable: 'on' } },
  'a tablespace by name': { settings: { default_tablespace: 'pg_default' } },
  'values compressed in the old way': { settings: { default_toast_compression: 'pglz' } },
  'passwords kept as MD5': { settings: { password_encryption: 'md5' } },
  'few digits of floats': { settings: { extra_float_digits: '-15' } },
  'all digits of floats': { settings: { extra_float_digits: '3' } },
  'bytes as octal escapes': { settings: { bytea_output: 'escape' } },
  'row security off': { settings: { row_security: 'off' } },
  '= NULL is IS NULL': { settings: { transform_null_equals: 'on' } },
  'no NULL in arrays': { settings: { array_nulls: 'off' } },
  'a timeout of statements': { settings: { statement_timeout: "'60s'" } },
  'a timeout of transactions that idle': { settings: { idle_in_transaction_session_timeout: "'60s'" } },
  'a timeout of sessions that idle': { settings: { idle_session_timeout: "'60s'" } },
  'a timeout of locks': { settings: { lock_timeout: "'20s'" } },
  'commits that do not wait': { settings: { synchronous_commit: 'off' } },
  'compiled queries': { settings: { jit: 'on', jit_above_cost: '0' } },
  'no sequential scans': { settings: { enable_seqscan: 'off', enable_bitmapscan: 'off' } },
  'no index scans': { settings: { enable_indexscan: 'off', enable_indexonlyscan: 'off' } },
  'no hashing and no sorting': { settings: { enable_hashagg: 'off', enable_hashjoin: 'off', enable_sort: 'off' } },
  'generic plans': { settings: { plan_cache_mode: 'force_generic_plan' } },
  'custom plans': { settings: { plan_cache_mode: 'force_custom_plan' } },
  'little memory': { settings: { work_mem: "'64kB'", maintenance_work_mem: "'1MB'" } },
  'parallel plans for all': { settings: { min_parallel_table_scan_size: '0', parallel_setup_cost: '0' } },
  'partitions not pruned': { settings: { enable_partition_pruning: 'off', constraint_exclusion: 'off' } },
  'XML documents': { settings: { xmloption: 'document', xmlbinary: 'hex' } },
  'Latin 1 for the client': { settings: { client_encoding: "'LATIN1'" } },
  'no encoding for the client': { settings: { client_encoding: "'SQL_ASCII'" } },
  'functions not checked': { settings: { check_function_bodies: 'off' } },
  'all messages': { settings: { client_min_messages: 'debug1' } },
  'replication of triggers': { settings: { session_replication_role: 'replica' }, more: 'SUPERUSER' },
  'a role without inheritance': { more: 'NOINHERIT' },
  'a database without an encoding': { database: "ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0" },
  'a database in Latin 1': { database: "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0" },
  'a database in EUC': { database: "ENCODING 'EUC_JP' LOCALE 'C' TEMPLATE template0" },
  'a database that sorts as Germans do': {
    database: "ENCODING 'UTF8' LOCALE_PROVIDER icu ICU_LOCALE 'de-u-co-phonebk' LOCALE 'C' TEMPLATE template0",
  },
};

/** Parameters that are about the same: of two of them, one could hide what the other does. */
const SUBJECTS: readonly (readonly [names: RegExp, subject: string])[] = [
  [/^enable_(seq|bitmap|index|indexonly)scan$/, 'scans'],
  [/^default_transaction_/, 'transactions'],
  [/^client_encoding$/, 'encoding'],
  [/^row_security$/, 'role'],
];

/** Subjects of a setting, which no other setting of its group may share. */
function subjectsOf({ settings = {}, more, database }: Setting): string[] {
  return [
    ...Object.keys(settings).map((name) => SUBJECTS.find(([names]) => names.test(name))?.[1] ?? name),
    ...(more === undefined ? [] : ['role']),
    ...(database === undefined ? [] : ['encoding']),
  ];
}

/** Settings that one session has at once, by their names. */
export type Group = Readonly<Record<string, Setting>>;

/**
 * Every setting in one group, with others that are about something else: few groups as part of the normal test run, and each
 * setting alone by `npm run faults`.
 */
export function groupsOf(matrix: Readonly<Record<string, Setting>>, size = isFull ? 1 : 8): readonly Group[] {
  const groups: Record<string, Setting>[] = [];
  // What few groups have room for comes first.
  const rarest = Object.entries(matrix).sort(([, one], [, other]) => rivals(other) - rivals(one));
  for (const [name, setting] of rarest) {
    const fits = (group: Group) => Object.keys(group).length < size && !Object.values(group).some(isRivalOf(setting));
    const group = groups.find(fits);
    if (group === undefined) groups.push({ [name]: setting });
    else group[name] = setting;
  }
  return groups;

  function rivals(setting: Setting): number {
    return Object.values(matrix).filter(isRivalOf(setting)).length;
  }
}

/** True for another setting that shares a subject with this one. */
function isRivalOf(setting: Setting): (other: Setting) => boolean {
  const subjects = subjectsOf(setting);
  return (other) => subjectsOf(other).some((subject) => subjects.includes(subject));
}

/** A group as one setting. */
export function together(group: Group): Setting {
  const all = Object.values(group);
  const only = (name: 'more' | 'database' | 'before') => all.map((setting) => setting[name]).find(Boolean);
  return {
    settings: Object.assign({}, ...all.map(({ settings }) => settings)) as Settings,
    ...Object.fromEntries((['more', 'database', 'before'] as const).map((name) => [name, only(name)])),
  };
}
