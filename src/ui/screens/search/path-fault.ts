import { assertJsonPath, InvalidJsonPathError } from '../../../admin/search-events/json-path.js';
import type { EventLog } from '../../../admin/log/event-log.js';

/** A fault of a jsonpath. */
export interface PathFault {
  readonly message: string;
  readonly hint: string | undefined;
  /** The place at which PostgreSQL stopped reading: the first character that it could not take, and the one behind the last. */
  readonly place: readonly [from: number, to: number] | undefined;
}

/** Most places of a word that are tried. */
const TRIED = 10;

/** Mistakes that people make, with what to write instead. */
const MISTAKES: readonly (readonly [sign: RegExp, hint: string])[] = [
  [/(?<![=!<>])=(?!=)/, 'Compare with ==, not with =.'],
  [/'/, 'Write texts between double quotes: "Ada".'],
  [/\b(?:and|or|not)\b/i, 'Write && for and, || for or, !(…) for not.'],
  [/^[^$@!(]/, 'Begin with $, which is the whole body: $.amount > 100.'],
];

/** Finds what is wrong with a jsonpath, and where; `undefined` when PostgreSQL can read it. */
export async function faultOfPath(log: EventLog, path: string): Promise<PathFault | undefined> {
  const error = await errorOf(log, path);
  if (error === undefined) return undefined;
  return faultOf(error, path, await placeOf(log, path, error));
}

/** Tells the fault of a jsonpath that PostgreSQL could read, but not evaluate. */
export function faultOf(error: InvalidJsonPathError, path: string, place?: PathFault['place']): PathFault {
  const mistake = MISTAKES.find(([sign]) => sign.test(path.replace(/"(?:[^"\\]|\\.)*"/g, '""')))?.[1];
  return { message: error.message, hint: mistake ?? error.hint, place };
}

/** The place that a message names with the word at it: the first such word up to which the path is as wrong as the whole. */
async function placeOf(log: EventLog, path: string, error: InvalidJsonPathError): Promise<PathFault['place']> {
  const word = wordAt(error);
  if (word === undefined) return /at end of/.test(error.message) ? [path.length, path.length] : undefined;
  let from = path.indexOf(word);
  for (let tried = 0; from >= 0 && tried < TRIED; tried += 1) {
    const end = from + word.length;
    const cut = end === path.length ? error : await errorOf(log, path.slice(0, end));
    if (cut !== undefined && wordAt(cut) === word) return [from, end];
    from = path.indexOf(word, from + 1);
  }
  return undefined;
}

/** The word at which PostgreSQL says that it stopped. */
function wordAt({ message }: InvalidJsonPathError): string | undefined {
  return / at or near "(.+)" of jsonpath/.exec(message)?.[1];
}

async function errorOf(log: EventLog, path: string): Promise<InvalidJsonPathError | undefined> {
  try {
    await assertJsonPath(log, path);
    return undefined;
  } catch (error) {
    if (error instanceof InvalidJsonPathError) return error;
    throw error;
  }
}
