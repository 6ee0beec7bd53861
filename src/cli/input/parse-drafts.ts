import { ExactNumber } from '../../json/exact-number.js';
import { InvalidJsonError, parseJsonText } from '../../json/parse.js';
import type { JsonObject, JsonValue } from '../../json/types.js';
import type { EventDraft } from '../../store/append.js';
import { InputError } from '../errors.js';

/** Parses a JSON object, its numbers kept digit for digit. `name` is the name of the text in messages. */
export function parseObject(text: string, name: string): JsonObject {
  const value = parseNamed(text, name);
  if (!isObject(value)) throw new InputError(`${name} is not a JSON object.`, { hint: 'Write it like {"amount": 5}.' });
  return value;
}

/** An event of a file, with its line number. */
export interface LineDraft extends EventDraft {
  readonly line: number;
}

/** Parses events from NDJSON: a JSON object `{"type", "body"}` per line, perhaps with `"metadata"`. Throws {@link InputError} naming the line. */
export function parseDrafts(text: string, name: string): LineDraft[] {
  const drafts = text.split('\n').flatMap((line, index) => {
    if (line.trim() === '') return [];
    return [{ ...parseDraft(line, `${name}, line ${index + 1},`), line: index + 1 }];
  });
  if (drafts.length === 0) throw new InputError(`${name} contains no events.`, { hint: 'Nothing was written.' });
  return drafts;
}

function parseDraft(line: string, name: string): EventDraft {
  const { type, body, metadata, ...others } = parseObject(line, name);
  const [unknown] = Object.keys(others);
  if (unknown !== undefined)
    throw new InputError(`${name} has the unknown key ${JSON.stringify(unknown)}.`, {
      hint: 'A line has "type", "body" and perhaps "metadata"; the event gets its sequence and timestamp when it is appended.',
    });
  if (typeof type !== 'string') throw new InputError(`${name} has no "type", or one that is not a string.`);
  if (body === undefined || !isObject(body))
    throw new InputError(`${name} has no "body", or one that is not an object.`);
  if (metadata === undefined) return { type, body };
  if (!isObject(metadata)) throw new InputError(`${name} has a "metadata" that is not an object.`);
  return { type, body, metadata };
}

function parseNamed(text: string, name: string): JsonValue {
  try {
    return parseJsonText(text);
  } catch (error) {
    if (!(error instanceof InvalidJsonError)) throw error;
    throw new InputError(error.message.replace(/^This/, name.replace(/,$/, '')), {
      hint: 'Nothing was written.',
      cause: error,
    });
  }
}

function isObject(value: JsonValue): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof ExactNumber);
}
