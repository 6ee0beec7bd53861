import type { Knex } from 'knex';
import { canReadProjections } from '../../../../store/positions/assert-tables.js';
import { type Copy, readCopies } from '../../../../projection/copies/copy.js';
import { missingTables } from '../../../../projection/copies/missing-tables.js';
import { type MigrationStatus, migrationStatus } from '../../../../store/migrate/migration-status.js';
import { layoutName } from '../../../../store/layout/layout.js';
import { layoutCommand } from '../../../../store/migrate/relayout/layout-command.js';
import { placesOf } from '../../../../store/migrate/relayout/places.js';
import { type UnfinishedChange, unfinishedChange } from '../../../../store/migrate/relayout/progress-state.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import { withExistingDatabase } from '../../../database/with-existing-database.js';
import type { Output } from '../../../output/output.js';
import { escapeText } from '../../../../text/escape.js';
import { FittedTable } from '../../../render/fitted-table.js';
import type { Invocation } from '../../../invocation.js';

/** The options of `maestro migrate status`. */
export interface StatusOptions {
  readonly exitCode?: boolean;
}

/** The state of the database, and its faults. */
interface Status extends MigrationStatus {
  /** A change of the layout that is under way, or was broken off; absent when there is none. */
  readonly layoutChange?: UnfinishedChange;
  readonly projections: readonly ProjectionTables[];
}

/** A projection or subscription, and what has become of its tables. */
interface ProjectionTables extends Pick<Copy, 'name' | 'version' | 'kind' | 'status' | 'tables'> {
  /** Tables that are not there any more. */
  readonly missing: readonly string[];
}

/** Shows which migration steps have run, and with `--exit-code` exits with 1 unless all have and no table is missing. */
export async function run({ exitCode = false }: StatusOptions, invocation: Invocation): Promise<ExitCode> {
  const result = await withExistingDatabase(invocation, async (knex, schema): Promise<Status> => {
    const status = await migrationStatus(knex, { schema });
    if (knex === undefined) return { ...status, projections: [] };
    const layoutChange = await unfinishedChange(knex, placesOf(schema));
    return { ...status, ...(layoutChange && { layoutChange }), projections: await projectionsOf(knex, schema) };
  });
  await printStatus(result, invocation);
  const isWell = result.upToDate && result.projections.every(({ missing }) => missing.length === 0);
  return exitCode && !isWell ? FOUND : DONE;
}

async function projectionsOf(knex: Knex, schema: string): Promise<ProjectionTables[]> {
  if (!(await canReadProjections(knex, schema))) return [];
  const lost = await missingTables(knex, schema);
  return (await readCopies(knex, schema)).map(({ id, name, version, kind, status, tables }) => {
    const missing = lost.filter(({ copy }) => copy === id).map(({ table }) => table);
    return { name, version, kind, status, tables, missing };
  });
}

async function printStatus(result: Status, { output }: Invocation): Promise<void> {
  const pending = result.steps.filter(({ state }) => state === 'pending');
  await output.inForm({
    ids: () => output.lines(pending, ({ name }) => escapeText(name)),
    json: () => output.json(result),
    table: () => printTable(result, output),
  });
}

function changeText({ target }: UnfinishedChange): string {
  const command = target === undefined ? 'maestro migrate layout' : layoutCommand(target);
  return `the layout is being changed, or that was broken off: \`${command} --execute\` goes on, \`maestro migrate layout --cancel\` removes it`;
}

async function printTable(result: Status, output: Output): Promise<void> {
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
  const layout = result.layout === undefined ? 'none yet' : layoutName(result.layout);
  await output.sentence(
    `schema ${result.schema}, layout ${layout}: ${result.upToDate ? 'up to date' : 'not up to date'}`,
    result.upToDate ? good : bad,
  );
  for (const fault of result.faults) await output.sentence(`- ${fault}`, bad);
  for (const projection of result.projections)
    await output.sentence(projectionText(projection), projection.missing.length === 0 ? good : bad);
  if (result.layoutChange !== undefined) await output.note(changeText(result.layoutChange));
  const pending = result.steps.filter(({ state }) => state === 'pending');
  const worksWithout = result.partitions !== undefined && pending.every(({ essential }) => !essential);
  if (result.conversion === 'prepared')
    await output.note(
      'the tables are about to be spread over a Citus cluster: `maestro migrate --citus --online` goes on',
    );
  if (pending.length > 0 && worksWithout)
    await output.note('all works meanwhile but what needs the tables of the pending steps, such as command ids');
}

function projectionText({ name, version, kind, status, tables, missing }: ProjectionTables): string {
  if (kind === 'subscription') return `subscription ${name}`;
  const all = tables.length === 0 ? 'no tables of its own' : `tables ${tables.join(', ')}`;
  const fault = missing.length === 0 ? '' : `; not there: ${missing.join(', ')}`;
  return `projection ${name} ${version}, ${status}: ${all}${fault}`;
}
