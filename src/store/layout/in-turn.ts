import type { Executor } from '../driver/driver.js';
import { execute } from '../read/rows.js';
import { layoutAt } from './read-layout.js';
import { traitsOf } from './traits.js';

/**
 * Has a transaction that makes, moves or drops tables go from shard to shard on one connection to each node of a cluster. Without that it is
 * refused after a statement that was for several shards, since these were on several connections.
 */
export async function goInTurn(transaction: Executor, schema: string): Promise<void> {
  const { rowsIn } = traitsOf(await layoutAt(transaction, schema));
  if (rowsIn === 'shards') await execute(transaction, "SET LOCAL citus.multi_shard_modify_mode = 'sequential'");
}
