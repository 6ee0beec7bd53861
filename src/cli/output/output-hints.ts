import type { Database } from '../../connection/database.js';
import { MaestroError } from '../../errors.js';
import { didYouMean } from '../../nearest.js';
import { eventTypes, isEmptyLog, schemasWithLog } from '../../admin/log-statistics/event-types.js';
import { NotMigratedError } from '../../store/errors.js';
import type { Output } from './output.js';

/** Warns of each requested type that no event of the whole log has, with similar types as a hint. */
export async function warnOfUnknownTypes(
  database: Database,
  types: readonly string[] | undefined,
  seen: ReadonlySet<string>,
  output: Output,
): Promise<void> {
  const unseen = (types ?? []).filter((type) => !seen.has(type));
  if (unseen.length === 0) return;
  const known = await eventTypes(database);
  for (const type of new Set(unseen))
    if (known !== undefined && known.length > 0 && !known.includes(type))
      await output.warn(`no event has the type ${JSON.stringify(type)}. ${typeHint(type, known)}`.trimEnd());
}

/** Number of types that a hint lists. */
const SHOWN_TYPES = 5;

/** A hint for an unknown type: the most similar one, or those that contain a part of it; for a pattern, how to give types. */
function typeHint(type: string, known: readonly string[]): string {
  const isPattern = /[*%?,|]/.test(type);
  const parts = type.split(/[*%?,|]/).filter((part) => part.trim().length >= 3);
  const containing = known.filter((each) =>
    parts.some((part) => each.toLowerCase().includes(part.trim().toLowerCase())),
  );
  const shown = containing.slice(0, SHOWN_TYPES).join(', ');
  const meant =
    (isPattern ? '' : didYouMean(type, known)) ||
    (containing.length === 0 ? '' : `Did you mean ${shown}${containing.length > SHOWN_TYPES ? ', …' : ''}?`);
  const how = isPattern ? ' --type takes one complete name; repeat it for several.' : '';
  return `${meant}${how}${meant === '' ? ' `maestro stats --by type` lists them.' : ''}`.trim();
}

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
