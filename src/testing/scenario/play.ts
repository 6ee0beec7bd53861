import { isDeepStrictEqual } from 'node:util';
import type { Definition } from '../../aggregate/definition/definition.js';
import type { Command } from '../../aggregate/fold/decide.js';
import { Rejection } from '../../aggregate/fold/rejection.js';
import { plan, planEvents } from '../../aggregate/plan.js';
import { firstDifference } from '../../aggregate/snapshot/first-difference.js';
import { initialStateAt, type StateAt } from '../../aggregate/state-at.js';
import type { CommittedEvent, NewEvent } from '../../events.js';
import { Clock } from '../../hlc/clock.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { type EventDraft, placeAfter } from '../../store/append.js';
import { laterPredecessor, type LastEvent, latestTimestamp } from '../../store/read/last-event.js';
import { differenceOf, shownEvents, textOf, textOfError, textOfEvents } from './text.js';
import { ScenarioError } from './scenario-error.js';
import { twice } from './twice.js';

/** The time at which scenarios begin; each further event is a second later. The same in every run. */
const BEGINNING = Date.UTC(2026, 0, 1);

/** An event that is given, which may name its own time. */
export type PlacedDraft = EventDraft & { readonly timestamp?: Timestamp | undefined };

/** The aggregate of a scenario. */
export interface Subject {
  readonly definition: Definition;
  readonly id: Timestamp;
}

/** The outcome of a command, or of a history. */
export type Outcome =
  | { readonly kind: 'events'; readonly events: readonly CommittedEvent[]; readonly next: StateAt }
  | { readonly kind: 'rejected'; readonly reason: unknown }
  | { readonly kind: 'threw'; readonly error: unknown };

/** The id of the aggregate of a scenario that names none. */
export const USUAL_ID = Timestamp.of({ time: BEGINNING, nodeId: 1n });

/** The state before the first event. Throws {@link ScenarioError} when two are not the same, and `HandlerError`. */
export function initialTwice({ definition }: Subject): StateAt {
  const [first, second] = twice(() => initialStateAt(definition));
  if (firstDifference(first.state, second.state) !== undefined)
    throw new ScenarioError(
      `initialState of ${definition.name} gave two states. It must be pure: what it needs belongs into events.\n\n${differenceOf(textOf(first.state), textOf(second.state), ANSWERS)}`,
    );
  return first;
}

/**
 * New events in their places after a state, at times of a clock: a second after each other, unless another clock is given. Throws
 * `InvalidArgumentError`.
 */
export function placed(
  { id }: Pick<Subject, 'id'>,
  at: LastEvent,
  drafts: readonly PlacedDraft[],
  clock?: Clock,
): NewEvent[] {
  let last: LastEvent = at;
  return drafts.flatMap((draft) =>
    placeAfter(clock ?? clockAfter(last), id, last, [draft]).map((event) => {
      const { timestamp = event.timestamp } = draft;
      last = { sequence: event.sequence, timestamp, latest: laterPredecessor(last, timestamp) };
      return { ...event, timestamp };
    }),
  );
}

/**
 * Folds events as `evaluate` does before it commits them, twice. Throws {@link ScenarioError} when the two states differ.
 */
export function foldTwice(subject: Subject, at: StateAt, events: readonly NewEvent[]): Outcome {
  const [first, second] = twice(() => attempt(() => planEvents(subject.definition, at, events)));
  if (first.kind !== second.kind || !sameState(first, second)) throw impureFold(subject, at, events);
  return first;
}

/**
 * Decides on a command as `evaluate` does, twice. Throws {@link ScenarioError} when the two answers differ, or when the
 * handler changes what it is given.
 */
