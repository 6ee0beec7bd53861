import type { StateAt } from '../aggregate/state-at.js';
import type { StoredEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { OwnObjects } from '../json/compare/merge-patch.js';
import type { JsonValue } from '../json/types.js';
import type { PostgresStore } from '../store/postgres-store.js';

/** Receives a warning about a folded history, as a text for users. */
export type OnWarning = (text: string) => void | Promise<void>;

/** The range of a history to fold. */
export interface FoldRange {
  /** The last sequence, inclusive. @defaultValue the last event */
  readonly maxSequence?: number | undefined;
  /** The largest timestamp; the fold ends before the first event with a later one. */
  readonly until?: Timestamp | undefined;
  /** True when the fold may begin at a stored snapshot; with `until` it never does. */
  readonly useSnapshot: boolean;
}

/** The way in which the events of one aggregate are folded: by the handlers of an application, or by merging their bodies. */
export interface Folding {
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
  /** A description of the folding for users, such as `folded by the handlers of bank-account`. */
  readonly how: string;
  /** The state before the first event. Throws `HandlerError`. */
  start(): StateAt;
  /**
   * The state after one more event, which need not be the next one. Does not change the state before, but for the objects in `own`:
   * those that earlier calls with it have made, and nobody else holds. Throws
   * `InvalidHandlerError`, `HandlerError` and `EventSchemaError`.
   */
  next(before: StateAt, event: StoredEvent, own?: OwnObjects): StateAt;
  /**
   * Folds a history in one pass. Warns of missing events where bodies are merged; handlers never get a history with a gap.
   * Throws what `next` throws, and `IncompleteHistoryError`.
   */
  fold(store: PostgresStore, range: FoldRange, onWarning: OnWarning): Promise<StateAt>;
  /** A state as JSON text, its numbers digit for digit. Throws `HandlerError`. */
  json(at: StateAt): string;
  /** A state as a JSON value; absent where that is only to be had from its text. */
  readonly value?: (at: StateAt) => JsonValue;
  /** Renders a state with the `render` of its definition; absent when there is none. Throws `HandlerError`. */
  readonly render?: (at: StateAt) => string;
}
