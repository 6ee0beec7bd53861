import type { EncodedEvent } from './validate.js';

/**
 * The events in the order in which all writers insert: by aggregate, the last sequence of each first, as Elixir Maestro
 * does. A writer that wants a sequence which another transaction has inserted waits for it; two writers with opposite
 * orders would deadlock.
 */
export function inInsertionOrder(events: readonly EncodedEvent[]): readonly EncodedEvent[] {
  return events.length < 2 ? events : events.toSorted(byPlace);
}

function byPlace({ event: a }: EncodedEvent, { event: b }: EncodedEvent): number {
  if (a.aggregateId.hex !== b.aggregateId.hex) return a.aggregateId.hex < b.aggregateId.hex ? -1 : 1;
  return b.sequence - a.sequence;
}
