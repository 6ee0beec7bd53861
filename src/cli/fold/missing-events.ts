import { IncompleteHistoryError } from '../../aggregate/errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import type { Output } from '../output/output.js';

/** The end that a fold reached, and the one that was asked for. */
interface End {
  readonly id: Timestamp;
  /** The sequence of the last event in it; 0 for none. */
  readonly sequence: number;
  /** The sequence that was asked for, if one was. */
  readonly max?: number | undefined;
  /** The last reading of the clock that was asked for, if one was. */
  readonly at?: Timestamp | undefined;
  /** The last sequence of the aggregate. */
  readonly last: number;
  /** True when an application folds: it is never given a history with a gap. */
  readonly byHandlers: boolean;
}

/**
 * Tells when the event is missing at which a fold was to end, or could have ended by the time. Throws
 * `IncompleteHistoryError` in place of a state of an application. A gap before that is told by who folds.
 */
export async function tellMissingEnd(store: PostgresStore, end: End, output: Output): Promise<boolean> {
  const { id, sequence, max, at, last, byHandlers } = end;
  const asked = max === undefined ? undefined : Math.min(max, last);
  const isShort = asked === undefined ? at !== undefined && sequence < last : sequence < asked;
  const next = isShort ? await sequenceAfter(store, id, sequence) : undefined;
  if (next === undefined || next === sequence + 1) return false;
  if (asked !== undefined && byHandlers) throw new IncompleteHistoryError(id.hex, sequence + 1, next);
  await output.warn(asked === undefined ? mayBeBefore(sequence) : missingEvent(asked, sequence));
  return true;
}

/** An event that was named, and is missing. */
export function missingEvent(asked: number, sequence: number): string {
  return `Event ${asked} is missing, so the state after ${sequence === 0 ? 'no event' : `sequence ${sequence}`} is taken; see \`maestro verify\`.`;
}

/** A time that lies where events are missing. */
export function mayBeBefore(sequence: number): string {
  return `Events are missing after sequence ${sequence}, and may be older than that time; see \`maestro verify\`.`;
}

/** A gap within what was folded. */
export function missingWithin(sequence: number, what = 'the state'): string {
  return `Events are missing after sequence ${sequence}, so ${what} may be wrong; see \`maestro verify\`.`;
}

async function sequenceAfter(store: PostgresStore, id: Timestamp, sequence: number): Promise<number | undefined> {
  for await (const event of store.streamStoredEvents(id, sequence + 1, { limit: 1 })) return event.sequence;
  return undefined;
}
