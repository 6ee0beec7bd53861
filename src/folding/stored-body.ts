import type { StoredEvent } from '../events.js';
import { isDeeperThan } from '../json/text/depth.js';
import { NestedTooDeeplyError, parseJsonText } from '../json/parse.js';
import type { JsonObject, JsonValue } from '../json/types.js';
import { apart } from '../store/event-metadata.js';

/** Deepest nesting of a body that is folded: twice the limit for committed bodies, and far from exhausting the stack. */
export const MAX_FOLDED_DEPTH = 1000;

/**
 * The parsed body of a stored event without its metadata, numbers digit for digit. Throws {@link NestedTooDeeplyError},
 * which names the event.
 */
export function storedBody({ body, sequence, aggregateId, type }: StoredEvent): JsonValue {
  if (!isDeeperThan(body, MAX_FOLDED_DEPTH)) return apart(parseJsonText(body) as JsonObject).body;
  throw new NestedTooDeeplyError(
    `Event ${sequence} of ${aggregateId.hex}, a ${JSON.stringify(type)}, has a body that is nested deeper than ${MAX_FOLDED_DEPTH} levels, too deep to be folded.`,
    {
      hint: 'The event itself can be read: `maestro events`, `event` and `export` print it. `maestro replay --max` shows the state before it.',
    },
  );
}
