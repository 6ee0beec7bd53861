import type { Database } from '../../../../connection/database.js';
import { listParked } from '../../../../projection/apply/parked.js';
import { type Copy, readCopies } from '../../../../projection/copies/copy.js';
import { DependentObjectsError, ReadModelSetUpError } from '../../../../projection/copies/errors.js';
import type { ReadModelDefinition } from '../../../../projection/definition.js';
import { lagOf } from '../../../../projection/lag.js';
import { cancelRebuild } from '../../../../projection/rebuild/cancel-rebuild.js';
import { cleanUpRetired } from '../../../../projection/rebuild/clean-up-retired.js';
import { startRebuild } from '../../../../projection/rebuild/start-rebuild.js';
import { EventParkedError } from '../../../../projection/worker/errors.js';
import { runProjections } from '../../../../projection/worker/run-projections.js';
import { PermissionDeniedError } from '../../../../store/errors.js';
import { withDatabase } from '../../../database/with-database.js';
import { NotFoundError, UsageError } from '../../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { printFacts } from '../../../output/print-facts.js';
import { decimal } from '../../../../text/figures.js';
import { configuredReadModel } from '../configured.js';
import { untilInterrupted } from '../../../interruptible.js';
import { registeredCopies } from '../registered.js';
import { tellingErrors } from '../telling-errors.js';
import { untilInUse } from '../until-in-use.js';
import { hasWorker, noteToKeepRunning } from '../without-worker.js';

/** The options of `maestro projections rebuild`. */
export interface RebuildCommandOptions {
  readonly cancel?: boolean;
  readonly detach?: boolean;
  readonly concurrency: number;
}

/** Rebuilds a projection, only begins to, or gives it up. */
export async function run(name: string, options: RebuildCommandOptions, invocation: Invocation): Promise<ExitCode> {
  const { cancel = false, detach = false } = options;
  if (cancel && detach) throw new UsageError('--cancel and --detach contradict each other; use one of them.');
  invocation.output.withoutPager();
  // To give it up, no handlers are needed.
  if (cancel) return await withDatabase(invocation, (database) => giveUp(database, name, invocation), { writes: true });
  const definition = await configuredReadModel(invocation, name);
  return await withDatabase(
    invocation,
    async (database) => {
      await assertCanRebuild(database, definition, detach);
      const { knex, schema } = database;
      const building = await startRebuild(knex, schema, definition, { again: true });
      if (building === undefined)
        throw new UsageError(
          `The database has a newer version of ${name} than these handlers, ${definition.version}.`,
          {
            hint: 'Rebuild with the newer code; or raise the version above that in the database.',
          },
        );
      if (!detach) return await fill(database, definition, building, options, invocation);
      await print(building, { status: 'building' }, invocation);
      return DONE;
    },
    { writes: true },
  );
}

async function giveUp(database: Database, name: string, invocation: Invocation): Promise<ExitCode> {
  const { knex, schema } = database;
  const copies = await registeredCopies(database, name);
  const given = await cancelRebuild(knex, schema, name);
  if (given === undefined)
    throw new NotFoundError(`${name} is not being rebuilt.`, {
      hint: 'What is live stays. Nothing was changed.',
    });
  const left = await cleanUpRetired(knex, schema);
  await print(given, { status: 'cancelled' }, invocation);
  const { output } = invocation;
  if (left > 0) await output.note('others use its tables, so they are not removed yet; a worker does it');
  if (!copies.some(({ status, version }) => status === 'live' && version >= given.version))
    await output.note(`a worker that starts with version ${given.version} of ${name} begins another one`);
  return DONE;
}

/** Throws when the database does not know the projection, and when nobody would fill the copy. */
async function assertCanRebuild(database: Database, { name }: ReadModelDefinition, detach: boolean): Promise<void> {
  await registeredCopies(database, name);
  if (detach && !(await hasWorker(database, name)))
    throw new UsageError(`No worker runs ${name}, so nobody would fill the second copy.`, {
      hint: 'Leave --detach out, or run workers that have these handlers. Nothing was changed.',
    });
}

