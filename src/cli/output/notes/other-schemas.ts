import { isEmptyLog, schemasWithLog } from '../../../admin/log-statistics/event-types.js';
import type { Database } from '../../../connection/database.js';
import { MaestroError } from '../../../errors.js';
import { NotMigratedError } from '../../../store/errors.js';
import type { Output } from '../output.js';

/** Prints a note when the whole log is empty, with other schemas of the database that have an event log. */
export async function noteEmptyLog(database: Database, output: Output): Promise<void> {
  if (output.form === 'ids') return;
  if (!(await isEmptyLog(database))) return;
  const others = await otherSchemas(database);
  await output.note(`the log in schema ${database.schema} has no events${others === '' ? '' : `; ${others}`}`);
}

/** The error; one about a schema without tables gets a hint at other schemas that have an event log. */
export async function namingOtherSchemas(error: unknown, database: Database): Promise<unknown> {
  if (!(error instanceof MaestroError && error.code === 'MAESTRO_NOT_MIGRATED')) return error;
  const others = await otherSchemas(database).catch(() => '');
  if (others === '') return error;
  return new NotMigratedError(error.message, error.cause, `Did you mean another schema? ${capital(others)}.`);
}

async function otherSchemas(database: Database): Promise<string> {
  const names = await schemasWithLog(database);
  if (names.length === 0) return '';
  const [first] = names;
  if (names.length === 1) return `there is an event log in schema ${first}: add --schema ${first}`;
  const shown = names.slice(0, SHOWN_SCHEMAS).join(', ');
  return `there are event logs in other schemas (${shown}${names.length > SHOWN_SCHEMAS ? ', …' : ''}): name one with --schema`;
}

/** Number of schemas that a hint lists. */
const SHOWN_SCHEMAS = 3;

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
