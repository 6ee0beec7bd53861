import { counted, decimal } from '../../text/figures.js';
import { describeBlocker } from '../rebuild/switch-blockers.js';
import type { CopyFacts, CopyStatus } from './copy-status.js';

/** Names the kind of a copy in a word. */
export function statusText({ copy: { kind, status } }: CopyFacts): string {
  return kind === 'subscription' ? 'subscription' : status;
}

/** The events that the workers of a copy take in, in a second; empty without workers. */
export function speedText({ activity: { workers, perSecond } }: CopyFacts): string {
  return workers === 0 ? '' : decimal(Math.round(perSecond));
}

/**
 * Tells in words the distance of a copy from the log, and all that is not as it should be. Not escaped. With `isPart`, it was compared
 * with a part of the log only.
 */
export function behindText({ copy, lag, missing }: CopyStatus, { isPart = false } = {}): string {
  if (copy.status === 'retired') return 'replaced, and not yet removed';
  const { aggregatesBehind, eventsBehind, failed, gaps, ahead } = lag;
  const least = isPart ? 'at least ' : '';
  const parts = [
    ...(missing.length > 0 ? [`no table ${missing.join(', ')} any more`] : []),
    ...(eventsBehind > 0
      ? [`${least}${counted(eventsBehind, 'event')} of ${counted(aggregatesBehind, 'aggregate')}`]
      : []),
    ...(failed > 0 ? [`${counted(failed, 'aggregate')} parked`] : []),
    ...(gaps > 0 ? [counted(gaps, 'gap')] : []),
    ...(ahead > 0 ? [`${least}${counted(ahead, 'aggregate')} ahead of the log`] : []),
  ];
  if (parts.length > 0) return parts.join(', ');
  return isPart ? 'nothing in that part' : 'nothing';
}

/** Tells in a sentence for whom a filled copy waits. Not escaped. */
export function waitingText({ copy, waitsFor }: CopyStatus): string {
  return `${copy.name} ${copy.version} is filled, and not in use yet: ${waitsFor.map(describeBlocker).join('; ')}.`;
}

/** Tells the readers of a live copy in a sentence that nobody fills it any more. Not escaped. */
export function staleText({ copy }: CopyFacts): string {
  return `${copy.name} ${copy.version} is live, and no worker has its handlers: until the newer version is in use, its tables get only what commits of that version take in.`;
}
