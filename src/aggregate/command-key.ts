// As a whole: an old Node.js, which lacks `hash`, has to get as far as the error that says so.
import crypto from 'node:crypto';
import { InvalidArgumentError } from '../errors.js';
import { encodeCanonical } from '../json/encode/canonical.js';
import { pathText } from '../json/path/path-text.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { assertCommandId, type NewCommand } from '../store/commit/commit-content.js';
import type { Store } from '../store/store.js';
import type { Command } from './fold/decide.js';
import type { Plan } from './plan.js';

/** The name that a caller gave a command, and what the command asks for. */
export interface CommandKey {
  readonly commandId: string;
  /** SHA-256 in hex digits of the type and data, however their keys are ordered and their numbers written. */
  readonly digest: string;
}

/**
 * The key of a command. Throws {@link InvalidArgumentError} for a store that remembers none, for a command id that cannot
 * be kept, and for data that is not JSON: nobody could tell whether a repeat asks for the same.
 */
export function commandKey(store: Store, commandId: unknown, { type, data }: Command): CommandKey {
  if (store.commitCommand === undefined || store.getCommand === undefined)
    throw new InvalidArgumentError('This store cannot remember command ids: it lacks commitCommand or getCommand.', {
      hint: 'Use PostgresStore or MemoryStore, add the two methods to the store, or leave commandId out.',
    });
  assertCommandId(commandId);
  const encoded = encodeCanonical(data === undefined ? { type } : { type, data });
  if ('text' in encoded) return { commandId, digest: crypto.hash('sha256', encoded.text) };
  const faults = encoded.faults.map(({ path, message }) => `${pathText('', path)} ${message}`);
  throw new InvalidArgumentError(
    `The command ${JSON.stringify(type)} has a commandId, so its data must be JSON: ${faults.join('; ')}.`,
    { hint: 'A repeat is known by its data. Write a Timestamp or Date as text, and leave out what is undefined.' },
  );
}

/** The command as a store remembers it, with the events that were planned for it. */
export function newCommand(
  aggregateId: Timestamp,
  key: CommandKey,
  { events, next }: Pick<Plan, 'events' | 'next'>,
): NewCommand {
  const { sequence: lastSequence } = next;
  return { aggregateId, ...key, firstSequence: lastSequence - events.length + 1, lastSequence };
}
