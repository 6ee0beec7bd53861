import type { Database } from '../../connection/database.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { assertAggregate } from '../fold/assert-aggregate.js';
import type { Output } from '../output/output.js';
import { type IdArgument, idOrPrefix } from './id-argument.js';
import { resolveAggregateId } from './resolve-id.js';

/** `new`, an aggregate id, or the beginning of one, as an argument parser. */
export function idOrNew(text: string): IdArgument | 'new' {
  return text === 'new' ? 'new' : idOrPrefix(text);
}

/**
 * The aggregate to which events are to be appended; it need not have any yet. Throws `NotFoundError` for the timestamp of an
 * event, which would begin a new history by mistake, and what `resolveAggregateId` throws.
 */
export async function aggregateToExtend(
  session: { readonly output: Output },
  database: Database,
  argument: IdArgument,
): Promise<Timestamp> {
  const id = await resolveAggregateId(session, database, argument);
  if ((await database.store.getLastEvent(id)) !== undefined) return id;
  const { findEvent } = await import('../../admin/find-event/find-event.js');
  if ((await findEvent(database, id)) !== undefined) await assertAggregate(database, id);
  return id;
}
