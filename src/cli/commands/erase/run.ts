import { dropping } from '../../../admin/erase-aggregate/assert-covered.js';
import type { ErasurePlan } from '../../../admin/erase-aggregate/plan-erasure.js';
import type { ReachedProjection } from '../../../admin/erase-aggregate/read-models.js';
import { hasEctoMigrations } from '../../../admin/log/elixir.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { UsageError } from '../../errors.js';
import { typeOfFirstEvent } from '../../../folding/choose-definition.js';
import { aggregateChooser } from '../../fold/choose-aggregate.js';
import { patchJson, printStateChanges } from '../../fold/state-changes.js';
import { type TriedErasure, triedErasure } from '../../fold/trial/tried-erasure.js';
import { type IdArgument, IdPrefix } from '../../input/id-argument.js';
import { assertReason, toExecute } from '../../input/reason.js';
import { parseReplacements } from '../../input/replacements.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import type { Output } from '../../output/output.js';
import { printFacts } from '../../output/print-facts.js';
import { counted, decimal } from '../../../text/figures.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';
import { readModelEraser } from './read-model-eraser.js';

/** The options of `maestro erase`. */
export interface EraseCommandOptions {
  readonly paths?: string[];
  readonly reason?: string;
  readonly execute?: boolean;
  readonly expect?: number;
  readonly replace?: string[];
  readonly aggregate?: string;
  readonly force?: boolean;
}

/** Plans an erasure, and does it with `--execute`. */
export async function run(argument: IdArgument, options: EraseCommandOptions, invocation: Invocation): Promise<void> {
  const { paths, execute = false, aggregate, replace = [] } = options;
  assertOptions(argument, options);
  const replacements = parseReplacements(replace, paths ?? []);
  const choose = await aggregateChooser(invocation, aggregate);
  const { projections = [] } = await invocation.configuration();
  let besideElixir = false;
  const { id, done } = await withDatabase(
    invocation,
    async (database) => {
      const id = await resolveAggregateId(invocation, database, argument);
      const definition = paths && (await choose(id, () => typeOfFirstEvent(database.store, id)));
      const done = await triedErasure(
        database,
        { aggregateId: id, paths, replacements, readModels: readModelEraser(projections, database.schema) },
        definition,
        options,
        invocation,
      );
      besideElixir = await hasEctoMigrations(database);
      return { id, done };
    },
    { writes: execute },
  );
  if (done.trial?.warning !== undefined) await invocation.output.warn(done.trial.warning);
  await print(id, done, replacements, options, invocation);
  const { missing, keptByLayoutChange } = done.plan;
  if (keptByLayoutChange)
    await invocation.output.warn(
      `an unfinished change of the layout has a second log, which ${execute ? 'still has' : 'keeps'} what is erased here: run \`maestro migrate layout\` to its end, or remove it with --cancel`,
    );
  await warnOfKeptReadModels(done.plan, options, invocation.output);
  if (missing > 0)
    await invocation.output.warn(
      `${counted(missing, 'event')} up to the last sequence ${missing === 1 ? 'was' : 'were'} already missing; see \`maestro verify\`.`,
    );
  if (paths !== undefined && done.trial === undefined && (await invocation.configuration()).aggregates?.length)
    await invocation.output.note(
      'no configured definition owns this aggregate, so it was not checked that the rest can be folded',
    );
  if (execute)
    await invocation.output.note(
      'the erased data is still in backups, exports, the write-ahead log, replicas that lag behind, and whatever the ' +
        'application keeps beside its projections; on disk it is overwritten only after VACUUM',
    );
  if (besideElixir) await invocation.output.warn(writtenBack(id, paths));
  if (!execute) await invocation.output.note(toExecute(options.reason, done.plan.sequence));
}

function assertOptions(argument: IdArgument, { paths, reason, replace, execute }: EraseCommandOptions): void {
  assertReason(reason, execute);
  if (execute && argument instanceof IdPrefix)
    throw new UsageError('--execute needs the whole id of the aggregate.', {
      hint: 'Leave --execute out to see what would be erased, with the whole id. Nothing was changed.',
    });
  if (paths === undefined && replace !== undefined)
    throw new UsageError('--replace works only together with --paths.', {
      hint: 'Without --paths the events themselves are removed, so no value can be put in their place.',
    });
}

function notErased({ status }: ErasurePlan['projections'][number]): string {
  return status === 'retired'
    ? 'not erased: the role may not drop its tables'
    : 'not erased: no `erased` for it is configured';
}

