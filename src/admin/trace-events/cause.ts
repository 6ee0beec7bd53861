import { CAUSATION_KEY, METADATA_KEY } from '../../events.js';
import { InvalidTimestampError } from '../../hlc/errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import type { EventHead } from '../find-event/find-event.js';

/**
 * What the `causationId` of an event names.
 *
 * - `listed`: an event before it in the trace, with its number there.
 * - `elsewhere`: an earlier event of the log that is not in the trace: it has another correlation id or none, or lies before the time asked for.
 * - `later`: an event that is not earlier, such as the event itself; so causes never go round in a circle.
 * - `unknown`: a timestamp that no event has.
 * - `invalid`: something else than a timestamp, as JSON text of up to 200 characters.
 */
export type Cause =
  | { readonly kind: 'listed'; readonly event: EventHead; readonly number: number }
  | { readonly kind: 'elsewhere' | 'later'; readonly event: EventHead }
  | { readonly kind: 'unknown'; readonly timestamp: Timestamp }
  | { readonly kind: 'invalid'; readonly value: string };

/** A `causationId` as it was read: a timestamp, or JSON text of something else. */
export type NamedCause = { readonly timestamp: Timestamp } | { readonly value: string };

/** Characters of a `causationId` that are read; a timestamp has fewer. */
const LONGEST = 200;

/** SQL of the `causationId` of an event, as the beginning of its JSON text; NULL when there is none. */
export const CAUSE_COLUMN = `left((body->'${METADATA_KEY}'->'${CAUSATION_KEY}')::text, ${LONGEST})`;

/** Reads the value of {@link CAUSE_COLUMN}; a JSON `null` counts as none. */
export function namedCause(json: string | null): NamedCause | undefined {
  if (json === null || json === 'null') return undefined;
  const text = json.startsWith('"') && json.length < LONGEST ? (JSON.parse(json) as string) : undefined;
  try {
    if (text !== undefined) return { timestamp: Timestamp.parse(text) };
  } catch (error) {
    if (!(error instanceof InvalidTimestampError)) throw error;
  }
  return { value: json };
}
