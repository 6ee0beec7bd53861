import type { StoredEvent } from '../../events.js';
import type { MissingEvents } from './missing-events.js';
import type { Wanted } from './take-batch.js';

/** A batch in two; one of a single aggregate as it is. */
export function halves(batch: readonly Wanted[]): (readonly Wanted[])[] {
  const middle = Math.ceil(batch.length / 2);
  return [batch.slice(0, middle), batch.slice(middle)].filter((half) => half.length > 0);
}

/**
 * The batches into which one is divided that failed with two events or more: each has less of them, and those before an event that is
 * known to fail come first and by themselves. Aggregates of which nothing was read come last.
 */
export function divided(
  batch: readonly Wanted[],
  missing: readonly MissingEvents[],
  failed: StoredEvent | undefined,
): (readonly Wanted[])[] {
  const read = new Set(missing.map(({ aggregateId }) => aggregateId.hex));
  const others = batch.filter(({ aggregateId }) => !read.has(aggregateId.hex));
  const index = missing.findIndex(({ aggregateId }) => failed?.aggregateId.equals(aggregateId));
  if (failed !== undefined && index !== -1) return [...aroundFailed(missing, index, failed), others];
  const [only, second] = missing;
  if (only === undefined || second !== undefined) return [...halves(missing.map(readPart)), others];
  const middle = only.position + Math.ceil(only.events.length / 2);
  return [[{ aggregateId: only.aggregateId, last: middle }], [readPart(only)], others];
}

/** The parts of a batch: those before the event that failed, the event, and in two parts what was behind it: more may fail there. */
function aroundFailed(missing: readonly MissingEvents[], index: number, failed: StoredEvent): (readonly Wanted[])[] {
  const { aggregateId, sequence } = failed;
  const { position } = missing[index] as MissingEvents;
  const before = missing.slice(0, index).map(readPart);
  const own = sequence - 1 > position ? [{ aggregateId, last: sequence - 1 }] : [];
  const after = missing.slice(index + 1).map(readPart);
  return [[...before, ...own], [{ aggregateId, last: sequence }], ...halves(after)];
}

/** The part of an aggregate that was read. */
function readPart({ aggregateId, position, events }: MissingEvents): Wanted {
  return { aggregateId, last: position + events.length };
}
