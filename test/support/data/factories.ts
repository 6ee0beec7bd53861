import type { NewEvent } from '../../../src/events.js';
import { Clock } from '../../../src/hlc/clock.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';

const clock = new Clock();

/** A new aggregate id. */
export function anId(): Timestamp {
  return clock.now();
}

/** An event of an aggregate, valid unless the changes make it otherwise. */
export function anEvent(aggregateId: Timestamp = anId(), changes: Partial<NewEvent> = {}): NewEvent {
  return {
    timestamp: clock.now(),
    aggregateId,
    sequence: 1,
    type: 'happened',
    body: { note: 'as it was' },
    ...changes,
  };
}

/** The first events of an aggregate. */
export function aHistory(aggregateId: Timestamp, length: number): NewEvent[] {
  return Array.from({ length }, (_, index) => anEvent(aggregateId, { sequence: index + 1, body: { n: index + 1 } }));
}

/** All items of an async iterable. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
