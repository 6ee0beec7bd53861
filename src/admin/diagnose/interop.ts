import { hasEctoMigrations } from '../log/elixir.js';
import type { EventLog } from '../log/event-log.js';
import { type Finding, finding, fine } from './finding.js';

/**
 * Checks that values which Elixir cannot read are refused where an Elixir application shares the log. No finding where
 * neither is so.
 */
export async function checkInterop(log: EventLog): Promise<Finding | undefined> {
  if (log.interop !== undefined) return fine('interop', `values that ${log.interop} cannot read are refused`);
  if (!(await hasEctoMigrations(log))) return undefined;
  return finding(
    'interop',
    'note',
    'an Elixir application uses this schema (it has the table schema_migrations of Ecto), and cannot read all that Maestro stores',
    "If it reads this log, set interop: 'elixir' in the configuration file and where your program opens the database. `maestro verify --interop elixir` finds what is stored already.",
  );
}
