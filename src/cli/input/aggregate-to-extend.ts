import type { Database } from '../../connection/database.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { findEvent } from '../../admin/find-event/find-event.js';
import { assertAggregate } from '../fold/assert-aggregate.js';
import type { Output } from '../output/output.js';
import type { IdArgument } from './id-argument.js';
import { resolveAggregateId } from './resolve-id.js';

/**
 * The aggregate to which events are to be appended; it need not have any yet. Throws `NotFoundError` for the timestamp of an
 * event, which would begin a new history by mistake, and what `resolveAggregateId` throws.
 */
export async function aggregateToExtend(
  invocation: { readonly output: Output },
  database: Database,
  argument: IdArgument,
): Promise<Timestamp> {
  const id = await resolveAggregateId(invocation, database, argument);
  if ((await database.store.getLastEvent(id)) !== undefined) return id;
  if ((await findEvent(database, id)) !== undefined) await assertAggregate(database, id);
  return id;
}
