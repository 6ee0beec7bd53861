import { eventHeads } from '../../../admin/find-event/event-heads.js';
import { type EventHead, headsWithTimestamp, lastHead } from '../../../admin/find-event/find-event.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import { idsWithPrefix, timestampsWithPrefix } from '../../../admin/log/ids-with-prefix.js';
import { MAX_SEQUENCE } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { prefixDigits } from '../../../text/id-prefix.js';
import { readTime, timestampOf } from '../../../text/time/read-time.js';
import type { TimeSpan } from '../../../text/time/span.js';

/** Something that a text can stand for. */
export type Candidate =
  | {
      readonly kind: 'aggregate';
      readonly id: Timestamp;
      /** Its last event; absent for a snapshot without events. */
      readonly last: EventHead | undefined;
    }
  | {
      readonly kind: 'event';
      readonly event: EventHead;
      /** Its aggregate, where others have events with the same timestamp. */
      readonly of?: Timestamp | undefined;
    }
  | { readonly kind: 'time'; readonly span: TimeSpan };

/** The things that a text may stand for. */
export interface Found {
  readonly candidates: readonly Candidate[];
  /** True when more ids begin with it than are among the candidates. */
  readonly hasMore: boolean;
  /** Readings of the text, with success or without. */
  readonly tried: readonly string[];
}

/** Largest number of candidates of a kind. */
const SHOWN = 10;
/** An id or its beginning, and the sequence of an event. */
const WITH_SEQUENCE = /^(\S+)[ \t]*[ \t#@/][ \t]*(\d{1,10})$/;

/** Finds what a text can stand for: an id or its beginning, with a sequence or without, a timestamp, a time. Uses indexes. */
export async function findCandidates(log: EventLog, text: string): Promise<Found> {
  const candidates: Candidate[] = [];
  const tried: string[] = [];
  let hasMore = false;
  const digits = timestampOf(text)?.hex ?? prefixDigits(text);
  if (digits !== undefined) {
    const whole = digits.length === 32;
    tried.push(`${whole ? 'the id of an aggregate' : 'the first digits of the id of an aggregate'} (${digits})`);
    tried.push(`${whole ? 'the timestamp of an event' : 'the first digits of the timestamp of an event'}`);
    const ids = await idsWithPrefix(log, digits, SHOWN + 1);
    const timestamps = await timestampsWithPrefix(log, digits, SHOWN + 1);
    hasMore = ids.length > SHOWN || timestamps.length > SHOWN;
    for (const id of ids.slice(0, SHOWN)) candidates.push({ kind: 'aggregate', id, last: await lastHead(log, id) });
    for (const timestamp of timestamps.slice(0, SHOWN)) {
      const events = await headsWithTimestamp(log, timestamp, SHOWN);
      for (const event of events)
        candidates.push({ kind: 'event', event, of: events.length > 1 ? event.aggregateId : undefined });
    }
  }
  const [, beginning = '', number = ''] = WITH_SEQUENCE.exec(text) ?? [];
  const idDigits = timestampOf(beginning)?.hex ?? prefixDigits(beginning);
  if (idDigits !== undefined && Number(number) <= MAX_SEQUENCE) {
    tried.push(`event ${Number(number)} of an aggregate whose id begins with ${idDigits}`);
    candidates.push(...(await eventsAt(log, idDigits, Number(number))));
  }
  if (digits?.length !== 32) {
    const span = readTime(text);
    tried.push('a time');
    if (span !== undefined) candidates.push({ kind: 'time', span });
  }
  return { candidates, hasMore, tried };
}

async function eventsAt(log: EventLog, digits: string, sequence: number): Promise<Candidate[]> {
  const found: Candidate[] = [];
  for (const id of await idsWithPrefix(log, digits, SHOWN)) {
    const [event] = await eventHeads(log, id, { direction: 'upTo', sequence, limit: 1 });
    if (event?.sequence === sequence) found.push({ kind: 'event', event });
  }
  return found;
}
