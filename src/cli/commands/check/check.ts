import type { Command } from 'commander';
import type { Database } from '../../../connection/database.js';
import { limit } from '../../input/arguments.js';
import type { BaselineEntry } from './baseline.js';
import type { CheckCounts, Problem } from './check-aggregates.js';
import type { SnapshotOf } from './check-snapshot.js';
import { handlersChooser } from '../../fold/choose-aggregate.js';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { FOUND } from '../../exit-codes.js';
import { each, listed } from '../../output/iterate.js';
import { printFindings } from '../../output/print-findings.js';
import { counted, decimal } from '../../render/figures.js';
import { createSession, type Session, withDatabase } from '../../session.js';
import { versionsBesideElixir } from '../../versions-beside-elixir.js';

interface CheckOptions {
  readonly all?: boolean;
  readonly sample?: number;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly force?: boolean;
  readonly aggregate?: string;
  /** False with `--no-snapshots`. */
  readonly snapshots: boolean;
}

/** Declares `maestro check`; `exit` is told when there is a problem. */
export function registerCheck(program: Command, context: CliContext, exit: (code: number) => void): void {
  program
    .command('check')
    .summary('fold every stored aggregate with the current code: a gate for deploys')
    .description(
      'Fold stored aggregates with the handlers of the configuration file. Tells handlers that fail on stored events, ' +
        'stored snapshots that are not what the events give, and with --baseline states that differ from those of the code ' +
        'that wrote it. Exits with 1 when anything is found.',
    )
    .option('--all', 'every aggregate (the default)')
    .option('--sample <count>', 'so many aggregates, chosen at random', limit)
    .option('--baseline <file>', 'compare the states with those in this file, each at the sequence it was written at')
    .option('--write-baseline <file>', 'write the states that the current code gives to this file')
    .option('--force', 'replace the file of --write-baseline if it is there')
    .option('--aggregate <name>', 'fold all with the handlers of this aggregate of the configuration file')
    .option('--no-snapshots', 'do not compare the stored snapshots')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro check --sample 1000
  $ maestro check --write-baseline before.ndjson    # with the code that runs now
  $ maestro check --baseline before.ndjson          # with the code that is to be deployed`,
    )
    .action(async (options: CheckOptions, command: Command) => {
      if (await check(options, createSession(context, command))) exit(FOUND);
    });
}

async function check(options: CheckOptions, session: Session): Promise<boolean> {
  if (options.all && options.sample !== undefined)
    throw new UsageError('--all and --sample contradict each other; use one of them.');
  const { writeBaseline, force } = options;
  if (writeBaseline === '-') throw new UsageError('--write-baseline takes a file, which "-" is not.');
  if (force && writeBaseline === undefined) throw new UsageError('--force is for --write-baseline.');
  const choose = await handlersChooser(session, options.aggregate);
  await assertBaseline(options, session);
  const run = (record?: (entry: BaselineEntry) => Promise<void>) => checkWith(choose, options, session, record);
  if (writeBaseline === undefined) return await run();
  session.output.withoutPager();
  const [{ writeWhole }, { BASELINE_HEADER, baselineFooter }] = await Promise.all([
    import('../../output/whole-file.js'),
    import('./baseline.js'),
  ]);
  let found = false;
  await writeWhole(writeBaseline, session, { force }, async (write) => {
    let aggregates = 0;
    await write(`${BASELINE_HEADER}\n`);
    found = await run(async (entry) => {
      aggregates += 1;
      await write(`${JSON.stringify(entry)}\n`);
    });
    await write(`${baselineFooter(aggregates)}\n`);
  });
  return found;
}

/** Reads a baseline once before any work is done, so that one that is no good is refused at once. */
async function assertBaseline({ baseline }: CheckOptions, session: Session): Promise<void> {
  if (baseline === undefined || baseline === '-') return;
  const { readBaseline } = await import('./baseline.js');
  for await (const entry of readBaseline(baseline, session)) void entry;
}

