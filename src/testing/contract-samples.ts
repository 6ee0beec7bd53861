import assert from 'node:assert/strict';
import type { NewEvent } from '../events.js';
import { Clock } from '../hlc/clock.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { Store } from '../store/store.js';

/** Registers one promise of the contract as a test. */
export type PromiseOf = (title: string, run: (store: Store) => Promise<void>) => void;

/** The clock from which the contract's events get their timestamps. */
export const clock = new Clock();

/** A valid event, unless the changes make it otherwise. */
export function event(aggregateId: Timestamp, sequence: number, changes: Partial<NewEvent> = {}): NewEvent {
  return { timestamp: clock.now(), aggregateId, sequence, type: 'happened', body: { sequence }, ...changes };
}

/** The first events of a new aggregate. */
export function history(length: number): NewEvent[] {
  const id = clock.now();
  return Array.from({ length }, (_, index) => event(id, index + 1));
}

/** The aggregate that events are of. */
export function idOf(events: readonly NewEvent[]): Timestamp {
  return (events[0] as NewEvent).aggregateId;
}

/** The sequences of events, in their order. */
export function sequences(events: readonly { sequence: number }[]): number[] {
  return events.map(({ sequence }) => sequence);
}

/** All items of an async iterable. */
export async function collect<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const collected: Item[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}

/** Asserts that a promise is rejected with an error of this code; resolves to the error. */
export async function rejects(promise: Promise<unknown>, code: string): Promise<Error> {
  const error = await promise.then(
    () => assert.fail(`expected ${code}`),
    (reason: unknown) => reason,
  );
  assert.equal((error as { code?: string }).code, code);
  return error as Error;
}