/** Warns of projections whose tables keep what is erased. */
async function warnOfKeptReadModels(
  { projections }: ErasurePlan,
  { execute = false, force = false }: EraseCommandOptions,
  output: Output,
): Promise<void> {
  const uncovered = projections.filter(({ covered }) => !covered);
  if (uncovered.length === 0) return;
  const kept = uncovered.map(nameAndVersion);
  const [are, their] = kept.length === 1 ? ['is', 'its'] : ['are', 'their'];
  const isRetired = uncovered.every(({ status }) => status === 'retired');
  const why = isRetired
    ? 'only a member of their owner may drop the tables that were replaced'
    : 'no configured projection of that version has an `erased` function';
  const problem = `${kept.join(', ')} ${are} not covered: ${why}, so what ${their} tables have of the aggregate ${execute ? 'stays' : 'would stay'}.`;
  if (execute || force) return await output.warn(problem);
  await output.warn(
    [problem, ...(isRetired ? [] : [dropping(uncovered)]), 'Without --force the erasure will be refused.'].join(' '),
  );
}

const BY_STATUS = { live: '', building: ' (being rebuilt)', retired: ' (replaced)' } as const;

function nameAndVersion({ name, version, status }: ReachedProjection): string {
  return `projection ${name} ${version}${BY_STATUS[status]}`;
}

/** The warning that a process of an Elixir application may write back what is erased, and how to look for it. */
function writtenBack(id: Timestamp, paths: readonly string[] | undefined): string {
  const look =
    paths === undefined
      ? `check with \`maestro verify ${id.hex}\` that nothing has come back`
      : 'run this again without --execute, and `maestro snapshot verify`, to check that no value has come back';
  return (
    'An Elixir application uses this schema. If one of its processes has the aggregate in memory, it writes the erased ' +
    `data back with its next events or snapshot. Restart it first, on all nodes. Afterwards ${look}.`
  );
}

async function print(
  id: Timestamp,
  {
    plan: { events, sequence, missing, snapshot, commands, projections, paths, keptByLayoutChange },
    trial,
  }: TriedErasure,
  replacements: Readonly<Record<string, string>>,
  { reason, execute = false, paths: asked }: EraseCommandOptions,
  { output }: Invocation,
): Promise<void> {
  const whole = asked === undefined;
  const verb = execute ? 'erased' : 'to erase';
  const replaced = (path: string) => (Object.hasOwn(replacements, path) ? replacements[path] : undefined);
  const left = Object.keys(replacements).length > 0 ? 'another value at these paths' : 'these paths';
  const changes = execute ? undefined : trial?.changes;
  const json = {
    aggregateId: id.hex,
    executed: execute,
    at: new Date().toISOString(),
    reason: reason ?? null,
    what: whole ? 'events' : 'paths',
    events,
    sequence,
    missing,
    snapshot: snapshot ?? null,
    commands,
    projections,
    // As text: a number may have more digits than JavaScript keeps.
    paths: paths.map((each) => ({ ...each, replacement: replaced(each.path) })),
    ...(trial === undefined ? {} : { aggregate: trial.aggregate, folds: trial.folds }),
    ...(execute ? { left: { events: 0, snapshots: 0, commands: whole ? 0 : undefined } } : {}),
    ...(keptByLayoutChange && { keptByLayoutChange }),
    patch: changes && patchJson(changes),
  };
  await printFacts(output, {
    ids: [id.hex],
    json,
    facts: [
      ['aggregate', id.hex],
      ...(reason === undefined ? [] : [['reason', reason] as const]),
      ['last sequence', String(sequence)],
      [whole ? `events ${verb}` : `events with paths ${verb}`, decimal(events)],
      ...paths.map(({ path, events: count }) => {
        const value = replaced(path);
        return [
          `path ${verb}`,
          `${path}${value === undefined ? '' : ` → ${value}`} (in ${counted(count, 'event')})`,
        ] as const;
      }),
      [`snapshot ${verb}`, snapshot === undefined ? 'none' : `of sequence ${snapshot}`],
      ...(commands === 0 ? [] : [[`command ids ${verb}`, decimal(commands)] as const]),
      ...projections.map(
        (each) => ['read model', `${nameAndVersion(each)}: ${each.covered ? verb : notErased(each)}`] as const,
      ),
      ...(trial === undefined
        ? []
        : [
            [
              Object.keys(replacements).length > 0 ? 'folds afterwards' : 'folds without it',
              `${trial.folds ? 'yes' : 'no'}, by the handlers of ${trial.aggregate}`,
            ] as const,
          ]),
      ...(execute
        ? [
            [
              'left of it',
              whole ? 'no event, no snapshot, no command id' : `no event with ${left}, no snapshot`,
            ] as const,
          ]
        : []),
    ],
  });
  if (changes !== undefined) await printStateChanges(changes, output);
}
