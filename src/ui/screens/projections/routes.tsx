import { assertNoHiddenRows } from '../../../admin/log/row-security.js';
import { readCopyFacts } from '../../../projection/status/read-status.js';
import { hasProjectionTables } from '../../../store/positions/assert-tables.js';
import type { UiApp, UiContext } from '../../context.js';
import { Empty } from '../../parts/empty.js';
import { fragment, page, partOf } from '../../parts/page.js';
import { Copies, UncountedCopies } from './copies.js';
import { distances } from './distances.js';
import { ProjectionsView } from './projections-view.js';

/** Milliseconds for which the database walks along the log before it is said how far it came. */
const PATIENCE = 1000;

/** Registers the screen that shows how far projections and subscriptions are, as `maestro projections status` does. */
export function registerProjections(app: UiApp, ui: UiContext): void {
  app.get('/projections', async (c) => {
    const { knex } = ui.log;
    const shared = { title: 'Projections', current: '/projections', command: ['projections', 'status'] };
    if (!(await hasProjectionTables(knex, ui.schema))) return page(c, ui, { ...shared, body: <NoTables /> });
    // A part of the log would look like all of it.
    await assertNoHiddenRows(ui.log);
    const facts = await readCopyFacts(knex, ui.schema);
    const asked = c.req.query('behind');
    const counted = async () => (
      <Copies {...await distances(ui, facts, { patience: asked === 'exact' ? Infinity : PATIENCE })} />
    );
    if (partOf(c) === 'behind') return fragment(c, ui, await counted());
    const copies = asked === undefined ? <UncountedCopies facts={facts} /> : await counted();
    return page(c, ui, { ...shared, body: <ProjectionsView ui={ui} facts={facts} copies={copies} /> });
  });
}

function NoTables() {
  return (
    <Empty>
      This schema has no tables for projections and subscriptions: it was made by an older version, or by Elixir
      Maestro. <code>maestro migrate up</code> adds them.
    </Empty>
  );
}
