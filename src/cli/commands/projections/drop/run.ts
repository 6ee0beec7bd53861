import type { Database } from '../../../../connection/database.js';
import { type DroppedCopy, planDrop } from '../../../../projection/plan-drop.js';
import { cleanUpRetired } from '../../../../projection/rebuild/clean-up-retired.js';
import { retireProjection } from '../../../../projection/retire-projection.js';
import { assertProjectionTables } from '../../../../store/positions/assert-tables.js';
import { withDatabase } from '../../../database/with-database.js';
import { ProjectionInUseError } from '../../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import type { Output } from '../../../output/output.js';
import { printFacts } from '../../../output/print-facts.js';
import { counted, decimal } from '../../../../text/figures.js';
import { registeredCopies } from '../registered.js';

/** The options of `maestro projections drop`. */
export interface DropOptions {
  readonly force?: boolean;
  readonly execute?: boolean;
}

/** Plans to remove a projection or subscription, and does it with `--execute`. */
export async function run(
  name: string,
  { force = false, execute = false }: DropOptions,
  invocation: Invocation,
): Promise<ExitCode> {
  const { output } = invocation;
  if (execute) output.withoutPager();
  const { projections = [] } = await invocation.configuration();
  const isConfigured = projections.some((each) => each.name === name);
  const { plan, left } = await withDatabase(
    invocation,
    async (database) => {
      const plan = await planFor(database, name);
      const use = useOf(name, plan, isConfigured);
      if (use !== undefined && !force && execute) throw new ProjectionInUseError(name, use);
      if (use !== undefined) await output.warn(inUse(use, { force, execute }));
      return { plan, left: execute ? await drop(database, name, invocation) : [] };
    },
    { writes: execute },
  );
  await print(name, plan, execute, left, output);
  if (!execute) await output.note('nothing was changed; to execute this plan, add --execute');
  for (const problem of remaining(name, left)) await output.warn(problem);
  return left.length === 0 ? DONE : FOUND;
}

/** The plan for a name. One that was dropped before, and is not removed whole, is known, too. */
async function planFor(database: Database, name: string): Promise<readonly DroppedCopy[]> {
  const { knex, schema } = database;
  await assertProjectionTables(knex, schema);
  const plan = await planDrop(knex, schema, name);
  if (plan.length === 0) await registeredCopies(database, name);
  return plan;
}

/** Names those who run it, or would make it anew; `undefined` when there is nobody. */
function useOf(name: string, plan: readonly DroppedCopy[], isConfigured: boolean): string | undefined {
  const workers = Math.max(0, ...plan.map((copy) => copy.workers));
  const users = [
    ...(workers === 0 ? [] : [`${counted(workers, 'worker')} ${workers === 1 ? 'runs' : 'run'} ${name}`]),
    ...(isConfigured ? [`the configuration has ${name}`] : []),
  ];
  return users.length === 0 ? undefined : users.join(', and ');
}

function inUse(use: string, { force, execute }: Required<DropOptions>): string {
  const problem = `${use}: code that has it makes it anew, and takes all events in again.`;
  return force || execute ? problem : `${problem} Without --force it will not be dropped.`;
}

/** Drops it; gives what is left of it, or is there again. */
async function drop(
  { knex, schema }: Database,
  name: string,
  { output, options }: Invocation,
): Promise<readonly DroppedCopy[]> {
  output.progress.report('Waiting until nobody uses its tables');
  await retireProjection(knex, schema, name, { lockTimeout: options.timeout });
  output.progress.report('Removing its tables and positions');
  await cleanUpRetired(knex, schema);
  return await planDrop(knex, schema, name);
}

function remaining(name: string, left: readonly DroppedCopy[]): string[] {
  const isThereAgain = left.some(({ status }) => status !== 'retired');
  return [
    ...(left.some(({ status }) => status === 'retired')
      ? [
          `${name} is out of use, but transactions that began before still use what it had; run this again, or a worker removes it.`,
        ]
      : []),
    ...(isThereAgain ? [`${name} is there again: code that has it has made it anew meanwhile.`] : []),
  ];
}

async function print(
  name: string,
  plan: readonly DroppedCopy[],
  execute: boolean,
  left: readonly DroppedCopy[],
  output: Output,
): Promise<void> {
  const verb = execute ? 'dropped' : 'to drop';
  const [kind = 'projection'] = plan.map((copy) => copy.kind);
  const positions = plan.reduce((sum, copy) => sum + copy.positions, 0);
  const tables = plan.flatMap((copy) => copy.tables);
  await printFacts(output, {
    ids: [name],
    json: {
      name,
      kind,
      executed: execute,
      copies: plan.map(({ version, status, tables, positions }) => ({ version, status, tables, positions })),
      left: left.length,
    },
    facts: [
      [kind, name],
      ...(kind === 'projection'
        ? ([
            [`versions ${verb}`, plan.map(({ version, status }) => `${version} (${STATUS[status]})`).join(', ')],
            [`tables ${verb}`, tables.length === 0 ? 'none' : tables.join(', ')],
          ] as const)
        : []),
      [`positions ${verb}`, decimal(positions)],
    ],
  });
}

const STATUS = { live: 'live', building: 'being built', retired: 'replaced' } as const;
