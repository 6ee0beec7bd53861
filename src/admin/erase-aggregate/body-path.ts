import { Pointer } from 'rfc6902';
import { InvalidArgumentError } from '../../errors.js';
import { type Fragment, fragment } from '../../store/read/fragment.js';

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
export function hasValueAt({ tokens, replacement }: BodyPath): Fragment {
  const [path, parent] = [pathArray(tokens), pathArray(tokens.slice(0, -1))];
  const conditions = [
    fragment`body #> ${path} IS NOT NULL`,
    fragment`NOT (jsonb_typeof(body #> ${parent}) = 'array' AND body #> ${path} = 'null')`,
  ];
  if (replacement !== undefined) conditions.push(fragment`body #> ${path} <> ${json(replacement)}`);
  for (const [index, token] of tokens.entries())
    if (isMistakenForPlace(token))
      conditions.push(fragment`jsonb_typeof(body #> ${pathArray(tokens.slice(0, index))}) = 'object'`);
  return {
    sql: `(${conditions.map(({ sql }) => sql).join(' AND ')})`,
    bindings: conditions.flatMap(({ bindings }) => bindings),
  };
}

/**
 * The body without the value at a path: replaced, or removed with its key, or, as an item of an array, set to null, so
 * that the other items keep their places.
 */
export function withoutValueAt({ tokens, replacement }: BodyPath): Fragment {
  const [path, parent] = [pathArray(tokens), pathArray(tokens.slice(0, -1))];
  if (replacement !== undefined) return fragment`jsonb_set(body, ${path}, ${json(replacement)}, false)`;
  return fragment`CASE WHEN jsonb_typeof(body #> ${parent}) = 'array'
THEN jsonb_set(body, ${path}, 'null', false) ELSE body #- ${path} END`;
}

/**
 * True for a token that PostgreSQL takes for an index of an array (-1 for the last, 01 for the second) and a JSON
 * Pointer only for a key.
 */
function isMistakenForPlace(token: string): boolean {
  return /^[ \t\n\v\f\r]*[+-]?\d+$/.test(token) && !/^(0|[1-9]\d*)$/.test(token);
}

/** The keys of a path, one value each: to read an array from one text is not immutable, and a cluster takes no such function where it changes rows. */
function pathArray(tokens: readonly string[]): Fragment {
  return { sql: `ARRAY[${tokens.map(() => '?').join(', ')}]::text[]`, bindings: tokens };
}

function json(text: string): Fragment {
  return { sql: '?::text::jsonb', bindings: [text] };
}
