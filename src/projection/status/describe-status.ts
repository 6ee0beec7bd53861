import { counted, decimal } from '../../text/figures.js';
import { describeBlocker } from '../rebuild/switch-blockers.js';
import type { CopyFacts, CopyStatus } from './copy-status.js';

/** What a copy is, in a word. */
export function statusText({ copy: { kind, status } }: CopyFacts): string {
  return kind === 'subscription' ? 'subscription' : status;
}

/** The events that the workers of a copy take in, in a second; empty without workers. */
export function speedText({ activity: { workers, perSecond } }: CopyFacts): string {
  return workers === 0 ? '' : decimal(Math.round(perSecond));
}

/** How far a copy is behind, and all that is not as it should be, in words. Not escaped. */
export function behindText({ copy, lag, missing }: CopyStatus): string {
  if (copy.status === 'retired') return 'replaced, and not yet removed';
  const { aggregatesBehind, eventsBehind, failed, gaps, ahead } = lag;
  const parts = [
    ...(missing.length > 0 ? [`no table ${missing.join(', ')} any more`] : []),
    ...(eventsBehind > 0 ? [`${counted(eventsBehind, 'event')} of ${counted(aggregatesBehind, 'aggregate')}`] : []),
    ...(failed > 0 ? [`${counted(failed, 'aggregate')} parked`] : []),
    ...(gaps > 0 ? [counted(gaps, 'gap')] : []),
    ...(ahead > 0 ? [`${counted(ahead, 'aggregate')} ahead of the log`] : []),
  ];
  return parts.length === 0 ? 'nothing' : parts.join(', ');
}

/** What a filled copy waits for, as a sentence. Not escaped. */
export function waitingText({ copy, waitsFor }: CopyStatus): string {
  return `${copy.name} ${copy.version} is filled, and not in use yet: ${waitsFor.map(describeBlocker).join('; ')}.`;
}

/** What a live copy that nobody fills any more means for those who read it, as a sentence. Not escaped. */
export function staleText({ copy }: CopyFacts): string {
  return `${copy.name} ${copy.version} is live, and no worker has its handlers: until the newer version is in use, its tables get only what commits of that version take in.`;
}
