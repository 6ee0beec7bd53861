import type { Timestamp } from './hlc/timestamp.js';
import type { JsonObject } from './json/types.js';

/** The largest sequence there can be: PostgreSQL's largest integer. */
export const MAX_SEQUENCE = 2_147_483_647;
/** The longest type of an event, in code points. */
export const MAX_TYPE_LENGTH = 256;

/** An event as a program hands it over to be committed. */
export interface NewEvent {
  /** When it happened; unique in the whole log. Take it from a `Clock`. */
  readonly timestamp: Timestamp;
  /** The aggregate it belongs to. */
  readonly aggregateId: Timestamp;
  /** Its 1-based position in the aggregate, at most {@link MAX_SEQUENCE}. */
  readonly sequence: number;
  /** What happened: 1 to 256 code points, without control characters or a space at the end. */
  readonly type: string;
  /** The facts: a plain JSON object. */
  readonly body: object;
}

/** An event as the log holds it. */
export interface CommittedEvent<Body = JsonObject> {
  /** When it happened. */
  readonly timestamp: Timestamp;
  /** The aggregate it belongs to. */
  readonly aggregateId: Timestamp;
  /** Its 1-based position in the aggregate. */
  readonly sequence: number;
  /** What happened. */
  readonly type: string;
  /** The facts. */
  readonly body: Body;
}

/** An event whose body is the JSON text that PostgreSQL prints, untouched: digits, key order and all. */
export type StoredEvent = CommittedEvent<string>;

/** The state of an aggregate at one sequence, kept so that it need not be folded from the first event. */
export interface Snapshot<Body = JsonObject> {
  /** The aggregate whose state it is. */
  readonly aggregateId: Timestamp;
  /** The sequence of the last event that the state contains. */
  readonly sequence: number;
  /** The state. */
  readonly body: Body;
}

/** A snapshot as a program hands it over; the body is a plain JSON object. */
export type NewSnapshot = Snapshot<object>;

/** A snapshot whose body is the JSON text that PostgreSQL prints, untouched. */
export type StoredSnapshot = Snapshot<string>;

/** Which event an error speaks of. */
export interface EventRef {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly timestamp: string;
  readonly type: string;
}

/** The facts that name an event, as text. */
export function eventRef(event: Omit<NewEvent, 'body'>): EventRef {
  return {
    aggregateId: event.aggregateId.hex,
    sequence: event.sequence,
    timestamp: event.timestamp.toString(),
    type: event.type,
  };
}
