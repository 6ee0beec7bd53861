import { LAST_ISO_TIME } from '../../../hlc/timestamp-text.js';
import type { TimeSpan } from '../../../text/time/span.js';
import { eventAddress } from '../../parts/id.js';
import { searchAddress } from '../search/search-address.js';
import type { Candidate } from './find-candidates.js';

const MINUTE = 60_000;
/** Time that is shown before and after a moment, in milliseconds. */
const AROUND = 5 * MINUTE;

/** The address of the page of what a text can stand for, without the base. */
export function candidateAddress(candidate: Candidate): string {
  switch (candidate.kind) {
    case 'aggregate':
      return `/aggregate/${candidate.id.hex}`;
    case 'event':
      return eventAddress(candidate.event.timestamp, candidate.of);
    case 'time':
      return addressAround(candidate.span);
  }
}

/** The address of the search of a time: of a day all of it, of a moment also what is near. */
export function addressAround({ first, last }: Pick<TimeSpan, 'first' | 'last'>): string {
  const near = Math.abs(last - first) < MINUTE ? AROUND : 0;
  const [since, until] = [Math.max(0, Math.min(first, last) - near), Math.max(first, last) + near];
  return searchAddress({ since: Math.min(since, LAST_ISO_TIME), until: Math.min(until, LAST_ISO_TIME) });
}
