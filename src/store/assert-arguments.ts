import { InvalidArgumentError } from '../errors.js';
import { Timestamp } from '../hlc/timestamp.js';

/** Throws {@link InvalidArgumentError} for what is no aggregate id. */
export function assertAggregateId(id: unknown): asserts id is Timestamp {
  if (id instanceof Timestamp) return;
  throw new InvalidArgumentError(`An aggregate id must be a Timestamp; got ${id === null ? 'null' : typeof id}.`, {
    hint: 'Take one from create(), or make one with Timestamp.parse().',
  });
}

/** Throws {@link InvalidArgumentError} for what is no list of events. */
export function assertEventList(events: unknown): void {
  if (Array.isArray(events)) return;
  throw new InvalidArgumentError(`Events are committed as a list; got ${events === null ? 'null' : typeof events}.`, {
    hint: 'Write commitEvents([event]), with one event or more.',
  });
}
