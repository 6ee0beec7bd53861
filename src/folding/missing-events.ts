import { IncompleteHistoryError } from '../aggregate/errors.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { PostgresStore } from '../store/postgres-store.js';
import type { OnWarning } from './folding.js';

/** The end that a fold reached, and the requested one. */
interface End {
  readonly id: Timestamp;
  /** Sequence of the last folded event; 0 for none. */
  readonly sequence: number;
  /** The requested sequence, if there is one. */
  readonly max?: number | undefined;
  /** The requested timestamp, if there is one. */
  readonly at?: Timestamp | undefined;
  /** The last sequence of the aggregate. */
  readonly last: number;
  /** True when handlers fold: they never get a history with a gap. */
  readonly byHandlers: boolean;
}

/**
 * Warns when the event at which a fold was to end, or may have ended by its time, is missing. For handlers it throws
 * `IncompleteHistoryError` instead. Gaps before that are reported by the folding itself. Resolves to true after a warning.
 */
export async function tellMissingEnd(store: PostgresStore, end: End, onWarning: OnWarning): Promise<boolean> {
  const { id, sequence, max, at, last, byHandlers } = end;
  const asked = max === undefined ? undefined : Math.min(max, last);
  const isShort = asked === undefined ? at !== undefined && sequence < last : sequence < asked;
  const next = isShort ? await sequenceAfter(store, id, sequence) : undefined;
  if (next === undefined || next === sequence + 1) return false;
  if (asked !== undefined && byHandlers) throw new IncompleteHistoryError(id.hex, sequence + 1, next);
  await onWarning(asked === undefined ? mayBeBefore(sequence) : missingEvent(asked, sequence));
  return true;
}

/** The warning about a requested event that is missing. */
export function missingEvent(asked: number, sequence: number): string {
  return `Event ${asked} is missing, so this is the state ${sequence === 0 ? 'before the first event' : `after event ${sequence}`}; see \`maestro verify\`.`;
}

/** The warning about a requested time at which events are missing. */
export function mayBeBefore(sequence: number): string {
  return `Events are missing after event ${sequence}, and may be part of the state at that time; see \`maestro verify\`.`;
}

/** The warning about a gap in a folded history. */
export function missingWithin(sequence: number, what = 'the state'): string {
  return `Events are missing after event ${sequence}, so ${what} may be wrong; see \`maestro verify\`.`;
}

async function sequenceAfter(store: PostgresStore, id: Timestamp, sequence: number): Promise<number | undefined> {
  for await (const event of store.streamStoredEvents(id, sequence + 1, { limit: 1 })) return event.sequence;
  return undefined;
}
