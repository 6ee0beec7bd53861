import type { Knex } from 'knex';
import { Timestamp } from '../../hlc/timestamp.js';
import { ErasedHandlerError, eraseFromCopies } from '../../projection/apply/erase-from-copies.js';
import { takeIn } from '../../projection/apply/take-in.js';
import { type Copy, readCopies } from '../../projection/copies/copy.js';
import { registerCopy } from '../../projection/copies/register-copy.js';
import type { ProjectionDefinition } from '../../projection/types.js';
import { startRebuild } from '../../projection/rebuild/start-rebuild.js';
import { missingInBuilding } from '../../projection/rebuild/missing-in-building.js';
import { recordMoves } from '../../projection/rebuild/record-moves.js';
import { MOST_MISSING, switchTables } from '../../projection/rebuild/switch-tables.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { ProjectionError } from '../../store/errors.js';
import { PostgresStore } from '../../store/postgres-store.js';
import { ScenarioError } from '../scenario/scenario-error.js';
import { textOfError } from '../scenario/text.js';
import type { Commit } from './commits.js';
import { inScratch, type Scratch } from './scratch.js';
import { assertSameTables, readTables, type Tables } from './tables.js';

/**
 * Runs a projection for commits in three ways, and gives its tables. Throws {@link ScenarioError} when they come to different tables,
 * or handlers fail.
 */
export async function playAll(
  projection: ProjectionDefinition,
  knex: Knex,
  commits: readonly Commit[],
): Promise<Tables> {
  const inline = await inScratch(knex, (scratch) => playInline(projection, scratch, commits));
  await inScratch(knex, (scratch) => playCatchingUp(projection, scratch, commits, inline));
  return inline;
}

/** The tables after commits with the inline projection, and a worker for what these leave to it. */
async function playInline(
  projection: ProjectionDefinition,
  scratch: Scratch,
  commits: readonly Commit[],
): Promise<Tables> {
  const { transaction, schema } = scratch;
  const store = new PostgresStore(transaction, { schema });
  await registerCopy(transaction, schema, projection);
  for (const { events, isStored } of commits)
    await store.commitAll(events, isStored ? [] : [projection]).catch((error: unknown) => {
      throw error instanceof ProjectionError ? failedInline(projection, error) : error;
    });
  const left = await catchUp(projection, scratch, await liveCopy(projection, scratch), idsOf(commits));
  if (left > 0 && !commits.some(({ isStored }) => isStored))
    throw new ScenarioError(`Commits left ${left} events to a worker that ${projection.name} could have taken in.`);
  return await tablesOf(projection, scratch);
}

function failedInline({ name }: ProjectionDefinition, { event, cause }: ProjectionError): ScenarioError {
  return new ScenarioError(
    `A commit cannot have ${name} take in the event ${JSON.stringify(event.type)} at sequence ${event.sequence} of ${event.aggregateId}, and would be rolled back.\n\n${textOfError(cause)}`,
    { cause },
  );
}

/** Catches up from nothing, and rebuilds; compares the tables. */
async function playCatchingUp(
  projection: ProjectionDefinition,
  scratch: Scratch,
  commits: readonly Commit[],
  inline: Tables,
): Promise<void> {
  const { transaction, schema } = scratch;
  const store = new PostgresStore(transaction, { schema });
  for (const { events } of commits) await store.commitEvents(events);
  const ids = idsOf(commits);
  await registerCopy(transaction, schema, projection);
  const live = await liveCopy(projection, scratch);
  // Another order of aggregates than that of the commits; in one batch they would come in the order of their ids.
  for (const id of ids.toReversed()) await catchUp(projection, scratch, live, [id]);
  const caughtUp = await tablesOf(projection, scratch);
  compare(projection, 'a worker that catches up from nothing', inline, caughtUp, [
    'by commits',
    'caught up by a worker',
  ]);

  const again = await takeIn({ knex: transaction, schema }, live, projection, ids);
  if (again.taken > 0) throw new ScenarioError(`A worker took ${again.taken} events of ${projection.name} in twice.`);
  compare(projection, 'a worker that finds nothing to do', caughtUp, await tablesOf(projection, scratch), [
    'caught up by a worker',
    'after it has run again',
  ]);

  if (projection.erased !== undefined) await playErasing(projection, scratch, live, ids, caughtUp);
  const building = await startRebuild(transaction, schema, projection, { again: true });
  if (building === undefined) throw new ScenarioError(`${projection.name} cannot be rebuilt.`);
  // All events at once, as far as there are batches.
  await catchUp(projection, scratch, building, ids);
  const copies = { live: live.id, building: building.id };
  const record = (await recordMoves(transaction, schema, live.id)) ?? '';
  const missing = await missingInBuilding(transaction, schema, copies, MOST_MISSING);
  // Not as workers do it, who wait for readers: nobody else can read these tables.
  const outcome = await driverOf(transaction).transaction((savepoint) =>
    switchTables(savepoint, schema, projection, building, { ...missing, record }),
  );
  if (outcome !== 'switched')
    throw new ScenarioError(`The rebuild of ${projection.name} could not be switched to: it is ${outcome}.`);
  compare(projection, 'a rebuild', inline, await tablesOf(projection, scratch), ['by commits', 'rebuilt']);
}

