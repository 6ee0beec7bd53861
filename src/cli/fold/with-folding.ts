import type { Database } from '../../connection/database.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { assertAggregate } from './assert-aggregate.js';
import { aggregateChoice } from './choose-aggregate.js';
import type { Folding } from '../../folding/folding.js';
import { foldingFor } from '../../folding/folding-for.js';
import { withDatabase } from '../database/with-database.js';
import type { Invocation } from '../invocation.js';
import type { IdArgument } from '../input/id-argument.js';
import { resolveAggregateId } from '../input/resolve-id.js';

/** The history of one aggregate, with its folding. */
export interface OpenHistory {
  readonly id: Timestamp;
  readonly database: Database;
  readonly folding: Folding;
  /** The last sequence when it was opened. */
  readonly last: number;
}

/**
 * Opens the database and runs the work with the history of an aggregate that has events. Throws `NotFoundError` for one that
 * has none, what {@link resolveAggregateId} throws, and `UsageError` for a name that is not configured.
 */
export async function withFolding<Value>(
  invocation: Invocation,
  argument: IdArgument,
  aggregate: string | undefined,
  work: (history: OpenHistory) => Promise<Value>,
): Promise<Value> {
  const choose = await aggregateChoice(invocation, aggregate);
  return await withDatabase(invocation, async (database) => {
    const id = await resolveAggregateId(invocation, database, argument);
    const last = await assertAggregate(database, id);
    const { aggregates = [] } = await invocation.configuration();
    const folding = foldingFor(await choose(database.store, id), id, aggregates);
    return await work({ id, database, folding, last });
  });
}
