import { createHash } from 'node:crypto';
import { InvalidArgumentError } from '../../../errors.js';
import { memberPath, memberPathText } from '../../../json/path/member-path.js';
import { pathKey } from '../../read/path-key.js';
import type { LogIndex } from './log-index.js';

/** The beginning of the names of Maestro's own indexes on values in bodies. */
export const PATH_INDEX = 'maestro_where_';

/** Most keys of a path. */
const MOST_KEYS = 8;
/** Keys are part of SQL: letters and digits of any language, and signs that mean nothing there. */
const KEY = /^[\p{L}\p{N}_$.:@/# -]{1,100}$/u;
/** Longest name, behind the beginning, that is the path itself. */
const LONGEST_NAME = 32;
/** Characters of a path in the name of an index that ends with a digest of it. */
const EXCERPT = 22;

/**
 * Reads the path of an index: the keys that lead from a body to one value, such as `$.owner.name`. Throws
 * {@link InvalidArgumentError} for anything else, such as a condition, and for keys that cannot be indexed.
 */
export function indexedPath(text: string): readonly string[] {
  const keys = memberPath(text);
  if (keys === undefined)
    throw new InvalidArgumentError(`${JSON.stringify(text)} is not the path of one value.`, {
      hint: `Write the keys that lead to the value, such as '$.customer', '$.owner.name' or '$."$metadata".tenant', without a comparison or [*].`,
    });
  if (keys.length > MOST_KEYS || !keys.every((key) => KEY.test(key)))
    throw new InvalidArgumentError(`There cannot be an index on ${JSON.stringify(text)}.`, {
      hint: `A path has 1 to ${MOST_KEYS} keys, each of 1 to 100 letters, digits, spaces and _ $ . : @ / # -.`,
    });
  return keys;
}

/**
 * The index on the value to which keys lead, by its hash and the timestamp. An entry has 24 bytes whatever the value is, and
 * the expression never fails, so no write is ever refused because of it.
 */
export function pathIndex(keys: readonly string[]): LogIndex {
  const key = pathKey(keys);
  return {
    name: pathIndexName(keys),
    definition: `((${key}), "timestamp")\nWHERE (${key}) IS NOT NULL`,
    what: memberPathText(keys),
  };
}

/** The name of the index on a path: the path itself when it is short and plain, else its beginning and a digest. */
function pathIndexName(keys: readonly string[]): string {
  const plain = keys.join('.');
  if (plain.length <= LONGEST_NAME && keys.every((key) => /^\w+$/.test(key))) return PATH_INDEX + plain;
  const digest = createHash('sha256').update(JSON.stringify(keys)).digest('hex').slice(0, 8);
  return `${PATH_INDEX}${plain.replace(/[^\w.]/g, '').slice(0, EXCERPT)}~${digest}`;
}

/** The keys of the path of an index, from its expression as the catalog prints it; `undefined` for an index of somebody else. */
export function indexedKeys(name: string, expression: string): readonly string[] | undefined {
  const value = expression.split('jsonb_hash_extended(')[1] ?? '';
  const keys = [...value.matchAll(/'([^']+)'::/g)].map(([, key]) => key as string);
  return keys.length > 0 && pathIndexName(keys) === name ? keys : undefined;
}
