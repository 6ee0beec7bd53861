import type { StateAt } from '../../aggregate/state-at.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { PostgresStore } from '../../store/postgres-store.js';
import type { Output } from '../output/output.js';

/** How far a history is folded, and from where. */
export interface FoldRange {
  /** The last sequence, inclusive. @defaultValue the last one there is */
  readonly maxSequence?: number | undefined;
  /** The last reading of the clock; the fold ends before the first event with a later one. */
  readonly until?: Timestamp | undefined;
  /** Whether a stored snapshot may stand for the events before it; with `until` none does. */
  readonly useSnapshot: boolean;
}

/** The way in which the events of one aggregate are folded: by the handlers of an application, or by merging their bodies. */
export interface Folding {
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
  /** How the states come to be, in words for people. */
  readonly how: string;
  /** The state before the first event. Throws `HandlerError`. */
  start(): StateAt;
  /**
   * The state after one more event, which need not be the next. Leaves the state before as it is. Throws
   * `InvalidHandlerError`, `HandlerError` and `EventSchemaError`.
   */
  next(before: StateAt, event: StoredEvent): StateAt;
  /**
   * Folds a history in one pass. Events that are missing in it are told where bodies are merged; an application is never
   * given a history with a gap. Throws what `next` throws, and `IncompleteHistoryError`.
   */
  fold(store: PostgresStore, range: FoldRange, output: Output): Promise<StateAt>;
  /** A state as JSON text, its numbers digit for digit. Throws `HandlerError`. */
  json(at: StateAt): string;
  /** A state as its definition shows it to people; absent when it does not. Throws `HandlerError`. */
  readonly render?: (at: StateAt) => string;
}
