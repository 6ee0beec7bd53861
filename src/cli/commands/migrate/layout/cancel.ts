import { cancelLayoutChange } from '../../../../store/migrate/relayout/change-layout.js';
import type { LayoutOptions } from '../../../../store/migrate/relayout/options.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { printFacts } from '../../../output/print-facts.js';

const WORDS = {
  removed: 'removed the copy; the log is as it was',
  finished: 'the new layout was in use already; dropped the old tables',
  nothing: 'no change of the layout was under way: nothing to do',
} as const;

/** Removes what an interrupted change of the layout has left. */
export async function cancel(options: Pick<LayoutOptions, 'lockTimeout'>, invocation: Invocation): Promise<void> {
  const { outcome } = await withDatabase(
    invocation,
    ({ knex, schema }) => cancelLayoutChange(knex, { schema, ...options }),
    { writes: true },
  );
  await printFacts(invocation.output, { ids: [], json: { outcome }, facts: [['outcome', WORDS[outcome]]] });
}
