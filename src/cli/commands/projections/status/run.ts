import { assertNoHiddenRows } from '../../../../admin/log/row-security.js';
import type { Database } from '../../../../connection/database.js';
import { assertProjectionTables } from '../../../../store/positions/assert-tables.js';
import { readCopies } from '../../../../projection/copies/copy.js';
import { missingTables } from '../../../../projection/copies/missing-tables.js';
import { lagOf } from '../../../../projection/lag.js';
import { listParked } from '../../../../projection/apply/parked.js';
import { switchBlockers } from '../../../../projection/rebuild/switch-blockers.js';
import { withDatabase } from '../../../database/with-database.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { registeredCopies } from '../registered.js';
import { type CopyStatus, needsAttention } from './copy-status.js';
import { printStatus } from './print-status.js';

/** The options of `maestro projections status`. */
export interface StatusCommandOptions {
  readonly exitCode?: boolean;
}

/** Number of parked aggregates that are listed of each copy; all of them are counted. */
const LISTED = 100;

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
  await assertProjectionTables(knex, schema);
  const copies = await readCopies(knex, schema, name === undefined ? undefined : [name]);
  if (name !== undefined && copies.length === 0) await registeredCopies({ knex, schema }, name);
  const lags = await lagOf(knex, schema, name === undefined ? {} : { names: [name] });
  const gone = await missingTables(knex, schema);
  const states: CopyStatus[] = [];
  for (const copy of copies) {
    const lag = lags.find((each) => each.copy === copy.id);
    if (lag === undefined) continue;
    const parked = await listParked(knex, schema, { copies: [copy.id], limit: LISTED });
    const missing = gone.filter((each) => each.copy === copy.id).map(({ table }) => table);
    const isFilled = copy.status === 'building' && lag.eventsBehind === 0 && parked.length === 0;
    const waitsFor = isFilled ? await switchBlockers(knex, schema, copy.name) : [];
    states.push({ copy, lag, parked, missing, waitsFor });
  }
  return states;
}
