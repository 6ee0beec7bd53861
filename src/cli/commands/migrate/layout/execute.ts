import { layoutName } from '../../../../store/layout/layout.js';
import { changeLayout } from '../../../../store/migrate/relayout/change-layout.js';
import type { LayoutOptions } from '../../../../store/migrate/relayout/options.js';
import { decimal } from '../../../../text/figures.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { printFacts } from '../../../output/print-facts.js';

/** Connections that the work needs: for its lock, and for one step after the other. */
const CONNECTIONS = 2;

/** Changes the layout. */
export async function execute(options: LayoutOptions, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  const onStep = (what: string, copied?: number) =>
    output.progress.report(
      `${what.charAt(0).toUpperCase()}${what.slice(1)}${copied === undefined ? '' : `: ${decimal(copied)} events`}`,
    );
  const { layout, changed, compared } = await withDatabase(
    invocation,
    ({ knex, schema }) => changeLayout(knex, { schema, ...options, onStep }),
    { writes: true, connections: CONNECTIONS },
  );
  await printFacts(output, {
    ids: [],
    json: { layout, changed, ...(compared !== undefined && { compared }) },
    facts: [
      ['layout', layoutName(layout)],
      ['changed', changed ? 'yes' : 'no: it was so already'],
      ...(compared === undefined ? [] : ([['events compared', decimal(compared.events)]] as const)),
    ],
  });
}
