import type { Answer, BoundStatement, Executor } from '../driver/driver.js';
import type { Layout } from '../layout/layout.js';
import { layoutAt } from '../layout/read-layout.js';
import { traitsOf } from '../layout/traits.js';
import { recordMove } from '../positions/recorded-moves.js';
import type { CommitContent } from './commit-content.js';
import type { CommitContext } from './commit-context.js';
import { formFor } from './forms/form-for.js';
import type { Insert } from './forms/insert-form.js';
import { assertInserted, insertError } from './insert-events.js';
import { movingAtOnce } from './moving/at-once.js';
import { movingInSteps } from './moving/in-steps.js';
import type { CommittedRange, Moving, MovingForm } from './moving/moving-form.js';
import type { PositionedProjection } from './positioned-projection.js';
import type { EncodedEvent } from './validate.js';

/** A commit whose events are to be inserted with the positions of projections. */
export interface MovingCommit extends CommitContent {
  readonly parts: readonly (readonly EncodedEvent[])[];
  readonly isInside: boolean;
}

/** Statements that insert the rows of a commit, and then move positions. */
export interface MovingInsert {
  readonly insert: Insert;
  readonly moving: Moving;
  readonly form: MovingForm;
  readonly layout: Layout;
  /** All of them, the insert first. */
  readonly statements: readonly BoundStatement[];
}

/**
 * The statements that insert the events of a commit and its command, and then move the positions of projections that are right before
 * them; events first, so that two writers of one sequence meet there. `undefined` for events of several aggregates, and where one
 * statement does not do for them.
 */
export async function movingInsert(
  on: Executor,
  { schema, verifyWrites }: CommitContext,
  { events, command, parts, isInside }: MovingCommit,
  projections: readonly PositionedProjection[],
): Promise<MovingInsert | undefined> {
  const range = parts.length === 1 && !verifyWrites ? rangeOf(events) : undefined;
  if (range === undefined) return undefined;
  const layout = await layoutAt(on, schema);
  const rows = await formFor(on, schema, { events, command });
  const insert = rows.insert(events, command === undefined ? [] : [command]);
  const wanted = projections.map(({ name, version }) => `${name}:${version}`).join(',');
  const moving = { ...range, wanted, isInside };
  const form = traitsOf(layout).insertsBy === 'values' ? movingInSteps(schema) : movingAtOnce(schema);
  return { insert, moving, form, layout, statements: [insert, ...form.statements(moving)] };
}

/**
 * Takes the answers to {@link movingInsert}. Resolves to the names of the projections whose positions were moved; the others are still to
 * be looked after. Throws what `insertEvents` throws.
 */
export async function movedBy(
  transaction: Executor,
  context: CommitContext,
  { command }: MovingCommit,
  { insert, moving, form, layout }: MovingInsert,
  answers: Promise<readonly Answer<unknown>[]>,
): Promise<ReadonlySet<string>> {
  try {
    const [written, ...moves] = await answers;
    assertInserted(insert, written as Answer<unknown>);
    const moved = await form.moved(transaction, moving, moves);
    const recorded = moved.flatMap(([, copy, isRecorded]) => (isRecorded ? [copy] : []));
    if (recorded.length > 0) await recordMove(transaction, context.schema, layout, recorded, moving.aggregateId);
    return new Set(moved.map(([name]) => name));
  } catch (error) {
    throw insertError(transaction, context, error, command);
  }
}

/** The range of events of one aggregate without a gap; `undefined` for other events. */
function rangeOf(events: readonly EncodedEvent[]): CommittedRange | undefined {
  const [one] = events;
  if (one === undefined) return undefined;
  let [first, last] = [one.event.sequence, one.event.sequence];
  for (const { event } of events) {
    if (event.aggregateId.hex !== one.event.aggregateId.hex) return undefined;
    if (event.sequence < first) first = event.sequence;
    if (event.sequence > last) last = event.sequence;
  }
  return last - first + 1 === events.length ? { aggregateId: one.event.aggregateId.hex, first, last } : undefined;
}
