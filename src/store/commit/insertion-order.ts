import type { EncodedEvent } from './validate.js';

/**
 * The events in the one order in which all writers have to insert: aggregate by aggregate, the last sequence of each first,
 * as Elixir Maestro does. Whoever wants a sequence that another transaction has inserted waits for it; two that insert in
 * opposite orders would wait for each other.
 */
export function inInsertionOrder(events: readonly EncodedEvent[]): readonly EncodedEvent[] {
  return events.length < 2 ? events : events.toSorted(byPlace);
}

function byPlace({ event: a }: EncodedEvent, { event: b }: EncodedEvent): number {
  if (a.aggregateId.hex !== b.aggregateId.hex) return a.aggregateId.hex < b.aggregateId.hex ? -1 : 1;
  return b.sequence - a.sequence;
}
