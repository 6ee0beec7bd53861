import { eventTypes } from '../../../admin/log-statistics/event-types.js';
import type { Database } from '../../../connection/database.js';
import { didYouMean } from '../../../nearest.js';
import type { Output } from '../output.js';

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
      await output.warn(`No event has the type ${JSON.stringify(type)}. ${typeHint(type, known)}`.trimEnd());
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
