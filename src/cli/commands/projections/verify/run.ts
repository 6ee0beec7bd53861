import type { ComparedTable, TableDifference } from '../../../../projection/verify/compare-table.js';
import type { FoldFailure } from '../../../../projection/verify/fold-aside.js';
import { type ProjectionVerification, verifyProjection } from '../../../../projection/verify/verify-projection.js';
import { withDatabase } from '../../../database/with-database.js';
import { UsageError } from '../../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { printFindings } from '../../../output/print-findings.js';
import { counted, decimal } from '../../../../text/figures.js';
import { configuredReadModel } from '../configured.js';

/** The options of `maestro projections verify`. */
export interface VerifyOptions {
  readonly sample?: number;
  readonly all?: boolean;
}

/** Something that differs: an event that the handlers do not take in any more, or rows of a table. */
type Difference = ({ readonly kind: 'failed' } & FoldFailure) | TableDifference;

/** Compares the live tables of a projection with its handlers, and exits with 1 when they differ. */
export async function run(name: string, options: VerifyOptions, invocation: Invocation): Promise<ExitCode> {
  const { sample, all } = options;
  if (all === true && sample !== undefined)
    throw new UsageError('--all and --sample contradict each other; use one of them.');
  const definition = await configuredReadModel(invocation, name);
  const { output } = invocation;
  const result = await withDatabase(
    invocation,
    (database) =>
      verifyProjection(database, definition, {
        sample,
        all,
        onProgress: (aggregates, _events, total) =>
          output.progress.measure('Taking events in again', aggregates, total, 'aggregates'),
      }),
    { writes: true },
  );
  assertCompared(result);
  return (await print(result, invocation)) ? FOUND : DONE;
}

/** Throws `UsageError` when nothing could be compared: that must not look like no difference. */
function assertCompared({ name, failures, aggregates, tables }: ProjectionVerification): void {
  if (failures.length > 0 || tables.length === 0 || tables.some(({ compared }) => compared)) return;
  if (tables.every(({ rows }) => rows === 0))
    throw new UsageError(
      `Nothing of ${name} was compared: its handlers make no row of the ${counted(aggregates, 'aggregate')} of this sample.`,
      { hint: 'Take a larger sample: one of a log with many other aggregates has mostly those. Or use --all.' },
    );
  throw new UsageError(
    `Nothing of ${name} was compared: a sample cannot tell which rows of ${tables.map(({ table }) => table).join(', ')} come from its aggregates, because no column has their ids.`,
    { hint: 'Use --all.' },
  );
}

async function print(result: ProjectionVerification, { output, options }: Invocation): Promise<boolean> {
  const { name, version, aggregates, without, events, all, failures, tables } = result;
  const differences: Difference[] = [
    ...failures.map((failure) => ({ kind: 'failed' as const, ...failure })),
    ...tables.flatMap((table) => table.differences),
  ];
  const keys = options.verbose === true;
  const isDifferent = await printFindings(differences, output, {
    name: 'differences',
    checked: () => ({ aggregates, without, events, all, tables: tables.map(jsonOfTable) }),
    checkedText: () =>
      `${counted(events, 'event')} of ${all && aggregates > 0 ? 'all ' : ''}${counted(aggregates, 'aggregate')} against ${name} ${version}`,
    id: (difference) => (difference.kind === 'failed' ? difference.aggregateId : difference.table),
    json: (difference) => jsonOf(difference, keys),
    columns: [
      { heading: 'TABLE', value: (difference) => (difference.kind === 'failed' ? '' : difference.table), least: 8 },
      { heading: 'ROWS', value: rowsText, align: 'right' },
      { heading: 'SUCH AS', value: ({ aggregateId = '' }) => aggregateId, isId: true },
      {
        heading: 'DIFFERENCE',
        value: (difference) => describe(difference, keys),
        paint: (text) => output.style.bad(text),
        least: 12,
        wraps: true,
      },
    ],
  });
  if (without > 0)
    await output.note(
      `${counted(without, 'aggregate')} more ${without === 1 ? 'was' : 'were'} drawn for the sample and left out, without events for ${name}`,
    );
  if (failures.length > 0) await output.note('no table was compared, because not all events could be taken in again');
  const [empty, unjudged] = [true, false].map((isEmpty) =>
    tables.filter(({ compared, rows }) => !compared && (rows === 0) === isEmpty).map((table) => table.table),
  ) as [string[], string[]];
  if (empty.length > 0)
    await output.note(
      `not compared: ${empty.join(', ')}. The handlers make no rows there of the aggregates of this sample; take a larger one, or --all`,
    );
  if (unjudged.length > 0)
    await output.note(
      `not compared: ${unjudged.join(', ')}. A sample cannot tell which of ${unjudged.length === 1 ? 'its' : 'their'} rows come from its aggregates: no column has their ids. --all compares them`,
    );
  const leftOut = tables.flatMap((table) => table.leftOut.map((column) => `${table.table}.${column}`));
  if (leftOut.length > 0) await output.note(`not compared, because their values are generated: ${leftOut.join(', ')}`);
  return isDifferent;
}

function jsonOfTable({ table, compared, rows, leftOut }: ComparedTable): object {
  return { table, compared, rows, leftOut };
}

function jsonOf(difference: Difference, keys: boolean): object {
  if (difference.kind === 'failed') return difference;
  const { key, ...rest } = difference;
  return { ...rest, aggregateId: rest.aggregateId ?? null, ...(keys ? { key: key ?? null } : {}) };
}

function rowsText(difference: Difference): string {
  return difference.kind === 'failed' || difference.rows === 0 ? '' : decimal(difference.rows);
}

function describe(difference: Difference, keys: boolean): string {
  if (difference.kind === 'failed') return `event ${difference.sequence} cannot be taken in again: ${difference.error}`;
  const { kind, columns, key } = difference;
  const example = keys && key !== undefined ? `, such as ${JSON.stringify(key)}` : '';
  switch (kind) {
    case 'missing':
      return `missing: the events make rows that are not there${example}`;
    case 'different':
      return `different: the events make other values of ${columns.join(', ')}${example}`;
    case 'extra':
      return `extra: rows that the handlers do not make from any event${example}`;
    case 'missing columns':
      return `columns: setUp makes ${columns.join(', ')}, and the live table has none; raise version, or rebuild`;
    case 'extra columns':
      return `columns: the live table has ${columns.join(', ')}, and setUp makes none`;
    case 'no table':
      return 'no table: setUp makes it, and it is not there';
  }
}
