import { type CopyActivity, copyActivity } from '../store/positions/copy-activity.js';
import { lagSlices, type PositionLag } from '../store/positions/lag-slices.js';
import type { Executor } from '../store/read/rows.js';

/** The lag of a copy behind the log, and its workers. */
export interface Lag extends PositionLag, CopyActivity {
  /** The id of the copy. */
  readonly copy: number;
}

/** Options of `lagOf`: the copies, and when to give up. */
export interface LagOptions {
  /** Names of projections and subscriptions. @defaultValue all */
  readonly names?: readonly string[] | undefined;
  /** Ends the count between two statements when it is aborted; then its reason is thrown. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * The lag of each copy: exact for what was committed before, in bounded memory. The database walks along the whole
 * log, slice by slice. Retired copies, too, which follow the log no more.
 */
export async function lagOf(on: Executor, schema: string, { names, signal }: LagOptions = {}): Promise<Lag[]> {
  const activities = await copyActivity(on, schema, names);
  const following = [...activities].filter(([, { status }]) => status !== 'retired').map(([copy]) => copy);
  let lags: ReadonlyMap<number, PositionLag> = new Map();
  for await (const slice of lagSlices(on, schema, following)) {
    ({ lags } = slice);
    signal?.throwIfAborted();
  }
  return [...activities].map(([copy, activity]) => ({ copy, ...activity, ...(lags.get(copy) ?? NONE) }));
}

const NONE: PositionLag = { aggregatesBehind: 0, eventsBehind: 0, ahead: 0 };
