import type { CommittedEvent, NewEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { decodeJson } from '../json/parse.js';
import { storedText } from '../json/encode/round-trip.js';
import type { JsonObject } from '../json/types.js';
import { type EventDraft, placeAfter } from '../store/append.js';
import { encodeEvents, rememberEncoding } from '../store/commit/validate.js';
import { apart, type BodyAndMetadata } from '../store/event-metadata.js';
import { laterPredecessor } from '../store/read/last-event.js';
import type { Definition } from './definition/definition.js';
import { assertExact } from './fold/assert-exact.js';
import { type Command, decide } from './fold/decide.js';
import { evolved } from './fold/evolve.js';
import { deepFreeze, freezeJson } from './fold/freeze.js';
import { Rejection } from './fold/rejection.js';
import type { RootContext } from './options.js';
import type { StateAt } from './state-at.js';

/** The events of a decision, ready to be committed, and the state after them. */
export interface Plan {
  readonly events: readonly CommittedEvent[];
  /** The events as projections get them; empty when there are no projections. */
  readonly projected: readonly CommittedEvent<unknown>[];
  readonly next: StateAt;
}

/**
 * Decides on a command, and folds the events that its handler returns: an event that cannot be stored or folded is found
 * before anything is committed. Throws the errors of `decide`, `placeAfter` and {@link planEvents}.
 */
export function plan(
  { definition, clock }: Pick<RootContext, 'definition' | 'clock'>,
  id: Timestamp,
  current: StateAt,
  command: Command,
): Plan | Rejection<unknown> {
  const decision = decide(definition, { id, ...current }, command);
  if (decision instanceof Rejection) return decision;
  return planEvents(definition, current, placeAfter(clock, id, current, withMetadata(decision, command)));
}

/**
 * Folds new events that have their places after a state. Throws the errors of `encodeEvents`, `assertExact` and
 * `evolved`.
 */
export function planEvents(definition: Definition, current: StateAt, placed: readonly NewEvent[]): Plan {
  const events: CommittedEvent[] = [];
  const projected: CommittedEvent<unknown>[] = [];
  let next = current;
  const encoded = encodeEvents(placed);
  assertExact(definition, encoded);
  for (const { event, json } of encoded) {
    const text = storedText(json, definition.numbers);
    // A frozen copy: the body may contain the command's data, which the caller may change later.
    const stored = apart(decodeJson(text, definition.numbers) as JsonObject);
    freezeJson(stored.body);
    freezeJson(stored.metadata);
    const committed = rememberEncoding(eventAt(event, stored), json);
    events.push(committed);
    // Handlers see the body as it will be read.
    const asRead = eventAt(event, apart(decodeJson(text, definition.numbers) as JsonObject));
    const { sequence, timestamp } = event;
    const latest = laterPredecessor(next, timestamp);
    const { state, body } = evolved(definition, next.state, asRead);
    next = { ...next, state, sequence, timestamp, latest };
    if (definition.projections.length > 0) projected.push(asProjected(committed, asRead, body));
  }
  return { events, projected, next };
}

/** The event at the place of a new one, with what is stored of it. Without a spread, because every command pays for it. */
function eventAt(
  { timestamp, aggregateId, sequence, type }: NewEvent,
  { body, metadata }: BodyAndMetadata,
): CommittedEvent {
  return metadata === undefined
    ? { timestamp, aggregateId, sequence, type, body }
    : { timestamp, aggregateId, sequence, type, body, metadata };
}

/** A committed event as projections get it: with the body that its handler got, frozen. */
function asProjected(committed: CommittedEvent, asRead: CommittedEvent, body: unknown): CommittedEvent<unknown> {
  if (body === asRead.body) return committed;
  deepFreeze(body);
  return { ...committed, body };
}

/** The events of a decision, each with the metadata of the command. */
function withMetadata(decision: readonly EventDraft[], { metadata }: Command): readonly EventDraft[] {
  return metadata === undefined ? decision : decision.map((draft) => ({ ...draft, metadata }));
}
