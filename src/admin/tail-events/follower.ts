import type { StoredEvent } from '../../events.js';
import type { EventLog } from '../log/event-log.js';

/** Runs a piece of work with the log: on connections that are open anyway, or on a database opened for it. */
export type LogReader = <Value>(work: (log: EventLog) => Promise<Value>) => Promise<Value>;

/** Finds events that were not there before. */
export interface Follower {
  /** The last events of the log, the oldest first. Whatever is in the log now is known from here on. */
  begin(log: EventLog, lines: number): Promise<readonly StoredEvent[]>;
  /**
   * A batch of events that are not known yet, in order; empty when there is none. They are known only when
   * {@link acknowledge} says so, so a batch that was lost on its way comes again.
   */
  poll(log: EventLog): Promise<readonly StoredEvent[]>;
  /** An event was handed on. */
  acknowledge(event: StoredEvent): void;
}
