import type { Database } from '../../connection/database.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { findEvent } from '../../admin/find-event/find-event.js';
import { NotFoundError } from '../errors.js';

/** The last sequence of an aggregate. Throws `NotFoundError` when the log has no event of it. */
export async function assertAggregate(
  database: Pick<Database, 'store' | 'knex' | 'schema'>,
  id: Timestamp,
): Promise<number> {
  const last = await database.store.getLastEvent(id);
  if (last !== undefined) return last.sequence;
  const { event } = (await findEvent(database, id)) ?? {};
  throw new NotFoundError(`There is no aggregate ${id.hex}: the log has no event of it.`, {
    hint:
      event === undefined
        ? 'Check the id, the database (--url, --data-dir) and the schema (--schema). List the aggregates with `maestro aggregates`.'
        : `This is the timestamp of event ${event.sequence} of another aggregate: see \`maestro event ${event.timestamp.toString()}\`, or \`maestro events ${event.aggregateId.hex}\`.`,
  });
}