async function checkWith(
  choose: Awaited<ReturnType<typeof handlersChooser>>,
  { sample, baseline, snapshots }: CheckOptions,
  session: Session,
  record: ((entry: BaselineEntry) => Promise<void>) | undefined,
): Promise<boolean> {
  const { output } = session;
  const [{ aggregateIds, sampleOfIds }, { checkAggregates }, { readBaseline }] = await Promise.all([
    import('../../../admin/log/aggregate-ids.js'),
    import('./check-aggregates.js'),
    import('./baseline.js'),
  ]);
  return await withDatabase(session, async (database) => {
    const { aggregates = [] } = await session.configuration();
    const versions = versionsBesideElixir(aggregates, database.interop);
    if (versions !== undefined) await output.warn(`${versions.found}. ${versions.remedy}`);
    const ids = sample === undefined ? aggregateIds(database) : listed(await sampleOfIds(database, sample));
    const checked: CheckCounts = { aggregates: 0, events: 0, compared: 0, snapshots: 0, withoutHandlers: 0 };
    const nothingChecked = () => checked.aggregates === 0 && checked.withoutHandlers > 0;
    let wrong = 0;
    const problems = checkAggregates({
      ids: each(ids, () => output.progress.report(`Folding: ${counted(checked.aggregates, 'aggregate')} checked`)),
      store: database.store,
      choose,
      session,
      baseline: baseline === undefined ? undefined : readBaseline(baseline, session),
      complete: sample === undefined,
      snapshotOf: snapshots ? await snapshotsOf(database, sample !== undefined) : undefined,
      record,
      checked,
    });
    const counting = each(problems, ({ problem }) => (wrong += problem === 'snapshot' ? 1 : 0));
    const found = await printFindings<Problem>(counting, output, {
      name: 'problems',
      checked: () => checked,
      checkedText: () => checkedText(checked, baseline !== undefined),
      more: () => (nothingChecked() ? { nothingChecked: true } : {}),
      id: ({ aggregateId }) => aggregateId,
      json: (problem) => JSON.stringify({ ...problem, aggregate: problem.aggregate ?? null }),
      columns: [
        { heading: 'AGGREGATE', value: ({ aggregateId }) => aggregateId, isId: true },
        { heading: 'NAME', value: ({ aggregate }) => aggregate ?? '', least: 8, optional: 1 },
        { heading: 'SEQUENCE', value: ({ sequence }) => String(sequence), align: 'right' },
        {
          heading: 'PROBLEM',
          value: ({ message }) => message,
          paint: (text) => output.style.bad(text),
          least: 12,
          wraps: true,
        },
      ],
    });
    if (!snapshots) await output.note('stored snapshots were not compared (--no-snapshots)');
    if (wrong > 0)
      await output.note(
        '`maestro snapshot verify --fix` puts the right state in the place of a wrong snapshot, `maestro snapshot delete` removes it',
      );
    if (checked.withoutHandlers > 0)
      await output.warn(
        `Not checked, because no configured definition owns them: ${counted(checked.withoutHandlers, 'aggregate')}.`,
      );
    if (!nothingChecked()) return found;
    if (output.format === 'table' && !output.quiet) await output.sentence(NOTHING_CHECKED, output.style.bad);
    else await output.warn(NOTHING_CHECKED);
    return true;
  });
}

const NOTHING_CHECKED = 'Nothing was checked at all.';

function checkedText({ events, aggregates, snapshots, compared }: CheckCounts, hasBaseline: boolean): string {
  return [
    `${counted(events, 'event')} of ${counted(aggregates, 'aggregate')}`,
    ...(snapshots > 0 ? [counted(snapshots, 'snapshot')] : []),
    ...(hasBaseline ? [`${decimal(compared)} against the baseline`] : []),
  ].join(', ');
}

/** Snapshots as they are asked for: all in one go, or for a sample one by one. */
async function snapshotsOf(database: Database, oneByOne: boolean): Promise<SnapshotOf> {
  if (oneByOne) return (id) => database.store.getStoredSnapshot(id, 0);
  const [{ storedSnapshots }, { snapshotsInOrder }] = await Promise.all([
    import('../../../admin/log/stored-snapshots.js'),
    import('./check-snapshot.js'),
  ]);
  return snapshotsInOrder(storedSnapshots(database));
}
