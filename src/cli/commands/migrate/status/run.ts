import { type MigrationStatus, migrationStatus } from '../../../../store/migrate/migration-status.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import { withExistingDatabase } from '../../../database/with-existing-database.js';
import type { Output } from '../../../output/output.js';
import { escapeText } from '../../../render/escape.js';
import { FittedTable } from '../../../render/fitted-table.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro migrate status`. */
export interface StatusOptions {
  readonly exitCode?: boolean;
}

/** Shows which migration steps have run, and with `--exit-code` exits with 1 unless all have. */
export async function run({ exitCode = false }: StatusOptions, invocation: Invocation): Promise<ExitCode> {
  const result = await withExistingDatabase(invocation, (knex, schema) => migrationStatus(knex, { schema }));
  await printStatus(result, invocation);
  return exitCode && !result.upToDate ? FOUND : DONE;
}

async function printStatus(result: MigrationStatus, { output }: Invocation): Promise<void> {
  const pending = result.steps.filter(({ state }) => state === 'pending');
  await output.inForm({
    ids: () => output.lines(pending, ({ name }) => escapeText(name)),
    json: () => output.json(result),
    table: () => printTable(result, output),
  });
}

async function printTable(result: MigrationStatus, output: Output): Promise<void> {
  const { good, bad } = output.style;
  type Step = MigrationStatus['steps'][number];
  const table = new FittedTable<Step>(
    [
      { heading: 'STEP', value: ({ name }) => name },
      {
        heading: 'STATE',
        value: ({ state }) => state,
        paint: (text, { state }) => (state === 'pending' || state === 'unknown' ? bad : good)(text),
      },
      { heading: 'SINCE', value: ({ at }) => at?.toISOString() ?? '' },
    ],
    result.steps,
    output.columns,
    output.style,
  );
  await output.line(table.head);
  for (const step of result.steps) await output.line(table.line(step));
  const layout =
    result.partitions === undefined ? 'none yet' : result.partitions > 1 ? `${result.partitions} partitions` : 'plain';
  await output.sentence(
    `schema ${result.schema}, layout ${layout}: ${result.upToDate ? 'up to date' : 'not up to date'}`,
    result.upToDate ? good : bad,
  );
  for (const fault of result.faults) await output.sentence(`- ${fault}`, bad);
  const pending = result.steps.filter(({ state }) => state === 'pending');
  const worksWithout = result.partitions !== undefined && pending.every(({ essential }) => !essential);
  if (pending.length > 0 && worksWithout)
    await output.note('all works meanwhile but what needs the tables of the pending steps, such as command ids');
}
