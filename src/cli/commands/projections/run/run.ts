import type { Database } from '../../../../connection/database.js';
import { type Copy, readCopies } from '../../../../projection/copies/copy.js';
import { DependentObjectsError, ReadModelSetUpError } from '../../../../projection/copies/errors.js';
import { missingTables } from '../../../../projection/copies/missing-tables.js';
import type { AnyProjection } from '../../../../projection/definition.js';
import { lagOf } from '../../../../projection/lag.js';
import { countParked } from '../../../../projection/worker/count-parked.js';
import { RebuildBlockedError } from '../../../../projection/worker/errors.js';
import { runProjections } from '../../../../projection/worker/run-projections.js';
import { PermissionDeniedError } from '../../../../store/errors.js';
import { withDatabase } from '../../../database/with-database.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { printRows } from '../../../output/print-rows.js';
import { counted, decimal } from '../../../../text/figures.js';
import { configuredProjections } from '../configured.js';
import { untilInterrupted } from '../../../interruptible.js';
import { tellingErrors } from '../telling-errors.js';
import { untilInUse } from '../until-in-use.js';

/** The options of `maestro projections run`. */
export interface RunOptions {
  readonly once?: boolean;
  readonly concurrency: number;
}

/** The progress of one projection or subscription. */
interface Taken {
  readonly name: string;
  readonly events: number;
}

/** Runs projections and subscriptions: until they have caught up with `--once`, else until Ctrl-C. */
export async function run(
  names: readonly string[],
  options: RunOptions,
  invocation: Invocation,
): Promise<ExitCode | undefined> {
  const definitions = await configuredProjections(invocation, names);
  const { output } = invocation;
  output.withoutPager();
  const taken = new Map(definitions.map(({ name }) => [name, 0]));
  const code = await withDatabase(invocation, (database) => work(database, definitions, options, taken, invocation), {
    writes: true,
  });
  await printRows<Taken>(
    [...taken].map(([name, events]) => ({ name, events })),
    output,
    {
      id: ({ name }) => name,
      json: ({ name, events }) => ({ name, events }),
      columns: [
        { heading: 'NAME', value: ({ name }) => name },
        { heading: 'EVENTS TAKEN IN', value: ({ events }) => decimal(events), align: 'right' },
      ],
    },
  );
  return code;
}

async function work(
  database: Database,
  definitions: readonly AnyProjection[],
  { once = false, concurrency }: RunOptions,
  taken: Map<string, number>,
  { context, output }: Invocation,
): Promise<ExitCode> {
  if (database.embedded && !once)
    await output.note(
      'the embedded database stays open meanwhile, so no other process can use it; --once ends by itself',
    );
  const interrupt = untilInterrupted(context);
  const names = definitions.map(({ name }) => name);
  const errors = tellingErrors(output);
  try {
    let all = 0;
    let total = 0;
    let isFollowing = false;
    let isStuck = false;
    const show = () => {
      const events = counted(all, 'event');
      if (isFollowing) output.progress.report(`Following: ${events} taken in`);
      else output.progress.measure('Catching up', all, Math.max(all, total), 'events');
    };
    const worker = runProjections(database, definitions, {
      concurrency,
      signal: interrupt.signal,
      onError: (error) => {
        errors.tell(error);
        isStuck ||= [RebuildBlockedError, DependentObjectsError, ReadModelSetUpError, PermissionDeniedError].some(
          (kind) => error instanceof kind,
        );
      },
      onProgress: (progress) => {
        taken.set(progress.name, (taken.get(progress.name) ?? 0) + progress.taken);
        all += progress.taken;
        show();
      },
    });
    // For the progress alone: the worker does not wait for it, and where it fails the worker says why.
    lagOf(database.knex, database.schema, { names, signal: interrupt.signal }).then(
      (lags) => {
        total = all + lags.reduce((sum, { eventsBehind }) => sum + eventsBehind, 0);
      },
      () => {},
    );
    let building: readonly string[] = [];
    let parked: number | undefined;
    let refusal: { readonly error: unknown } | undefined;
    const isWaiting = async () => {
      if (!once) return false;
      const copies = await notInUse(database, definitions);
      building = copies.map(({ name }) => name);
      if (copies.length === 0 || isStuck) return false;
      const ids = copies.map(({ id }) => id);
      return (await countParked(database.knex, database.schema, ids)) === 0;
    };
    try {
      parked = (await untilInUse(worker, isWaiting, interrupt))?.parked;
    } catch (error) {
      refusal = { error };
    }
    isFollowing = true;
    if (parked !== undefined && !once) {
      output.progress.stop();
      await output.note(
        `caught up${parked > 0 ? `, with ${counted(parked, 'aggregate')} parked` : ''}; following until Ctrl-C`,
      );
      show();
      // What was refused has been told; all else goes on.
    } else if (refusal === undefined || once) interrupt.stop();
    await worker.stopped;
    await errors.end();
    if (interrupt.exitCode !== undefined) return interrupt.exitCode;
    if (refusal !== undefined) throw refusal.error;
    const gone = await goneTables(database, names);
    if (gone.length > 0)
      await output.warn(
        `There is no table ${gone.join(', ')} any more; \`maestro projections rebuild\` makes the tables of a projection anew.`,
      );
    if (building.length > 0)
      await output.warn(
        `The new tables of ${building.join(', ')} are not in use yet; see \`maestro projections status\`. Workers go on with it, and so does the next run.`,
      );
    if ((parked ?? 0) > 0)
      await output.warn(
        `${counted(parked ?? 0, 'aggregate')} parked, which takes in nothing more; see \`maestro projections status\`.`,
      );
    return gone.length === 0 && building.length === 0 && (parked ?? 0) === 0 ? DONE : FOUND;
  } finally {
    interrupt.end();
  }
}

/** The tables of some projections that are not there any more, in copies that are in use or are being filled. */
async function goneTables({ knex, schema }: Database, names: readonly string[]): Promise<string[]> {
  const copies = await readCopies(knex, schema, names);
  const missing = await missingTables(knex, schema);
  return missing.filter(({ copy }) => copies.some(({ id }) => id === copy)).map(({ table }) => table);
}

/** The copies of the version of these handlers that are being built. */
async function notInUse({ knex, schema }: Database, definitions: readonly AnyProjection[]): Promise<Copy[]> {
  const versions = new Map(definitions.map(({ name, version }) => [name, version]));
  const copies = await readCopies(knex, schema, [...versions.keys()]);
  return copies.filter(({ name, version, status }) => status === 'building' && version === versions.get(name));
}
