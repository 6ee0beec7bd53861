import { findEvent } from '../../../admin/find-event/find-event.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { UiContext } from '../../context.js';
import { PageError } from '../../page-error.js';

/** The error for an aggregate that has no events, with what may be meant instead. */
export async function noAggregate({ log, location, schema }: UiContext, id: Timestamp): Promise<PageError> {
  const { event } = (await findEvent(log, id)) ?? {};
  return new PageError(404, `There is no aggregate ${id.hex}: the log has no event of it.`, {
    hint:
      event === undefined
        ? `Check the id, and whether this is the database that you mean: ${location}, schema ${schema}. The box above finds ids by their first digits.`
        : `This is the timestamp of event ${event.sequence} of the aggregate \`${event.aggregateId.hex}\`: write it into the box above to see the event.`,
  });
}
