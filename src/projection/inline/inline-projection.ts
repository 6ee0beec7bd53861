import type { Knex } from 'knex';
import type { CommitRun, InlineProjection, ProjectedPlace } from '../../store/commit/positioned-projection.js';
import { InsertConflictError } from '../../store/commit/insert-events.js';
import { assertUsable, projectionError } from '../../store/commit/run-projections.js';
import { isDeadlock } from '../../store/driver/driver-error.js';
import { driverOf } from '../../store/driver/driver-of.js';
import type { ProjectionFailure } from '../../store/errors.js';
import { missingTableHint } from '../apply/missing-table-hint.js';
import { batchGroups } from '../apply/batch-groups.js';
import { type MissingEvents, readMissing } from '../apply/missing-events.js';
import { blame, causesOf } from '../apply/passing.js';
import { EventFailure, readerOf, runEvents } from '../apply/run-events.js';
import { movePositions } from '../apply/take-batch.js';
import { setSearchPath, withFirst } from '../copies/copy.js';
import { positionsForm } from '../positions/form-of.js';
import type { ReadModelDefinition } from '../definition.js';
import { ensureRegistered, forgetRegistered } from './registered.js';

/** Most events of an aggregate that a commit takes in before its own. */
const MOST_MISSING = 100;

/** The part of a projection that a store runs in the transaction of a commit. */
export function inlineProjection(definition: ReadModelDefinition): InlineProjection {
  return {
    prepare: (on, place) => ensureRegistered(definition, on, place),
    project: (transaction, { schema }, runs) => project(definition, transaction, schema, runs),
    catchUp: (transaction, place, runs) => catchUp(definition, transaction, place, runs),
  };
}

async function project(
  definition: ReadModelDefinition,
  transaction: Knex.Transaction,
  schema: string,
  runs: readonly CommitRun[],
): Promise<void> {
  try {
    await runEvents(definition, transaction, schema, runs, { mode: 'one by one' });
    // Else a failure that it ignored would show as one of whoever comes next.
    await assertUsable(transaction, definition.name).catch((error: unknown) => {
      throw new EventFailure(undefined, error);
    });
  } catch (error) {
    if (!(error instanceof EventFailure)) throw error;
    // All is undone and can be done again, unless it is the application that has to.
    const deadlock = causesOf(error.cause).find(isDeadlock);
    if (deadlock !== undefined && transaction.parentTransaction === undefined)
      throw new InsertConflictError('deadlock', { cause: deadlock });
    const event = error.event ?? runs.at(-1)?.events.at(-1);
    throw event === undefined ? error.cause : projectionError(event, error.cause, failureOf(definition, error.cause));
  }
}

function failureOf({ name }: ReadModelDefinition, cause: unknown): ProjectionFailure {
  return { projection: name, hint: missingTableHint(name, cause) };
}

/**
 * Takes in events whose aggregates may be behind. An aggregate is left to the workers when it lacks too many events or one of the log,
 * is parked, is ahead, or an event before those of the commit fails; all are when the live copy has another version.
 */
async function catchUp(
  definition: ReadModelDefinition,
  transaction: Knex.Transaction,
  place: ProjectedPlace,
  runs: readonly CommitRun[],
): Promise<void> {
  const { schema } = place;
  const form = await positionsForm(transaction, schema);
  const whole = runs.filter(isContiguous);
  const ids = whole.map(({ aggregateId }) => aggregateId);
  const { copy, isRegistered, positions, elsewhere, searchPath } = await form.lockForCommit(
    transaction,
    definition,
    ids,
  );
  if (!isRegistered) forgetRegistered(definition, place);
  if (copy === undefined) return;
  if (elsewhere !== undefined) await setSearchPath(transaction, withFirst(elsewhere, searchPath));
  const ready: CommitRun[] = [];
  for (const run of whole) {
    const position = positions.get(run.aggregateId.hex);
    if (position !== undefined && (await isRight(definition, transaction, schema, copy, run, position)))
      ready.push(run);
  }
  if (ready.length > 0) {
    for (const part of await readyParts(transaction, schema, ready))
      await movePositions(transaction, schema, copy, part.map(withPosition));
    await project(definition, transaction, schema, ready);
  }
  // The transaction may be the application's, which goes on by its own names.
  if (elsewhere !== undefined) await setSearchPath(transaction, searchPath);
}

/** True when a copy is right before the events of a commit, or has been brought there. */
async function isRight(
  definition: ReadModelDefinition,
  transaction: Knex.Transaction,
  schema: string,
  copy: number,
  run: CommitRun,
  position: number,
): Promise<boolean> {
  const last = withPosition(run).position;
  if (position >= last || last - position > MOST_MISSING) return position === last;
  const range = { aggregateId: run.aggregateId, position, stored: position, last };
  const { types } = readerOf(definition);
  const missing = await readMissing(transaction, schema, copy, [range], { limit: MOST_MISSING, types });
  if (missing[0]?.events.length !== last - position) return false;
  try {
    await driverOf(transaction).transaction(async (savepoint) => {
      await runEvents(definition, savepoint, schema, missing, { mode: 'together' });
      await assertUsable(savepoint);
    });
    return true;
  } catch (error) {
    // The savepoint undid it, and the lock on the position is older than that.
    const cause = error instanceof EventFailure ? error.cause : error;
    if (blame(cause) === 'server') throw cause;
    return false;
  }
}

/** The runs in the groups in which their positions may be moved. */
async function readyParts(transaction: Knex.Transaction, schema: string, ready: readonly CommitRun[]) {
  const ids = ready.map(({ aggregateId }) => aggregateId);
  const parts = await batchGroups(transaction, schema, ids);
  return parts.map((part) => ready.filter(({ aggregateId }) => part.includes(aggregateId)));
}

function isContiguous({ events }: CommitRun): boolean {
  const [first] = events;
  return first !== undefined && events.every(({ sequence }, index) => sequence === first.sequence + index);
}

/** The events of a run after the position that they need. */
function withPosition({ aggregateId, events }: CommitRun): MissingEvents {
  const position = (events[0]?.sequence ?? 1) - 1;
  return { aggregateId, position, stored: position, events, afterGap: undefined, hasMore: false };
}
