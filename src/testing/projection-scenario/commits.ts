import type { Definition } from '../../aggregate/definition/definition.js';
import { planEvents } from '../../aggregate/plan.js';
import { initialStateAt } from '../../aggregate/state-at.js';
import { InvalidArgumentError } from '../../errors.js';
import type { NewEvent } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import type { ReadModelDefinition } from '../../projection/definition.js';
import { eventReader } from '../../projection/read-event.js';
import { encodeEvents } from '../../store/commit/validate.js';
import { laterPredecessor, type LastEvent } from '../../store/read/last-event.js';
import { assertEvents, GIVEN_KEYS } from '../scenario/expected.js';
import { clockAfter, placed, type PlacedDraft } from '../scenario/play.js';

/** The events of one commit to one aggregate. */
export interface Commit {
  readonly id: Timestamp;
  readonly events: readonly NewEvent[];
  /** True for those of other programs, which know nothing of the projection. */
  readonly isStored: boolean;
}

/** A commit as a test gives it. */
export type GivenDrafts = readonly [id: Timestamp, ...events: PlacedDraft[]];

/**
 * A commit after others, its events checked as they are before a commit: validated, encoded and, but for those of other programs,
 * folded. Throws `InvalidArgumentError`, and what `planEvents` and `encodeEvents` throw.
 */
export function nextCommit(
  projection: ReadModelDefinition,
  before: readonly Commit[],
  commit: GivenDrafts,
  isStored: boolean,
): Commit {
  const method = isStored ? 'givenStored' : 'given';
  const [id, ...drafts] = isList(commit) ? commit : [];
  if (!(id instanceof Timestamp))
    throw new InvalidArgumentError(
      `${method}() takes commits, each a list of an aggregate's id and its events: [id, {type, body}].`,
      {
        hint: 'Make an id with `Clock.now()`, or with `Timestamp.parse()`.',
      },
    );
  assertEvents(method, drafts, GIVEN_KEYS);
  const history = before.filter((commit) => commit.id.equals(id)).flatMap(({ events }) => events);
  const events = placed({ id }, lastOf(history), drafts, clockAfter(lastOf(before.flatMap((commit) => commit.events))));
  if (isStored) encodeEvents(events);
  else {
    const definition = ownerOf(projection, id, [...history, ...events]);
    planEvents(definition, initialStateAt(definition), [...history, ...events]);
  }
  return { id, events, isStored };
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function ownerOf(projection: ReadModelDefinition, id: Timestamp, [first]: readonly NewEvent[]): Definition {
  const owner = eventReader(projection).of(id, first?.type)?.definition;
  if (owner !== undefined) return owner;
  const names = projection.from.map(({ name }) => name).join(', ');
  throw new InvalidArgumentError(
    `The aggregate ${id.hex}, which begins with the event ${JSON.stringify(first?.type)}, belongs to none of the aggregates of ${projection.name}: ${names}.`,
    { hint: 'See `owns` in their definitions. Events of other aggregates can be given with givenStored().' },
  );
}

function lastOf(history: readonly NewEvent[]): LastEvent {
  let last: LastEvent = { sequence: 0, timestamp: undefined };
  for (const { sequence, timestamp } of history)
    last = { sequence, timestamp, latest: laterPredecessor(last, timestamp) };
  return last;
}
