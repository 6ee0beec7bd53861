import { NotMigratedError } from '../../store/errors.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { select } from '../log/select.js';

/** True when the schema has the table of command ids, which an older Maestro and Elixir's do not make. */
export async function hasCommandsTable(log: EventLog): Promise<boolean> {
  const [row] = await select<[boolean]>(log, 'SELECT to_regclass(?) IS NOT NULL', [tablesOf(log).commands]);
  return row?.[0] ?? false;
}

/**
 * Throws `NotMigratedError` when there is no table of command ids, and `PermissionDeniedError` when row-level security hides
 * some of them.
 */
export async function assertAllCommands(log: EventLog): Promise<void> {
  if (!(await hasCommandsTable(log)))
    throw new NotMigratedError(
      `Schema ${log.schema ?? DEFAULT_SCHEMA} has no table maestro_commands, in which command ids are remembered.`,
    );
  await assertNoHiddenRows(log, ['maestro_commands']);
}
