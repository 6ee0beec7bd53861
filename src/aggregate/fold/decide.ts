import type { Timestamp } from '../../hlc/timestamp.js';
import type { EventDraft } from '../../store/append.js';
import { assertAnswer } from './call-handler.js';
import type { Definition } from '../definition/definition.js';
import { newNameOf } from '../definition/event-names.js';
import { HandlerError, type HandlerRef, InvalidHandlerError } from '../errors.js';
import { ownProperty } from './own-property.js';
import { Rejection, reject } from './rejection.js';

/** A command: its type and its data. */
export interface Command {
  readonly type: string;
  readonly data?: unknown;
  /** The metadata of the events that it leads to; handlers do not get it. */
  readonly metadata?: object | undefined;
}

/** The aggregate that a command is for, with its known state. */
interface Situation {
  readonly id: Timestamp;
  readonly sequence: number;
  readonly state: unknown;
}

/**
 * Runs a command handler: its events, or its rejection. An error that the handler throws is the application's own and
 * is not wrapped. Throws {@link InvalidHandlerError} when there is no such handler, and {@link HandlerError} when the
 * answer is neither events nor a rejection. Mirrors `Maestro.Aggregate.CommandHandler.eval`.
 */
export function decide(
  definition: Definition,
  { id, sequence, state }: Situation,
  { type, data }: Command,
): readonly EventDraft[] | Rejection<unknown> {
  const { name, file } = definition;
  const about: HandlerRef = { aggregate: name, handler: 'command', type, aggregateId: id.hex, sequence, file };
  const handler = ownProperty(definition.commands, type);
  if (handler === undefined) throw new InvalidHandlerError(about, Object.keys(definition.commands));
  const answer = handler(state, data, { id, sequence, reject });
  assertAnswer(about, answer);
  if (answer instanceof Rejection) return answer;
  if (!Array.isArray(answer)) throw new HandlerError(about, 'returned neither a list of events nor reject(reason).');
  const odd = answer.findIndex((draft) => !isDraft(draft));
  if (odd >= 0) throw new HandlerError(about, `returned a list whose element ${odd} is not an event ({type, body}).`);
  assertNoMetadata(about, answer as object[]);
  assertNewNames(definition, about, answer as EventDraft[]);
  return answer as EventDraft[];
}

/**
 * Throws {@link HandlerError} for an event with metadata of its own: one cannot tell whether it should stand beside the
 * command's, or in its place.
 */
function assertNoMetadata(about: HandlerRef, drafts: readonly object[]): void {
  const own = drafts.findIndex((draft) => 'metadata' in draft);
  if (own >= 0)
    throw new HandlerError(
      about,
      `returned a list whose element ${own} has metadata; give that to evaluate() or openAggregates(), as \`metadata\`.`,
    );
}

/** Throws {@link HandlerError} for an event with an older name of its type. */
function assertNewNames(definition: Definition, about: HandlerRef, drafts: readonly EventDraft[]): void {
  for (const { type } of drafts) {
    const renamed = Object.hasOwn(definition.events, type) ? undefined : newNameOf(definition, type);
    if (renamed !== undefined)
      throw new HandlerError(
        about,
        `returned the event ${type}, an older name of ${renamed}: return ${renamed} instead.`,
      );
  }
}

function isDraft(value: unknown): value is EventDraft {
  return typeof value === 'object' && value !== null && 'type' in value && 'body' in value;
}