/** Fills a copy and switches to it. */
async function fill(
  database: Database,
  definition: ReadModelDefinition,
  building: Copy,
  { concurrency }: RebuildCommandOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { knex, schema } = database;
  const { output, context } = invocation;
  const { name } = definition;
  const interrupt = untilInterrupted(context);
  const errors = tellingErrors(output);
  let refusal: Refusal | undefined;
  let [all, total] = [0, 0];
  try {
    const [lag] = (await lagOf(knex, schema, { names: [name] })).filter(({ copy }) => copy === building.id);
    total = lag?.eventsBehind ?? 0;
    const worker = runProjections(database, [definition], {
      concurrency,
      signal: interrupt.signal,
      onError: (error) => {
        if (isRefusal(error)) refusal = error;
        else if (!isOfOthers(error, building)) errors.tell(error);
      },
      onProgress: ({ taken }) => {
        all += taken;
        output.progress.measure('Filling', all, Math.max(all, total), 'events');
      },
    });
    let outcome = 'building' as Outcome;
    const isWaiting = async () => {
      outcome = await outcomeOf(database, building);
      return outcome === 'building' && refusal === undefined;
    };
    await untilInUse(worker, isWaiting, interrupt);
    interrupt.stop();
    await worker.stopped;
    await errors.end();
    if (refusal !== undefined) throw refusal;
    if (outcome === 'live') {
      output.progress.report('Removing the copy before');
      await cleanUpRetired(knex, schema);
    }
    await print(building, { status: outcome, events: all }, invocation);
    if (outcome === 'live') {
      await noteToKeepRunning(database, name, output);
      return DONE;
    }
    if (outcome === 'parked')
      await output.warn(
        `${name} was not switched: the second copy lacks what is parked, which \`maestro projections status ${name}\` shows. Correct the handler and run this again; or pass the event over with \`maestro projections skip\`; or give the copy up with --cancel.`,
      );
    if (outcome === 'building') await output.note('it goes on where it is when it is run again, and so do workers');
    return interrupt.exitCode ?? FOUND;
  } finally {
    interrupt.end();
  }
}

/** The reason for which a filled copy stays out of use until somebody does something about it. */
type Refusal = DependentObjectsError | ReadModelSetUpError | PermissionDeniedError;

function isRefusal(error: unknown): error is Refusal {
  return [DependentObjectsError, ReadModelSetUpError, PermissionDeniedError].some((kind) => error instanceof kind);
}

/** True for an event that the copy in use has parked: the rebuild is what may mend that. */
function isOfOthers(error: unknown, { version }: Copy): boolean {
  return error instanceof EventParkedError && (error.version !== version || error.isLive);
}

/** The fate of a copy: in use, given up by somebody, with parked aggregates, or still being filled. */
type Outcome = 'live' | 'cancelled' | 'parked' | 'building';

async function outcomeOf({ knex, schema }: Database, { id, name }: Copy): Promise<Outcome> {
  const copy = (await readCopies(knex, schema, [name])).find((each) => each.id === id);
  if (copy?.status === 'live') return 'live';
  if (copy?.status !== 'building') return 'cancelled';
  const [parked] = await listParked(knex, schema, { copies: [id], limit: 1 });
  return parked === undefined ? 'building' : 'parked';
}

async function print(
  { name, version }: Copy,
  { status, events }: { readonly status: Outcome; readonly events?: number },
  { output }: Invocation,
): Promise<void> {
  await printFacts(output, {
    ids: [name],
    json: { name, version, status, events: events ?? null },
    facts: [
      ['name', name],
      ['version', String(version)],
      ['second copy', STATUS[status]],
      ...(events === undefined ? [] : [['events taken in', decimal(events)] as const]),
    ],
  });
}

const STATUS: Readonly<Record<Outcome, string>> = {
  live: 'filled, and switched to',
  cancelled: 'given up',
  parked: 'not in use: an aggregate is parked',
  building: 'being filled',
};