export function decideTwice(subject: Subject, at: StateAt, command: Command): Outcome {
  const { definition, id } = subject;
  // A state is frozen, but for dates and instances of classes.
  const argumentsText = () => ({ data: textOf(command.data), state: textOf(at.state) });
  const before = argumentsText();
  const [first, second] = twice(() => attempt(() => plan({ definition, clock: clockAfter(at) }, id, at, command)));
  const after = argumentsText();
  for (const part of ['data', 'state'] as const)
    if (before[part] !== after[part])
      throw new ScenarioError(
        `${handlerOf(subject, command)} changed the ${part} that it was given. ${PURE} Return new values instead.\n\n${differenceOf(before[part], after[part], ['before', 'after'])}`,
      );
  if (!sameAnswer(first, second))
    throw new ScenarioError(
      `${handlerOf(subject, command)} was asked twice and gave two answers. ${PURE} ${REMEDY}\n\n${differenceOf(textOfAnswer(first), textOfAnswer(second), ANSWERS)}`,
    );
  if (first.kind === 'events' && !sameState(first, second)) throw impureFold(subject, at, first.events);
  return first;
}

const PURE = 'Handlers must be pure: they use only their arguments, and change nothing.';
const REMEDY =
  'A time (Date.now), a random number or id, and what it remembers from call to call belong into the data of the command.';
const ANSWERS: readonly [string, string] = ['first time', 'second time, on another date and with other random numbers'];

/** The error for events that fold to two states; names the first event with which they do. */
function impureFold({ definition }: Subject, at: StateAt, events: readonly NewEvent[]): ScenarioError {
  let current = at;
  for (const event of events) {
    const [first, second] = twice(() => attempt(() => planEvents(definition, current, [event])));
    if (first.kind !== second.kind || !sameState(first, second))
      return new ScenarioError(
        `The event ${JSON.stringify(event.type)} at sequence ${event.sequence} of ${definition.name} was folded twice and gave two states, so its handler, upcaster or schema is not pure. ${PURE} What an event handler needs belongs into the body of the event.\n\n${differenceOf(textOfState(first), textOfState(second), ANSWERS)}`,
      );
    if (first.kind !== 'events') break;
    current = first.next;
  }
  return new ScenarioError(
    `The events of ${definition.name} were folded twice and gave two states, but a third time did not. ${PURE}`,
  );
}

/**
 * A clock that goes on from the latest event of a history, or from where scenarios begin; each of its readings is a second
 * later.
 */
export function clockAfter(last?: LastEvent): Clock {
  let time = (last === undefined ? undefined : latestTimestamp(last)?.time) ?? BEGINNING;
  return new Clock({ nodeId: 1n, physicalTime: () => (time += 1000), maxDrift: Number.MAX_SAFE_INTEGER });
}

function attempt(run: () => { events: readonly CommittedEvent[]; next: StateAt } | Rejection<unknown>): Outcome {
  try {
    const answer = run();
    return answer instanceof Rejection ? { kind: 'rejected', reason: answer.reason } : { kind: 'events', ...answer };
  } catch (error) {
    return { kind: 'threw', error };
  }
}

/** Two errors count as the same: their words may say anything. */
function sameAnswer(first: Outcome, second: Outcome): boolean {
  if (first.kind === 'rejected' && second.kind === 'rejected') return isDeepStrictEqual(first.reason, second.reason);
  if (first.kind === 'events' && second.kind === 'events')
    return isDeepStrictEqual(shownEvents(first.events), shownEvents(second.events));
  return first.kind === second.kind;
}

function sameState(first: Outcome, second: Outcome): boolean {
  if (first.kind !== 'events' || second.kind !== 'events') return true;
  return firstDifference(first.next.state, second.next.state) === undefined;
}

function textOfAnswer(outcome: Outcome): string {
  if (outcome.kind === 'rejected') return `rejected with ${textOf(outcome.reason)}`;
  return outcome.kind === 'events' ? textOfEvents(outcome.events) : textOfError(outcome.error);
}

function textOfState(outcome: Outcome): string {
  return outcome.kind === 'events' ? textOf(outcome.next.state) : textOfAnswer(outcome);
}

function handlerOf({ definition }: Subject, { type }: Command): string {
  return `The handler of the command ${JSON.stringify(type)} of ${definition.name}`;
}
