import type { CommittedEvent } from '../events.js';
import { ClockDriftError } from '../hlc/errors.js';
import { InvalidArgumentError, MaestroError } from '../errors.js';
import { InvalidEventError, NotMigratedError, SequenceConflictError } from '../store/errors.js';
import { CommandAnswerLostError, CommandIdReusedError, isFoldingError } from './errors.js';
import type { CommandKey } from './command-key.js';
import type { Command } from './fold/decide.js';
import { fold, type History } from './history.js';
import type { StateAt } from './state-at.js';

/** The terms that a command is evaluated under. */
export interface Terms {
  /** The sequence that must be the aggregate's last one. @defaultValue any */
  readonly expect?: number | undefined;
  /** The id under which the command is carried out once only. @defaultValue none */
  readonly key?: CommandKey | undefined;
}

/** The result of a command that was not rejected. */
export interface Outcome {
  readonly events: readonly CommittedEvent[];
  readonly state: unknown;
  readonly sequence: number;
  /** True for the answer to a command that was carried out before. */
  readonly repeated?: true;
}

/**
 * The answer that was given when a command was carried out under this id, as it was then: its events, and the state after
 * them. `undefined` when none was carried out, or it is no longer remembered. Throws {@link CommandIdReusedError} when that was
 * another command, and {@link CommandAnswerLostError} when events of it are gone.
 */
export async function firstOutcome(
  history: History,
  { commandId, digest }: CommandKey,
  command: Command,
  known: StateAt | undefined,
): Promise<Outcome | undefined> {
  const { store, id, definition } = history;
  const carriedOut = await store.getCommand?.(id, commandId);
  if (carriedOut === undefined) return undefined;
  if (carriedOut.digest !== digest) throw new CommandIdReusedError(id.hex, commandId, command.type);
  const { firstSequence, lastSequence } = carriedOut;
  const events =
    lastSequence < firstSequence
      ? []
      : await store.getEvents(id, firstSequence, { maxSequence: lastSequence, numbers: definition.numbers });
  const after = known?.sequence === lastSequence ? known : await fold(history, { maxSequence: lastSequence });
  if (events.length !== lastSequence - firstSequence + 1 || after.sequence !== lastSequence)
    throw new CommandAnswerLostError(id.hex, commandId, firstSequence, lastSequence);
  return { events, state: after.state, sequence: lastSequence, repeated: true };
}

/**
 * True for an error about a command and the state that it was decided on: when the command was carried out before, its first
 * answer counts instead. False for errors of the database, after which there is nothing to look up.
 */
export function isOfDecision(error: unknown): boolean {
  const isOfCommand = [ClockDriftError, InvalidArgumentError, InvalidEventError, SequenceConflictError].some(
    (kind) => error instanceof kind,
  );
  return isOfCommand || !(error instanceof MaestroError) || isFoldingError(error);
}

/** No answer, where there is no table of commands yet. Throws any other error again. */
export function unlessNotMigrated(error: unknown): undefined {
  if (!(error instanceof NotMigratedError)) throw error;
}
