import type { Timestamp } from './hlc/timestamp.js';
import type { JsonObject } from './json/types.js';

/** The largest sequence: PostgreSQL's largest integer. */
export const MAX_SEQUENCE = 2_147_483_647;
/** The longest type of an event, in code points. */
export const MAX_TYPE_LENGTH = 256;
/** The key under which the database keeps the metadata of an event: one more key of its body. */
export const METADATA_KEY = '$metadata';
/** The key of metadata that all events of one piece of work share, over all aggregates. */
export const CORRELATION_KEY = 'correlationId';
/** The key of metadata with the timestamp of the event that caused this one, in text form or as 32 hex digits. */
export const CAUSATION_KEY = 'causationId';

/** An event to be committed. */
export interface NewEvent {
  /** The time of the event, unique in the whole log. Take it from a `Clock`. */
  readonly timestamp: Timestamp;
  /** The aggregate it belongs to. */
  readonly aggregateId: Timestamp;
  /** Its 1-based position in the aggregate, at most {@link MAX_SEQUENCE}. */
  readonly sequence: number;
  /** The name of what happened: 1 to 256 code points, without control characters or a space at the end. */
  readonly type: string;
  /** The facts of the event: a plain JSON object without the key {@link METADATA_KEY}. */
  readonly body: object;
  /** The cause of the event, who or what it was and why: a plain JSON object. An empty one counts as none. @defaultValue none */
  readonly metadata?: object | undefined;
}

/** An event as the log holds it. */
export interface CommittedEvent<Body = JsonObject> {
  /** The time of the event, unique in the whole log. */
  readonly timestamp: Timestamp;
  /** The aggregate it belongs to. */
  readonly aggregateId: Timestamp;
  /** Its 1-based position in the aggregate. */
  readonly sequence: number;
  /** The name of what happened, such as `deposited`. */
  readonly type: string;
  /** The facts of the event. */
  readonly body: Body;
  /** The metadata of the event; absent when it has none. */
  readonly metadata?: JsonObject;
}

/**
 * An event whose body is the JSON text that PostgreSQL prints, with all digits and its order of keys, and with the metadata
 * under {@link METADATA_KEY}.
 */
export type StoredEvent = Omit<CommittedEvent<string>, 'metadata'>;

/** The state of an aggregate at one sequence, kept so that it need not be folded from the first event. */
export interface Snapshot<Body = JsonObject> {
  /** The aggregate whose state it is. */
  readonly aggregateId: Timestamp;
  /** The sequence of the last event that the state contains. */
  readonly sequence: number;
  /** The state. */
  readonly body: Body;
}

/** A snapshot to be stored; the body is a plain JSON object. */
export type NewSnapshot = Snapshot<object>;

/** A snapshot whose body is the JSON text that PostgreSQL prints. */
export type StoredSnapshot = Snapshot<string>;

/** A reference to an event, as text; errors carry it. */
export interface EventRef {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly timestamp: string;
  readonly type: string;
}

/** The reference to an event. */
export function eventRef(event: Omit<NewEvent, 'body'>): EventRef {
  return {
    aggregateId: event.aggregateId.hex,
    sequence: event.sequence,
    timestamp: event.timestamp.toString(),
    type: event.type,
  };
}
