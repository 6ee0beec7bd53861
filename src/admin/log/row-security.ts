import { PermissionDeniedError } from '../../store/errors.js';
import { execute, type Executor } from '../../store/read/rows.js';
import { type EventLog, tablesOf } from './event-log.js';
import { select } from './select.js';

/** Row-level security of a table, and its effect on the current role. */
export interface RowSecurity {
  readonly table: Table;
  /** The role, as SQL names it. */
  readonly role: string;
  /** True when it limits the rows that this role sees. */
  readonly applies: boolean;
  /** True when it also applies to the owner of the table. */
  readonly isForced: boolean;
  /** The names of its policies, as SQL names them. Without any, a role to which it applies sees no rows. */
  readonly policies: readonly string[];
}

/** A table of the store, by its name. */
type Table = 'event_log' | 'snapshots' | 'maestro_commands';

/** The tables of the store with row-level security; usually none. */
export async function rowSecurity(log: EventLog): Promise<RowSecurity[]> {
  const { log: events, snapshots, commands } = tablesOf(log);
  const sql = `SELECT t.name, quote_ident(current_user), row_security_active(c.oid), c.relforcerowsecurity,
  coalesce((SELECT string_agg(quote_ident(p.polname), chr(10) ORDER BY p.polname) FROM pg_policy AS p WHERE p.polrelid = c.oid), '')
FROM (VALUES (1, 'event_log', ?::text), (2, 'snapshots', ?::text), (3, 'maestro_commands', ?::text)) AS t(place, name, qualified)
JOIN pg_class AS c ON c.oid = to_regclass(t.qualified) AND c.relrowsecurity ORDER BY t.place`;
  const rows = await select<[Table, string, boolean, boolean, string]>(log, sql, [events, snapshots, commands]);
  return rows.map(([table, role, applies, isForced, policies]) => {
    return { table, role, applies, isForced, policies: policies === '' ? [] : policies.split('\n') };
  });
}

/**
 * Throws `PermissionDeniedError` when row-level security hides rows of these tables from this role: an answer without them
 * would look complete. Passes when a table is missing; the query itself will report that.
 */
export async function assertNoHiddenRows(
  log: EventLog,
  tables: readonly Table[] = ['event_log', 'snapshots'],
): Promise<void> {
  for (const { table, role, applies, policies } of await rowSecurity(log))
    if (applies && tables.includes(table))
      throw new PermissionDeniedError(
        `Row-level security of ${table} (${policiesText(policies)}) hides rows from ${role}, so the answer would be incomplete.`,
        { hint: `Log in as another role that sees all rows, or ALTER ROLE ${role} BYPASSRLS.` },
      );
}

/** Makes PostgreSQL refuse queries from which row-level security would hide rows, for the rest of a transaction. */
export async function refuseHiddenRows(transaction: Executor): Promise<void> {
  await execute(transaction, 'SET LOCAL row_security = off');
}

/** Policies in words. */
export function policiesText(policies: readonly string[]): string {
  return policies.length === 0 ? 'no policy' : `${policies.length > 1 ? 'policies' : 'policy'} ${policies.join(', ')}`;
}
