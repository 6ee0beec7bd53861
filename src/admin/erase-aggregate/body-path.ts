import { Pointer } from 'rfc6902';
import { InvalidArgumentError } from '../../errors.js';
import type { Fragment } from '../../store/read/fragment.js';

/** A path into the bodies of events. */
export interface BodyPath {
  /** The path as it was given: a JSON Pointer (RFC 6901). */
  readonly pointer: string;
  /** The keys and array indexes of the path. */
  readonly tokens: readonly string[];
  /** The JSON text of the replacement; absent when the value is removed. */
  readonly replacement?: string | undefined;
}

/** Parses a JSON Pointer. Throws `InvalidArgumentError` when it is invalid, or stands for the whole body. */
export function bodyPath(pointer: string, replacement?: string): BodyPath {
  if (!pointer.startsWith('/') || /~(?![01])/.test(pointer))
    throw new InvalidArgumentError(`${JSON.stringify(pointer)} is not a path into a body.`, {
      hint: 'Write a JSON Pointer such as /owner/email or /items/0/note. Without --paths the events are removed whole.',
    });
  return { pointer, tokens: Pointer.fromJSON(pointer).tokens.slice(1), replacement };
}

/**
 * The condition that a body has a value at a path, other than the replacement. A null item of an array counts as no
 * value.
 */
export function hasValueAt(path: BodyPath): Fragment {
  const { tokens, replacement } = path;
  const sql = [
    'body #> ?::text::text[] IS NOT NULL',
    "NOT (jsonb_typeof(body #> ?::text::text[]) = 'array' AND body #> ?::text::text[] = 'null')",
  ];
  const bindings = [arrayOf(tokens), arrayOf(tokens.slice(0, -1)), arrayOf(tokens)];
  if (replacement !== undefined) {
    sql.push('body #> ?::text::text[] <> ?::text::jsonb');
    bindings.push(arrayOf(tokens), replacement);
  }
  for (const [index, token] of tokens.entries()) {
    if (!isMistakenForPlace(token)) continue;
    sql.push("jsonb_typeof(body #> ?::text::text[]) = 'object'");
    bindings.push(arrayOf(tokens.slice(0, index)));
  }
  return { sql: `(${sql.join(' AND ')})`, bindings };
}

/**
 * The body without the value at a path: replaced, or removed with its key, or, as an item of an array, set to null, so
 * that the other items keep their places.
 */
export function withoutValueAt({ tokens, replacement }: BodyPath): Fragment {
  if (replacement !== undefined)
    return {
      sql: 'jsonb_set(body, ?::text::text[], ?::text::jsonb, false)',
      bindings: [arrayOf(tokens), replacement],
    };
  return {
    sql: `CASE WHEN jsonb_typeof(body #> ?::text::text[]) = 'array'
THEN jsonb_set(body, ?::text::text[], 'null', false) ELSE body #- ?::text::text[] END`,
    bindings: [arrayOf(tokens.slice(0, -1)), arrayOf(tokens), arrayOf(tokens)],
  };
}

/**
 * True for a token that PostgreSQL takes for an index of an array (-1 for the last, 01 for the second) and a JSON
 * Pointer only for a key.
 */
function isMistakenForPlace(token: string): boolean {
  return /^[ \t\n\v\f\r]*[+-]?\d+$/.test(token) && !/^(0|[1-9]\d*)$/.test(token);
}

/** A text array in PostgreSQL's notation. */
function arrayOf(tokens: readonly string[]): string {
  return `{${tokens.map((token) => `"${token.replace(/["\\]/g, '\\$&')}"`).join(',')}}`;
}
