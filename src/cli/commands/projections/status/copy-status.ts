import type { Parked } from '../../../../projection/apply/parked.js';
import type { Copy } from '../../../../projection/copies/copy.js';
import type { SwitchBlocker } from '../../../../projection/rebuild/switch-blockers.js';
import type { Lag } from '../../../../projection/lag.js';

/** The status of one copy of a projection, or of a subscription. */
export interface CopyStatus {
  readonly copy: Copy;
  readonly lag: Lag;
  /** The first parked aggregates. */
  readonly parked: readonly Parked[];
  /** Tables of it that are not there any more. */
  readonly missing: readonly string[];
  /** What a copy that is filled waits for before it is put into use. */
  readonly waitsFor: readonly SwitchBlocker[];
}

/** True when a copy is not as it should be; one that is being filled is behind by its nature. */
export function needsAttention({ copy: { status }, lag, missing }: CopyStatus): boolean {
  if (status === 'retired') return false;
  const isBehind = status === 'live' && lag.eventsBehind > 0;
  return isBehind || missing.length > 0 || lag.failed > 0 || lag.gaps > 0 || lag.ahead > 0;
}
