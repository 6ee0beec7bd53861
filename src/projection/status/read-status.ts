import { assertProjectionTables } from '../../store/positions/assert-tables.js';
import { copyActivity } from '../../store/positions/copy-activity.js';
import type { PositionLag } from '../../store/positions/lag-slices.js';
import type { Executor } from '../../store/read/rows.js';
import { listParked } from '../apply/parked.js';
import { readCopies } from '../copies/copy.js';
import { missingTables } from '../copies/missing-tables.js';
import { lagOf } from '../lag.js';
import { switchBlockers } from '../rebuild/switch-blockers.js';
import type { CopyFacts, CopyStatus } from './copy-status.js';

/** Number of parked aggregates that are listed of each copy; all of them are counted. */
const LISTED = 100;

/**
 * All that is known of the copies of all names, or of one, without reading the log: quick on a log of any size. Throws
 * `NotMigratedError`.
 */
export async function readCopyFacts(on: Executor, schema: string, name?: string): Promise<CopyFacts[]> {
  await assertProjectionTables(on, schema);
  const names = name === undefined ? undefined : [name];
  const copies = await readCopies(on, schema, names);
  const activities = await copyActivity(on, schema, names);
  const gone = await missingTables(on, schema);
  const facts: CopyFacts[] = [];
  for (const copy of copies) {
    const activity = activities.get(copy.id);
    if (activity === undefined) continue;
    const parked = await listParked(on, schema, { copies: [copy.id], limit: LISTED });
    facts.push({
      copy,
      activity,
      parked,
      missing: gone.filter((each) => each.copy === copy.id).map(({ table }) => table),
    });
  }
  return facts;
}

/**
 * The status of the copies of all names, or of one: what {@link readCopyFacts} gives, and how far they are behind, for which the
 * database walks along the whole log.
 */
export async function readStatus(on: Executor, schema: string, name?: string): Promise<CopyStatus[]> {
  const facts = await readCopyFacts(on, schema, name);
  const lags = await lagOf(on, schema, name === undefined ? {} : { names: [name] });
  return await statusOf(on, schema, facts, new Map(lags.map((lag) => [lag.copy, lag])));
}

/** The status of copies with their lags behind the log, by the id of the copy; those without one are left out. */
export async function statusOf(
  on: Executor,
  schema: string,
  facts: readonly CopyFacts[],
  lags: ReadonlyMap<number, PositionLag>,
): Promise<CopyStatus[]> {
  const states: CopyStatus[] = [];
  for (const each of facts) {
    const { copy, parked, activity } = each;
    const lag = lags.get(copy.id);
    if (lag === undefined) continue;
    const isFilled = copy.status === 'building' && lag.eventsBehind === 0 && parked.length === 0;
    const waitsFor = isFilled ? await switchBlockers(on, schema, copy.name) : [];
    states.push({ ...each, lag: { copy: copy.id, ...activity, ...lag }, waitsFor });
  }
  return states;
}
