import type { CommittedEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { decodeJson } from '../json/parse.js';
import { storedText } from '../json/round-trip.js';
import type { JsonObject } from '../json/types.js';
import { type EventDraft, placeAfter } from '../store/append.js';
import { encodeEvents, rememberEncoding } from '../store/commit/validate.js';
import { apart } from '../store/event-metadata.js';
import { laterPredecessor } from '../store/read/last-event.js';
import { type Command, decide } from './fold/decide.js';
import { evolve } from './fold/evolve.js';
import { exactBody } from './fold/exact-body.js';
import { Rejection } from './fold/rejection.js';
import type { RootContext } from './options.js';
import type { StateAt } from './state-at.js';

/** The events of a decision, ready to be committed, and the state after them. */
export interface Plan {
  readonly events: readonly CommittedEvent[];
  readonly next: StateAt;
}

/**
 * Decides on a command, and folds the events that its handler returns: an event that cannot be stored or folded is found
 * before anything is committed. Throws the errors of `decide`, `encodeEvents`, `placeAfter` and `evolve`.
 */
export function plan(
  { definition, clock }: Pick<RootContext, 'definition' | 'clock'>,
  id: Timestamp,
  current: StateAt,
  command: Command,
): Plan | Rejection<unknown> {
  const decision = decide(definition, { id, ...current }, command);
  if (decision instanceof Rejection) return decision;
  const events: CommittedEvent[] = [];
  let next = current;
  for (const { event, json } of encodeEvents(placeAfter(clock, id, current, withMetadata(decision, command)))) {
    const text = storedText(json, definition.numbers);
    // A frozen copy: the body may contain the command's data, which the caller may change later.
    const { sequence, timestamp, aggregateId, type } = event;
    const place = { timestamp, aggregateId, sequence, type };
    events.push(rememberEncoding({ ...place, ...exactBody(text, definition.numbers) }, json));
    // Handlers see the body as it will be read.
    const asRead = { ...place, ...apart(decodeJson(text, definition.numbers) as JsonObject) };
    const latest = laterPredecessor(next, timestamp);
    next = { ...next, state: evolve(definition, next.state, asRead), sequence, timestamp, latest };
  }
  return { events, next };
}

/** The events of a decision, each with the metadata of the command. */
function withMetadata(decision: readonly EventDraft[], { metadata }: Command): readonly EventDraft[] {
  return metadata === undefined ? decision : decision.map((draft) => ({ ...draft, metadata }));
}
