import { inspect } from 'node:util';
import { InvalidArgumentError } from '../../errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { stringFault } from '../../json/encode/scalars.js';
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

/** Throws {@link InvalidArgumentError} for a command id that cannot be kept as it is. */
export function assertCommandId(commandId: unknown): asserts commandId is string {
  if (typeof commandId !== 'string')
    throw new InvalidArgumentError(`commandId must be a string; got ${inspect(commandId)}.`);
  // No text has more code points than code units, which cost nothing to count.
  const length = commandId.length <= MAX_COMMAND_ID_LENGTH ? commandId.length : [...commandId].length;
  if (length === 0 || length > MAX_COMMAND_ID_LENGTH)
    throw new InvalidArgumentError(
      `commandId must have 1 to ${MAX_COMMAND_ID_LENGTH} code points; it has ${length}.`,
      length === 0 ? {} : { hint: 'Take a UUID, or the hash of a longer text.' },
    );
  const fault = stringFault(commandId);
  if (fault !== undefined) throw new InvalidArgumentError(`commandId ${fault}.`);
}

/** The rows of one commit: events, and the command that they belong to. */
export interface CommitContent {
  readonly events: readonly EncodedEvent[];
  readonly command?: NewCommand | undefined;
}

/** Number of characters of the bodies of events, as JSON. */
export function lengthOf(events: readonly EncodedEvent[]): number {
  let length = 0;
  for (const { json } of events) length += json.length;
  return length;
}
