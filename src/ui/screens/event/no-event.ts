import { type EventHead, lastHead, neighbours } from '../../../admin/find-event/find-event.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { UiContext } from '../../context.js';
import { type Choice, PageError } from '../../page-error.js';
import { eventAddress } from '../../parts/id.js';

/** The error for a timestamp that no event has, with what may be meant instead. */
export async function noSuchEvent({ log }: UiContext, timestamp: Timestamp): Promise<PageError> {
  const message = `There is no event with the timestamp ${timestamp.toString()}.`;
  const last = await lastHead(log, timestamp);
  if (last !== undefined)
    return new PageError(404, message, {
      hint: 'This is the id of an aggregate:',
      choices: [{ text: timestamp.hex, href: `/aggregate/${timestamp.hex}` }],
    });
  const { before, after } = await neighbours(log, { timestamp });
  const nearest = [before, after].filter((head) => head !== undefined);
  if (nearest.length === 0)
    return new PageError(404, message, {
      hint: 'The log has no events at all: is this the database that you mean, and its schema?',
    });
  return new PageError(404, message, {
    hint: nearest.length === 1 ? 'The nearest is:' : 'The nearest are:',
    choices: nearest.map(choiceOf),
  });
}

/** The error for an aggregate none of whose events has a timestamp that others' have. */
export function notOfAggregate(timestamp: Timestamp, id: Timestamp, heads: readonly EventHead[]): PageError {
  return new PageError(404, `No event of ${id.hex} has the timestamp ${timestamp.toString()}.`, {
    hint: heads.length === 1 ? 'This one has:' : 'These have:',
    choices: heads.map(choiceOf),
  });
}

function choiceOf({ timestamp, aggregateId, sequence, type }: EventHead): Choice {
  return {
    text: `${timestamp.toString()}, event ${sequence} of ${aggregateId.hex}: ${type}`,
    href: eventAddress(timestamp, aggregateId),
  };
}