/** Erases all aggregates and has them taken in again, as when their histories are rewritten; compares the tables. */
async function playErasing(
  projection: ProjectionDefinition,
  scratch: Scratch,
  live: Copy,
  ids: readonly Timestamp[],
  before: Tables,
): Promise<void> {
  const { transaction, schema } = scratch;
  for (const id of ids)
    await eraseFromCopies(transaction, schema, [projection], id, { rewritten: true }).catch((error: unknown) => {
      if (!(error instanceof ErasedHandlerError)) throw error;
      throw new ScenarioError(`${error.message}\n\n${textOfError(error.cause)}`, { cause: error.cause });
    });
  await catchUp(projection, scratch, live, ids).catch((error: unknown) => {
    if (!(error instanceof ScenarioError)) throw error;
    throw new ScenarioError(
      `After \`erased\` was called for every aggregate, their events cannot be taken in again. ${ERASED_REMEDY}\n\n${error.message}`,
      { cause: error.cause },
    );
  });
  const problem = (table: string) =>
    `The table ${table} of ${projection.name} is another one after \`erased\` was called for every aggregate and their events were taken in again, as \`maestro erase --paths\` does. ${ERASED_REMEDY}`;
  assertSameTables(before, await tablesOf(projection, scratch), problem, ['before', 'erased and taken in again']);
}

const ERASED_REMEDY = 'What handlers make of an aggregate, `erased` must remove.';

/** Has a copy take in everything; gives the number of events. Throws {@link ScenarioError} for an event that fails. */
async function catchUp(
  projection: ProjectionDefinition,
  { transaction, schema }: Scratch,
  copy: Copy,
  ids: readonly Timestamp[],
): Promise<number> {
  let behind = ids;
  let count = 0;
  while (behind.length > 0) {
    const taken = await takeIn({ knex: transaction, schema }, copy, projection, behind);
    const [failed] = taken.failed;
    if (failed !== undefined)
      throw new ScenarioError(
        `A worker cannot have ${projection.name} take in the event at sequence ${failed.sequence} of ${failed.aggregateId.hex}, which would park the aggregate.\n\n${textOfError(failed.cause)}`,
        { cause: failed.cause },
      );
    count += taken.taken;
    ({ behind } = taken);
  }
  return count;
}

function compare(
  { name }: ProjectionDefinition,
  what: string,
  first: Tables,
  second: Tables,
  legend: readonly [string, string],
): void {
  const problem = (table: string) =>
    `The table ${table} of ${name} comes out differently by commits and by ${what}. ${REMEDY}`;
  assertSameTables(first, second, problem, legend);
}

const REMEDY =
  'Handlers get the events of each aggregate in order, but aggregates in any order, and one by one or many at once; they must depend on nothing but the event and the tables: not on the time (DEFAULT now()), serial numbers, or what they remember.';

async function liveCopy({ name }: ProjectionDefinition, { transaction, schema }: Scratch): Promise<Copy> {
  const copy = (await readCopies(transaction, schema, [name])).find(({ status }) => status === 'live');
  if (copy === undefined) throw new ScenarioError(`${name} has no tables that are in use.`);
  return copy;
}

async function tablesOf(projection: ProjectionDefinition, scratch: Scratch): Promise<Tables> {
  const { tables } = await liveCopy(projection, scratch);
  return await readTables(scratch.transaction, tables);
}

/** The aggregates of commits, each once, in the order of their first events. */
function idsOf(commits: readonly Commit[]): Timestamp[] {
  return [...new Set(commits.map(({ id }) => id.hex))].map((hex) => Timestamp.fromHex(hex));
}
