import type { Timestamp } from '../hlc/timestamp.js';
import type { PostgresStore } from '../store/postgres-store.js';

/** The last sequence of an aggregate. Throws `NotFoundError` when the log has no event of it. */
export async function assertAggregate(store: Pick<PostgresStore, 'getLastEvent'>, id: Timestamp): Promise<number> {
  const last = await store.getLastEvent(id);
  if (last !== undefined) return last.sequence;
  const { NotFoundError } = await import('./errors.js');
  throw new NotFoundError(`There is no aggregate ${id.hex}: the log has no event of it.`, {
    hint: 'Check the id, the database (--url, --data-dir) and the schema (--schema).',
  });
}
