import type { CopyActivity } from '../../store/positions/copy-activity.js';
import type { Parked } from '../apply/parked.js';
import type { Copy } from '../copies/copy.js';
import type { Lag } from '../lag.js';
import type { SwitchBlocker } from '../rebuild/switch-blockers.js';

/** All that is known of one copy of a projection, or of a subscription, without reading the log. */
export interface CopyFacts {
  readonly copy: Copy;
  readonly activity: CopyActivity;
  /** The first parked aggregates. */
  readonly parked: readonly Parked[];
  /** Tables of it that are not there any more. */
  readonly missing: readonly string[];
}

/** The status of one copy of a projection, or of a subscription. */
export interface CopyStatus extends CopyFacts {
  readonly lag: Lag;
  /** The obstacle for which a filled copy waits before it is put into use. */
  readonly waitsFor: readonly SwitchBlocker[];
}

/** True when a copy is behind the log, also as one that is being filled, or not as it should be. */
export function isBehind({ lag, missing }: CopyStatus): boolean {
  return missing.length > 0 || lag.eventsBehind > 0 || lag.failed > 0 || lag.gaps > 0 || lag.ahead > 0;
}

/** True when a copy is not as it should be; one that is being filled is behind by its nature. */
export function needsAttention(state: CopyStatus): boolean {
  const { copy, lag } = state;
  if (copy.status === 'retired') return false;
  return isBehind(copy.status === 'live' ? state : { ...state, lag: { ...lag, eventsBehind: 0 } });
}

/** True for a live copy that nobody fills any more while a newer one is filled. */
export function hasStaleTables({ copy, activity }: CopyFacts, states: readonly CopyFacts[]): boolean {
  const isReplaced = states.some(
    (other) => other.copy.name === copy.name && other.copy.status === 'building' && other.copy.version > copy.version,
  );
  return copy.status === 'live' && activity.workers === 0 && isReplaced;
}
