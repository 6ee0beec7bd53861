import { type Executor, query } from '../read/rows.js';
import type { CommitContext } from './commit-context.js';
import type { CommitContent } from './commit-content.js';
import { assertWritten, commandBindings, inserted, insertError, insertParts, rowBindings } from './insert-events.js';
import { movingStatement } from './moving-statement.js';
import { recordMove } from '../positions/recorded-moves.js';
import type { PositionedProjection } from './positioned-projection.js';
import type { EncodedEvent } from './validate.js';

/** A commit whose events are to be inserted with the positions of projections. */
export interface MovingCommit extends CommitContent {
  readonly parts: readonly (readonly EncodedEvent[])[];
  readonly isInside: boolean;
}

/**
 * Inserts the events of a commit and its command, and moves the positions of projections that are right before them, by one statement
 * when they are of one aggregate. Resolves to the names of the projections whose positions were moved; the others, and all when there are
 * several aggregates, are still to be looked after. Throws what `insertEvents` throws.
 */
export async function insertMoving(
  transaction: Executor,
  context: CommitContext,
  { events, command, parts, isInside }: MovingCommit,
  projections: readonly PositionedProjection[],
): Promise<ReadonlySet<string>> {
  const run = parts.length === 1 && !context.verifyWrites ? runOf(events) : undefined;
  if (run === undefined) {
    await insertParts(transaction, context, parts, command);
    return new Set();
  }
  const { aggregateId, first, last } = run;
  const [only, second] = events;
  const isSingle = only !== undefined && second === undefined;
  const statement = movingStatement(context.schema, {
    single: isSingle,
    command: command !== undefined,
    first: first === 1,
    inside: isInside,
  });
  const bindings = [
    ...(isSingle ? rowBindings(only) : inserted(events)),
    ...(command === undefined ? [] : commandBindings([command])),
    projections.map(({ name, version }) => `${name}:${version}`).join(','),
    events.length,
    ...(first === 1 ? [aggregateId, last] : [last, aggregateId, first - 1]),
  ];
  try {
    const rows = await query<MovingRow>(transaction, statement, bindings);
    const [written, commands, moved, recorded] = rows[0] ?? [0, 0, null, null];
    assertWritten(events, written);
    if (command !== undefined) assertWritten([command], commands);
    if (moved !== null && recorded !== null) await recordMove(transaction, context.schema, recorded, aggregateId);
    return new Set(moved?.split(','));
  } catch (error) {
    throw insertError(transaction, error);
  }
}

type MovingRow = readonly [events: number, commands: number, moved: string | null, recorded: string | null];

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
