import { schemasWithLog } from '../../../admin/log-statistics/event-types.js';
import { eventHistogram } from '../../../admin/log-statistics/histogram.js';
import { logStatistics, timeEdges } from '../../../admin/log-statistics/log-statistics.js';
import { quickStatistics } from '../../../admin/log-statistics/quick-statistics.js';
import { MaestroError } from '../../../errors.js';
import type { UiApp, UiContext } from '../../context.js';
import { fragment, page, partOf } from '../../parts/page.js';
import { Counts, PendingCounts } from './counts.js';
import { lastDays } from './days.js';
import { findDefects } from './find-defects.js';
import { Findings, PendingFindings } from './findings.js';
import { type Contents, OverviewView } from './overview-view.js';
import { UnusableView } from './unusable-view.js';

/** Errors of which `maestro doctor` finds the cause in the database. */
const EXPLAINED = ['MAESTRO_NOT_MIGRATED', 'MAESTRO_FOREIGN_SCHEMA', 'MAESTRO_PERMISSION_DENIED'];

/**
 * Registers the screen with which a visit begins: the database, what is in it, and what is wrong with it. What takes a while is
 * loaded afterwards; the whole log is read only when somebody asks for exact numbers.
 */
export function registerOverview(app: UiApp, ui: UiContext): void {
  const counts = async (exactly: boolean) => (
    <Counts statistics={await (exactly ? logStatistics(ui.log) : quickStatistics(ui.log))} />
  );
  const findings = async () => <Findings findings={await findDefects(ui)} />;
  app.get('/', async (c) => {
    const part = partOf(c);
    const asked = c.req.query('counts');
    if (part === 'counts') return fragment(c, ui, await counts(asked === 'exact'));
    if (part === 'findings') return fragment(c, ui, await findings());
    const shared = { title: 'Overview', current: '/' };
    const contents = await contentsOf(ui);
    if (contents instanceof MaestroError) {
      const others = contents.code === 'MAESTRO_NOT_MIGRATED' ? await schemasWithLog(ui.log) : [];
      const body = <UnusableView ui={ui} error={contents} others={others} findings={await findings()} />;
      return page(c, ui, { ...shared, command: ['doctor'], body });
    }
    return page(c, ui, {
      ...shared,
      command: ['stats'],
      body: (
        <OverviewView
          ui={ui}
          contents={contents}
          counts={asked === undefined ? <PendingCounts /> : await counts(asked === 'exact')}
          findings={c.req.query('findings') === undefined ? <PendingFindings /> : await findings()}
        />
      ),
    });
  });
}

/** The last days of the log; `undefined` in an empty one; an error that the findings explain. */
async function contentsOf({ log }: UiContext): Promise<Contents | MaestroError | undefined> {
  try {
    const edges = await timeEdges(log);
    return edges && { ...edges, histogram: await eventHistogram(log, lastDays(edges, Date.now())) };
  } catch (error) {
    if (error instanceof MaestroError && EXPLAINED.includes(error.code)) return error;
    throw error;
  }
}
