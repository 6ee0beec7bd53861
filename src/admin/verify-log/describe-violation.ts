import { timeSpan } from '../../hlc/time-span.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { missingText } from '../../text/missing-text.js';
import type { Violation } from './violations.js';

/** A violation in words. Not escaped. */
export function describeViolation(violation: Violation): string {
  switch (violation.kind) {
    case 'first sequence':
      return 'first sequence: the history does not begin with 1';
    case 'gap':
      return `gap: ${missingText(violation.before, violation.sequence)}`;
    case 'clock inversion':
      return `clock inversion: ${clock(violation.timestamp)} is not later than ${clock(violation.clock)} of the event before${apart(violation.nodes)}`;
    case 'future timestamp':
      return `future timestamp: ${clock(violation.timestamp)} is ${timeSpan(violation.milliseconds)} ahead of the database's clock, by node ${violation.node}`;
    case 'id length':
      return `id length: the ${violation.of === 'snapshot' ? 'id of the snapshot' : violation.of} is not 16 bytes long`;
    case 'shared timestamp':
      return `shared timestamp: another event has ${clock(violation.timestamp)} too`;
    case 'snapshot ahead':
      return `snapshot ahead: the last event is ${violation.last}`;
    case 'snapshot of missing events':
      return `snapshot of missing events: the history begins with ${violation.first}`;
    case 'unreadable body':
      return `unreadable body of the ${violation.of}: ${violation.path === '' ? 'it' : violation.path} ${violation.problem}`;
    case 'snapshot without events':
      return 'snapshot without events: the log has none of this aggregate';
    case 'position ahead':
      return `position ahead: ${violation.projection} has taken in ${violation.sequence}, and the last event is ${violation.last}`;
    case 'position at a missing event':
      return `position at a missing event: ${violation.projection} has taken it in, and the log has none with this sequence`;
    case 'position without events':
      return `position without events: ${violation.projection} has taken in what the log has nothing of`;
    case 'no copy':
      return `no copy: a row of the table of ${violation.of} is of copy ${violation.copy} of a projection, which is not there`;
  }
}

function apart({ ahead, behind, milliseconds }: (Violation & { kind: 'clock inversion' })['nodes']): string {
  if (ahead === behind) return `: the clock of node ${behind} ran backwards, by ${timeSpan(milliseconds)} or more`;
  return `: node ${ahead} was ahead of node ${behind} by ${timeSpan(milliseconds)} or more`;
}

function clock(hex: string): string {
  return hex.length === 32 ? Timestamp.parse(hex).toString() : `\\x${hex}`;
}
