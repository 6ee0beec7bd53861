import { layoutName } from '../../../../store/layout/layout.js';
import type { LayoutOptions } from '../../../../store/migrate/relayout/options.js';
import { type LayoutPlan, planLayout } from '../../../../store/migrate/relayout/plan-layout.js';
import { byteSize, decimal } from '../../../../text/figures.js';
import { withDatabase } from '../../../database/with-database.js';
import { DONE, type ExitCode, FOUND } from '../../../exit-codes.js';
import type { Invocation } from '../../../invocation.js';
import { printFacts } from '../../../output/print-facts.js';

/** Shows what a change of the layout needs. A sample is copied and taken back for the times, unless the session may not write. */
export async function showPlan(options: LayoutOptions, invocation: Invocation): Promise<ExitCode> {
  const { output } = invocation;
  const measure = invocation.options.readOnly !== true;
  const plan = await withDatabase(
    invocation,
    ({ knex, schema }) => {
      output.progress.report('Looking at the log, and copying a sample');
      return planLayout(knex, { schema, ...options, measure });
    },
    { writes: measure },
  );
  const { from, to, refusals, begun } = plan;
  await printFacts(output, { ids: [], json: plan, facts: facts(plan) });
  for (const refusal of refusals) await output.warn(`in the way: ${refusal}`);
  const isNothingToDo = begun === undefined && from.kind === to.kind && from.parts === to.parts;
  if (isNothingToDo) await output.note('the log has this layout already');
  else if (refusals.length === 0) await output.note('nothing was changed; to execute this plan, add --execute');
  return refusals.length === 0 ? DONE : FOUND;
}

function facts({ from, to, begun, events, bytes: size, estimate }: LayoutPlan): (readonly [string, string])[] {
  return [
    ['layout now', layoutName(from)],
    ['layout then', layoutName(to)],
    ...(begun === undefined ? [] : ([['begun', `${layoutName(begun.to)}: ${begun.phase}`]] as const)),
    ['events, about', decimal(events)],
    [
      'room on disk',
      `about ${byteSize(size)} more until the old tables are dropped, and up to three times as much written to the WAL`,
    ],
    ...(estimate === undefined
      ? []
      : ([
          [
            'time, estimated',
            `${duration(estimate.copySeconds)} to copy, ${duration(estimate.indexSeconds)} for indexes (by ${decimal(estimate.sample)} events)`,
          ],
        ] as const)),
  ];
}

function duration(seconds: number): string {
  if (seconds < 60) return `${Math.max(1, Math.round(seconds))} s`;
  const minutes = Math.round(seconds / 60);
  return minutes < 60 ? `${minutes} min` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
