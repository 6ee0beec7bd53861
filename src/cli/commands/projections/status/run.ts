import { assertNoHiddenRows } from '../../../../admin/log/row-security.js';
import type { Database } from '../../../../connection/database.js';
import { type CopyStatus, needsAttention } from '../../../../projection/status/copy-status.js';
import { readStatus } from '../../../../projection/status/read-status.js';
import { withDatabase } from '../../../database/with-database.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { registeredCopies } from '../registered.js';
import { printStatus } from './print-status.js';

/** The options of `maestro projections status`. */
export interface StatusCommandOptions {
  readonly exitCode?: boolean;
}

/** Shows how far projections and subscriptions are, and with `--exit-code` exits with 1 when one needs attention. */
export async function run(
  name: string | undefined,
  { exitCode = false }: StatusCommandOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  invocation.output.progress.report('Looking for events that were not taken in');
  const states = await withDatabase(invocation, (database) => readStates(database, name));
  await printStatus(states, invocation.output);
  return exitCode && states.some(needsAttention) ? FOUND : DONE;
}

async function readStates({ knex, schema }: Database, name: string | undefined): Promise<CopyStatus[]> {
  // A part of the log would look like all of it.
  await assertNoHiddenRows({ knex, schema });
  const states = await readStatus(knex, schema, name);
  if (name !== undefined && states.length === 0) await registeredCopies({ knex, schema }, name);
  return states;
}
