import type { Timestamp } from '../../hlc/timestamp.js';
import type { EncodedEvent } from './validate.js';

/** A command that is to be remembered together with its events. */
export interface NewCommand {
  readonly aggregateId: Timestamp;
  /** The name that the caller gave this command: 1 to {@link MAX_COMMAND_ID_LENGTH} code points. */
  readonly commandId: string;
  /** The digest of what it asks for, in hex digits: another command with the same id has another one. */
  readonly digest: string;
  /** The sequence of its first event; of the next event to come, when it has none. */
  readonly firstSequence: number;
  /** The sequence of its last event; one less than `firstSequence` when it has none. */
  readonly lastSequence: number;
}

/** The longest command id, in code points. */
export const MAX_COMMAND_ID_LENGTH = 200;

/** What one commit writes: events, and the command that they belong to. */
export interface CommitContent {
  readonly events: readonly EncodedEvent[];
  readonly command?: NewCommand | undefined;
}
