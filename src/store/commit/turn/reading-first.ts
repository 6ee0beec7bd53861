import type { CommittedEvent } from '../../../events.js';
import { MAX_SEQUENCE } from '../../../events.js';
import type { AggregateReads, WantedTurn } from '../../store.js';
import { MoreToReadError } from './turn.js';

/** Wraps reads so that the first one of events, if it asks for what came with the turn or for the end of that, is answered with it. */
export function readingFirst(
  reads: AggregateReads,
  {
    minSequence,
    options: { maxSequence = MAX_SEQUENCE, limit = Number.POSITIVE_INFINITY, numbers },
  }: WantedTurn['read'],
  events: CommittedEvent[] | undefined,
): AggregateReads {
  let first = events;
  return {
    ...reads,
    getEvents: async (aggregateId, min = 1, options = {}) => {
      const read = first;
      first = undefined;
      const isSame = options.numbers === numbers && (options.maxSequence ?? MAX_SEQUENCE) === maxSequence;
      if (read !== undefined && isSame && min === minSequence) return read;
      if (read !== undefined && isSame && min > minSequence && read.length < limit)
        return read.filter(({ sequence }) => sequence >= min);
      return await reads.getEvents(aggregateId, min, options);
    },
  };
}

/** Reads of a turn in which no more can be read: each throws {@link MoreToReadError}. */
export const NOTHING_MORE: AggregateReads = {
  getCommand: refuse,
  getEvents: refuse,
  getLastEvent: refuse,
  getSnapshot: refuse,
  streamEvents: refuse,
};

function refuse(): never {
  throw new MoreToReadError('More has to be read than came with the turn.');
}
