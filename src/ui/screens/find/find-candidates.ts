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
  | {
      readonly kind: 'time';
      readonly span: TimeSpan;
      /** True for a time that is still to come. */
      readonly isToCome: boolean;
    };

/** An event that was asked for by its aggregate and sequence, and is not there. */
export interface AbsentEvent {
  readonly sequence: number;
  /** The last event of the aggregate. */
  readonly last: EventHead;
}

/** The things that a text may stand for. */
export interface Found {
  readonly candidates: readonly Candidate[];
  /** Events that aggregates with such an id do not have. */
  readonly absent: readonly AbsentEvent[];
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
export async function findCandidates(log: EventLog, text: string, now = Date.now()): Promise<Found> {
  const candidates: Candidate[] = [];
  const absent: AbsentEvent[] = [];
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
    for (const id of await idsWithPrefix(log, idDigits, SHOWN)) {
      const sequence = Number(number);
      const [event] = await eventHeads(log, id, { direction: 'upTo', sequence, limit: 1 });
      if (event?.sequence === sequence) candidates.push({ kind: 'event', event });
      else {
        const last = await lastHead(log, id);
        if (last !== undefined) absent.push({ sequence, last });
      }
    }
  }
  if (digits?.length !== 32) {
    tried.push('a time');
    candidates.push(...timesOf(text, now));
  }
  return { candidates, absent, hasMore, tried };
}

/** The time that a text is; of a time of today that is still to come, also that of yesterday, which is more likely meant. */
function timesOf(text: string, now: number): Candidate[] {
  const span = readTime(text, now);
  if (span === undefined) return [];
  if (span.first <= now) return [{ kind: 'time', span, isToCome: false }];
  const before = readTime(/today/i.test(text) ? text.replace(/today/i, 'yesterday') : `yesterday ${text}`, now);
  return [
    ...(before === undefined ? [] : [{ kind: 'time', span: before, isToCome: false } as const]),
    { kind: 'time', span, isToCome: true },
  ];
}
