import { InvalidArgumentError } from '../../../errors.js';
import { indexedValue, metadataValue } from '../../read/metadata-condition.js';
import type { LogIndex } from './log-index.js';

/** The beginning of the names of Maestro's own indexes on metadata. */
export const METADATA_INDEX = 'maestro_metadata_';

/** The key is part of SQL and of a name of at most 63 bytes. */
const KEY = /^[A-Za-z0-9_.:-]{1,32}$/;

/** Returns the key of metadata when an index on it can be made. Throws {@link InvalidArgumentError} otherwise. */
export function checkIndexedKey(key: string): string {
  if (!KEY.test(key))
    throw new InvalidArgumentError(`${JSON.stringify(key)} cannot be the key of an index on metadata.`, {
      hint: 'Write 1 to 32 characters: letters from A to Z, digits, and _ . : - between them.',
    });
  return key;
}

/**
 * The index on a key of metadata. An entry of it is bounded, and the expression never fails, so no write is ever refused because
 * of it. Throws {@link InvalidArgumentError} for a key that cannot be indexed.
 */
export function metadataIndex(key: string): LogIndex {
  const value = metadataValue(checkIndexedKey(key));
  return {
    name: METADATA_INDEX + key,
    definition: `(${indexedValue(value)}, "timestamp")\nWHERE ${value} IS NOT NULL`,
    what: key,
  };
}
