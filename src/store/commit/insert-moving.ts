import type { Answer, BoundStatement, Executor } from '../driver/driver.js';
import { recordMove } from '../positions/recorded-moves.js';
import type { CommitContent } from './commit-content.js';
import type { CommitContext } from './commit-context.js';
import { formFor } from './forms/form-for.js';
import type { Insert } from './forms/insert-form.js';
import { assertInserted, insertError } from './insert-events.js';
import { movingStatement } from './moving-statement.js';
import type { PositionedProjection } from './positioned-projection.js';
import type { EncodedEvent } from './validate.js';

/** A commit whose events are to be inserted with the positions of projections. */
export interface MovingCommit extends CommitContent {
  readonly parts: readonly (readonly EncodedEvent[])[];
  readonly isInside: boolean;
}

/** Statements that insert the rows of a commit, and then move positions. */
export type MovingInsert = readonly [insert: Insert, move: BoundStatement];

/**
 * The statements that insert the events of a commit and its command, and then move the positions of projections that are right before
 * them; events first, so that two writers of one sequence meet there. `undefined` for events of several aggregates, and where one
 * statement does not do for them.
 */
export async function movingInsert(
  on: Executor,
  context: CommitContext,
  { events, command, parts, isInside }: MovingCommit,
  projections: readonly PositionedProjection[],
): Promise<MovingInsert | undefined> {
  const run = parts.length === 1 && !context.verifyWrites ? runOf(events) : undefined;
  if (run === undefined) return undefined;
  const { aggregateId, first, last } = run;
  const wanted = projections.map(({ name, version }) => `${name}:${version}`).join(',');
  const form = await formFor(on, context.schema, { events, command });
  return [
    form.insert(events, command === undefined ? [] : [command]),
    {
      statement: movingStatement(context.schema, { first: first === 1, inside: isInside }),
      bindings: [wanted, ...(first === 1 ? [aggregateId, last] : [last, aggregateId, first - 1])],
    },
  ];
}

/**
 * Takes the answers to {@link movingInsert}. Resolves to the names of the projections whose positions were moved; the others are still to
 * be looked after. Throws what `insertEvents` throws.
 */
export async function movedBy(
  transaction: Executor,
  context: CommitContext,
  { events, command }: MovingCommit,
  [insert]: MovingInsert,
  answers: Promise<readonly Answer<unknown>[]>,
): Promise<ReadonlySet<string>> {
  try {
    const [written, moved] = (await answers) as [Answer<unknown>, Answer<MovedRow>];
    assertInserted(insert, written);
    const recorded = moved.rows.flatMap(([, copy, isRecorded]) => (isRecorded ? [copy] : []));
    const [one] = events;
    if (one !== undefined && recorded.length > 0)
      await recordMove(transaction, context.schema, recorded.join(','), one.event.aggregateId.hex);
    return new Set(moved.rows.map(([name]) => name));
  } catch (error) {
    throw insertError(transaction, context, error, command);
  }
}

type MovedRow = readonly [name: string, copy: number, isRecorded: boolean];

/** The range of events of one aggregate without a gap; `undefined` for other events. */
function runOf(events: readonly EncodedEvent[]): { aggregateId: string; first: number; last: number } | undefined {
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
