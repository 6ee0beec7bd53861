import { FIRST_PAGE, nextPageSize } from '../../store/read/page-size.js';
import type { ReadModelDefinition } from '../definition.js';
import type { TakenBatch } from './take-batch.js';

/**
 * The longest that a transaction should last, in milliseconds: so long at most a commit waits for an aggregate that a worker has, and
 * a worker that is to stop for its handlers.
 */
const LONGEST = 400;

/** The size of the batches of one projection in this process, which follows what its last ones were like. */
export class BatchSize {
  /** Largest number of events in the next one: their bodies fit into about a megabyte. */
  events = FIRST_PAGE;
  /** Number of events that an aggregate has on average. */
  perAggregate = 1;

  /** Learns from a batch of at most `limit` events, which took so many milliseconds. */
  adapt({ taken, length, aggregates }: TakenBatch, limit: number, duration: number): void {
    this.perAggregate = (this.perAggregate + taken / aggregates) / 2;
    const inTime = Math.ceil((taken * LONGEST) / duration);
    const next = Math.max(1, Math.min(nextPageSize(taken, length), inTime));
    // A batch that could have been larger says nothing against larger ones.
    if (taken * 2 >= limit || next < taken) this.events = next;
  }
}

const sizes = new WeakMap<ReadModelDefinition, BatchSize>();

/** The size of the batches of a projection. */
export function batchSize(definition: ReadModelDefinition): BatchSize {
  let size = sizes.get(definition);
  if (size === undefined) sizes.set(definition, (size = new BatchSize()));
  return size;
}
