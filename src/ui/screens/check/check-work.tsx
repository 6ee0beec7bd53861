import { aggregatesToCheck, type CheckedPart } from '../../../folding/check/aggregates-to-check.js';
import { checkAggregates, type Problem } from '../../../folding/check/check-aggregates.js';
import { checkedText, nothingChecked } from '../../../folding/check/checked.js';
import { definitionOwning } from '../../../folding/choose-definition.js';
import { elixirVersionFault } from '../../../folding/elixir-snapshot-versions.js';
import { Timestamp } from '../../../hlc/timestamp.js';
import { counted } from '../../../text/figures.js';
import type { UiContext } from '../../context.js';
import { AggregateLink } from '../../parts/id.js';
import { Text } from '../../parts/text.js';
import type { Outcome, RunWork } from '../../runs/run.js';

/** Folds all aggregates, or a sample of them, with the configured handlers. */
export function checkWork({ log, store, aggregates }: UiContext, part: CheckedPart): RunWork {
  return async ({ progress, finding }) => {
    const checked = nothingChecked();
    const { histories, ...rest } = await aggregatesToCheck(log, store, part);
    const problems = checkAggregates({
      ...rest,
      histories: telling(histories, () => progress(`Folding: ${counted(checked.aggregates, 'aggregate')} checked`)),
      store,
      choose: (id, firstType) => definitionOwning(aggregates, id, firstType),
      checked,
    });
    const found = { problems: 0, snapshots: 0 };
    for await (const problem of problems) {
      found.problems += 1;
      if (problem.problem === 'snapshot') found.snapshots += 1;
      if (!(await finding(<ProblemLine problem={problem} />))) break;
    }
    const versions = elixirVersionFault(aggregates, log.interop);
    return outcomeOf(found, checked, [
      ...(versions === undefined ? [] : [`${versions.found}. ${versions.remedy}`]),
      ...(part.snapshots ? [] : ['Stored snapshots were not compared.']),
    ]);
  };
}

function outcomeOf(
  { problems, snapshots }: { readonly problems: number; readonly snapshots: number },
  checked: ReturnType<typeof nothingChecked>,
  notes: readonly string[],
): Outcome {
  const nothing = checked.aggregates === 0 && checked.withoutHandlers > 0;
  const result = problems === 0 ? 'No problem' : counted(problems, 'problem');
  return {
    good: problems === 0 && !nothing,
    text: nothing ? 'Nothing was checked at all.' : `${result}: checked ${checkedText(checked)}.`,
    notes: [
      ...(snapshots === 0
        ? []
        : ['`maestro snapshot verify --fix` replaces a wrong snapshot, `maestro snapshot delete` removes it.']),
      ...(checked.withoutHandlers === 0
        ? []
        : [
            `Not checked, because no configured definition owns them: ${counted(checked.withoutHandlers, 'aggregate')}.`,
          ]),
      ...notes,
    ],
  };
}

function ProblemLine({ problem: { aggregateId, aggregate, sequence, message } }: { readonly problem: Problem }) {
  return (
    <>
      <AggregateLink id={Timestamp.fromHex(aggregateId)} {...(sequence === 0 ? {} : { at: sequence })} />
      {aggregate !== undefined && (
        <>
          {' '}
          <strong>
            <Text value={aggregate} />
          </strong>
        </>
      )}
      {sequence > 0 && ` at ${sequence}`}: <Text value={message} />
    </>
  );
}

async function* telling<Item>(items: Iterable<Item> | AsyncIterable<Item>, tell: () => void): AsyncGenerator<Item> {
  for await (const item of items) {
    tell();
    yield item;
  }
}
