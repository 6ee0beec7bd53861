import { createHash } from 'node:crypto';
import { InvalidArgumentError } from '../../../errors.js';

/** The beginning of the names of Maestro's own indexes on metadata. */
export const INDEX_PREFIX = 'maestro_metadata_';

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

/** The name of the index of a key. */
export function indexName(key: string): string {
  return INDEX_PREFIX + key;
}

/** The name of the index of a key on one partition; `$` is in no key, so it cannot be that of another key. */
export function partitionIndexName(key: string, partition: string): string {
  const own = /^event_log_(\d+)$/.exec(partition)?.[1];
  return `${indexName(key)}$${own ?? createHash('sha256').update(partition).digest('hex').slice(0, 8)}`;
}
