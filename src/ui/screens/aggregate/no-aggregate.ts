import { findEvent, headsWithTimestamp } from '../../../admin/find-event/find-event.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';

/** Most events that are named. */
const SHOWN = 20;

/** The error for an aggregate that has no events, with what may be meant instead. */
export async function noAggregate({ log, location, schema }: UiContext, id: Timestamp): Promise<PageError> {
  const message = `There is no aggregate ${id.hex}: the log has no event of it.`;
  if ((await findEvent(log, id)) === undefined)
    return new PageError(404, message, {
      hint: `Check the id, and whether this is the database that you mean: ${location}, schema ${schema}. The box above finds ids by their first digits.`,
    });
  const heads = await headsWithTimestamp(log, id, SHOWN);
  return new PageError(404, message, {
    hint: 'This is the timestamp of an event, in the history of:',
    choices: heads.map(({ aggregateId, sequence, type }) => ({
      text: `${aggregateId.hex}, event ${sequence}: ${type}`,
      href: `/aggregate/${aggregateId.hex}?at=${sequence}`,
    })),
  });
}
