import { UsageError } from '../../errors.js';
import { DONE, type ExitCode, FOUND } from '../../exit-codes.js';
import { aggregatesToCheck } from '../../../folding/check/aggregates-to-check.js';
import type { BaselineEntry } from '../../../folding/check/baseline-entry.js';
import { checkAggregates, type Problem } from '../../../folding/check/check-aggregates.js';
import { checkedText, nothingChecked as noCounts } from '../../../folding/check/checked.js';
import { type DefinitionChooser, definitionOwning } from '../../../folding/choose-definition.js';
import { configuredAggregate, configuredAggregates } from '../../fold/choose-aggregate.js';
import { tap } from '../../output/iterate.js';
import { printFindings } from '../../output/print-findings.js';
import { writeWhole } from '../../output/whole-file.js';
import { counted } from '../../../text/figures.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';
import { elixirVersionFault } from '../../../folding/elixir-snapshot-versions.js';
import { BASELINE_HEADER, baselineFooter, readBaseline } from './baseline.js';

/** The options of `maestro check`. */
export interface CheckOptions {
  readonly all?: boolean;
  readonly sample?: number;
  readonly baseline?: string;
  readonly writeBaseline?: string;
  readonly force?: boolean;
  readonly aggregate?: string;
  /** False with `--no-snapshots`. */
  readonly snapshots: boolean;
}

/** Folds stored aggregates, and exits with 1 when there is a problem. */
export async function run(options: CheckOptions, invocation: Invocation): Promise<ExitCode> {
  if (options.all && options.sample !== undefined)
    throw new UsageError('--all and --sample contradict each other; use one of them.');
  const { writeBaseline, force } = options;
  if (writeBaseline === '-') throw new UsageError('--write-baseline needs the name of a file, not "-".');
  if (force && writeBaseline === undefined)
    throw new UsageError('--force works only together with --write-baseline.', {
      hint: 'Add --write-baseline, or leave --force out.',
    });
  const choose = await chooserFor(invocation, options.aggregate);
  await assertBaseline(options, invocation);
  if (writeBaseline === undefined) return (await checkWith(choose, options, invocation)) ? FOUND : DONE;
  invocation.output.withoutPager();
  let found = false;
  await writeWhole(writeBaseline, invocation, { force }, async (write) => {
    let aggregates = 0;
    await write(`${BASELINE_HEADER}\n`);
    found = await checkWith(choose, options, invocation, async (entry) => {
      aggregates += 1;
      await write(`${JSON.stringify(entry)}\n`);
    });
    await write(`${baselineFooter(aggregates)}\n`);
  });
  return found ? FOUND : DONE;
}

/** Reads a baseline once before all other work, so that a wrong one is refused at once. */
async function assertBaseline({ baseline }: CheckOptions, invocation: Invocation): Promise<void> {
  if (baseline === undefined || baseline === '-') return;
  for await (const entry of readBaseline(baseline, invocation)) void entry;
}

async function checkWith(
  choose: DefinitionChooser,
  { sample, baseline, snapshots }: CheckOptions,
  invocation: Invocation,
  record?: (entry: BaselineEntry) => Promise<void>,
): Promise<boolean> {
  const { output } = invocation;
  return await withDatabase(invocation, async (database) => {
    const { aggregates = [] } = await invocation.configuration();
    const versions = elixirVersionFault(aggregates, database.interop);
    if (versions !== undefined) await output.warn(`${versions.found}. ${versions.remedy}`);
    const checked = noCounts();
    const { histories, ...part } = await aggregatesToCheck(database, database.store, { sample, snapshots });
    const nothingChecked = () => checked.aggregates === 0 && checked.withoutHandlers > 0;
    let wrong = 0;
    const problems = checkAggregates({
      ...part,
      histories: tap(histories, () =>
        output.progress.report(`Folding: ${counted(checked.aggregates, 'aggregate')} checked`),
      ),
      store: database.store,
      choose,
      baseline: baseline === undefined ? undefined : readBaseline(baseline, invocation),
      record,
      checked,
    });
    const counting = tap(problems, ({ problem }) => (wrong += problem === 'snapshot' ? 1 : 0));
    const found = await printFindings<Problem>(counting, output, {
      name: 'problems',
      checked: () => checked,
      checkedText: () => checkedText(checked, baseline !== undefined),
      more: () => (nothingChecked() ? { nothingChecked: true } : {}),
      id: ({ aggregateId }) => aggregateId,
      json: (problem) => ({ ...problem, aggregate: problem.aggregate ?? null }),
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
        '`maestro snapshot verify --fix` replaces a wrong snapshot, `maestro snapshot delete` removes it',
      );
    if (checked.withoutHandlers > 0)
      await output.warn(
        `Not checked, because no configured definition owns them: ${counted(checked.withoutHandlers, 'aggregate')}.`,
      );
    if (!nothingChecked()) return found;
    if (output.form === 'table') await output.sentence(NOTHING_CHECKED, output.style.bad);
    else await output.warn(NOTHING_CHECKED);
    return true;
  });
}

const NOTHING_CHECKED = 'Nothing was checked at all.';

/** Chooses the definition of the name, or the one that owns an aggregate: where several do, the check tells it. */
async function chooserFor(invocation: Invocation, name: string | undefined): Promise<DefinitionChooser> {
  const aggregates = await configuredAggregates(invocation, invocation.purpose);
  if (name === undefined) return (id, firstType) => definitionOwning(aggregates, id, firstType);
  const named = await configuredAggregate(invocation, name);
  return async () => named;
}
