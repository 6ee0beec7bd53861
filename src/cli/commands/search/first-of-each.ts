import type { StoredEvent } from '../../../events.js';

/** Number of ids that are remembered. */
const REMEMBERED = 100_000;

/** The first event of each aggregate. An aggregate can come again after {@link REMEMBERED} others. */
export async function* firstOfEach(events: AsyncIterable<StoredEvent>): AsyncGenerator<StoredEvent> {
  const seen = new Set<string>();
  for await (const event of events) {
    if (seen.has(event.aggregateId.hex)) continue;
    if (seen.size >= REMEMBERED) seen.clear();
    seen.add(event.aggregateId.hex);
    yield event;
  }
}
