import type { Knex } from 'knex';
import { tableDifferences } from '../../store/migrate/table-differences.js';
import { PermissionDeniedError } from '../../store/errors.js';
import { layoutText, PLAIN } from '../../store/layout/layout.js';
import { layoutOf, MIGRATIONS_TABLE } from '../../store/migrate/migration-state.js';
import { migrationStatus } from '../../store/migrate/migration-status.js';
import { DEFAULT_SCHEMA, qualified } from '../../store/schema-name.js';
import { readTableShape } from '../../store/migrate/table-shape.js';
import type { EventLog } from '../log/event-log.js';
import { select } from '../log/select.js';
import { type Finding, finding, fine } from './finding.js';

const MIGRATE = 'Run `maestro migrate`, or name another --schema.';

/** Checks that the tables exist, have their proper shape and are up to date. */
export async function checkTables(log: EventLog): Promise<Finding> {
  const { schema = DEFAULT_SCHEMA } = log;
  try {
    return await recordedTables(log.knex as Knex, schema);
  } catch (error) {
    // A role that only works with events has no right to the bookkeeping, and needs none.
    if (error instanceof PermissionDeniedError) return await tablesAsTheyAre(log, schema);
    throw error;
  }
}

async function recordedTables(knex: Knex, schema: string): Promise<Finding> {
  const { steps, layout, faults, upToDate } = await migrationStatus(knex, { schema });
  const failure = (what: string, remedy: string) => finding('tables', 'failure', `schema ${schema}: ${what}`, remedy);
  if (faults.length > 0) return failure(faults.join('; '), 'See `maestro migrate status`.');
  const named = (state: string) => steps.filter((step) => step.state === state).map(({ name }) => name);
  if (named('unknown').length > 0) return failure('migrated by a newer Maestro', 'Install that version.');
  if (layout === undefined) return failure('no tables', MIGRATE);
  const found = `schema ${schema}, ${layoutText(layout)}`;
  if (upToDate) return fine('tables', `${found}, up to date`);
  const pending = named('pending');
  if (pending.length === steps.length)
    return finding(
      'tables',
      'note',
      `${found}, valid, but not created by Maestro`,
      'They can be used as they are. `maestro migrate` records them, unchanged, and adds what only Maestro uses, such as the table of command ids.',
    );
  if (steps.some(({ state, essential }) => state === 'pending' && essential))
    return failure(`pending migrations: ${pending.join(', ')}`, 'Run `maestro migrate`.');
  return finding(
    'tables',
    'warning',
    `${found}; pending migrations: ${pending.join(', ')}`,
    'Run `maestro migrate`. Until then all works but what needs their tables, such as a command with a `commandId`.',
  );
}

/** Checks without the table of applied steps: by the catalog alone, which every role may read. */
async function tablesAsTheyAre(eventLog: EventLog, schema: string): Promise<Finding> {
  const { knex } = eventLog;
  const [[role] = ['']] = await select<[string]>(eventLog, 'SELECT quote_ident(current_user)');
  const [log, snapshots, commands] = [
    await readTableShape(knex, schema, 'event_log'),
    await readTableShape(knex, schema, 'snapshots'),
    await readTableShape(knex, schema, 'maestro_commands'),
  ];
  if (log === undefined || snapshots === undefined)
    return finding('tables', 'failure', `schema ${schema}: no tables`, MIGRATE);
  const layout = layoutOf({ shapes: new Map([['event_log', log]]) });
  const faults = [
    ...tableDifferences('event_log', log, log),
    ...tableDifferences('snapshots', snapshots, log),
    ...(commands === undefined ? [] : tableDifferences('maestro_commands', commands, log)),
  ];
  if (faults.length > 0)
    return finding('tables', 'failure', `schema ${schema}: ${faults.join('; ')}`, 'See `maestro migrate status`.');
  return finding(
    'tables',
    'note',
    `schema ${schema}, ${layoutText(layout ?? PLAIN)}, valid; the role may not read which migrations are pending`,
    `Nothing else needs this right. To grant it: GRANT SELECT ON ${qualified(schema, MIGRATIONS_TABLE)} TO ${role}.`,
  );
}
