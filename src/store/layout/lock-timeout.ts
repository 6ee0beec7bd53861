import { driverOf } from '../driver/driver-of.js';
import type { Executor } from '../driver/driver.js';
import { preparedStatement } from '../driver/statement.js';
import { execute } from '../read/rows.js';
import { layoutAt } from './read-layout.js';
import { TELL_SETTINGS } from './tell-settings.js';
import { traitsOf } from './traits.js';

/** Limits how long a transaction waits for a lock, in milliseconds, on whatever servers the tables of a schema are. */
export async function setLockTimeout(transaction: Executor, schema: string, milliseconds: number): Promise<void> {
  const { settings } = traitsOf(await layoutAt(transaction, schema));
  if (settings === 'on demand') await execute(transaction, TELL_SETTINGS);
  await execute(transaction, `SET LOCAL lock_timeout = ${milliseconds}`);
}

/** Ends in the middle of a transaction that the nodes of a cluster wait so long only; this one then waits as long as it did before. */
export async function putBackLockTimeout(transaction: Executor, before: string): Promise<void> {
  await driverOf(transaction).sendTogether([
    { statement: { sql: 'SET LOCAL lock_timeout TO DEFAULT' }, bindings: [] },
    { statement: PUT_BACK, bindings: [before] },
    { statement: { sql: 'SET LOCAL citus.propagate_set_commands TO DEFAULT' }, bindings: [] },
  ]);
}

const PUT_BACK = preparedStatement("SELECT set_config('lock_timeout', ?::text, true)");
