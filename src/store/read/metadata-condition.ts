import type { Knex } from 'knex';
import { METADATA_KEY } from '../../events.js';

/**
 * Characters of a value that an index holds: at most 800 bytes. An entry of an index has at most 2,704, and a write with
 * a larger one would fail.
 */
export const INDEXED_LENGTH = 200;

/**
 * SQL of a value in the metadata of an event: the text of a string, else JSON; NULL where the event has none. The key is
 * part of the SQL, so it must have been checked.
 */
export function metadataValue(key: string): string {
  return `body->'${METADATA_KEY}'->>'${key}'`;
}

/** SQL of the part of a metadata value that an index on it holds, in the order of its bytes. */
export function indexedValue(value: string): string {
  return `left(${value}, ${INDEXED_LENGTH}) COLLATE "C"`;
}

/** The SQL condition that a metadata value is this text, which an index on the key helps with; and its bindings. */
export function metadataCondition(key: string, text: string): readonly [condition: string, ...Knex.RawBinding[]] {
  const value = metadataValue(key);
  return [`${indexedValue(value)} = left(?::text, ${INDEXED_LENGTH}) AND ${value} = ?::text`, text, text];
}
