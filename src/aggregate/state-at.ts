import type { LastEvent } from '../store/read/last-event.js';
import type { Definition } from './definition/definition.js';
import { initialState } from './fold/evolve.js';

/** State of an aggregate after one of its events, or before the first. Immutable. */
export interface StateAt extends LastEvent {
  readonly state: unknown;
  /** The sequence of the last event in it; 0 before the first. */
  readonly sequence: number;
  /** The timestamp of that event; absent before the first, and when only a snapshot of it was read. */
  readonly timestamp: LastEvent['timestamp'];
  /** The sequence of the snapshot that it was folded on; 0 for none. */
  readonly snapshot: number;
}

/** State before the first event. Throws `HandlerError`. */
export function initialStateAt(definition: Definition): StateAt {
  return { state: initialState(definition), sequence: 0, timestamp: undefined, snapshot: 0 };
}
