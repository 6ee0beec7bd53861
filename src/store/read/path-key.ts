/**
 * SQL of the number by which an index finds the events with a value in their body: the hash of the value to which keys lead;
 * {@link AMBIGUOUS} where an array is on the way or at its end, because a jsonpath looks into each of its items; NULL where
 * nothing is. Values that a jsonpath calls equal, such as 1 and 1.0, have one hash. The keys are part of the SQL, so they must
 * have been checked.
 */
export function pathKey(keys: readonly string[]): string {
  const places = ['body'];
  for (const key of keys) places.push(`${places.at(-1)}->'${key}'`);
  const types = places.map((place) => `jsonb_typeof(${place})`).join(', ');
  return `CASE WHEN 'array' IN (${types}) THEN ${AMBIGUOUS} ELSE jsonb_hash_extended(${places.at(-1)}, 0) END`;
}

/** SQL of the number of the events that may have any value, or several. */
export const AMBIGUOUS = '0::bigint';

/** SQL of the number of the events that have a value; its binding is the value's JSON text. */
export const VALUE_KEY = 'jsonb_hash_extended(?::text::jsonb, 0)';
