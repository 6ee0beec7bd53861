import { diagnose } from '../../../admin/diagnose/diagnose.js';
import type { Finding } from '../../../admin/diagnose/finding.js';
import { eventHistogram } from '../../../admin/log-statistics/histogram.js';
import { logStatistics, timeEdges } from '../../../admin/log-statistics/log-statistics.js';
import type { UiApp, UiContext } from '../../context.js';
import { fragment, page, partOf } from '../../parts/page.js';
import { Counts, PendingCounts } from './counts.js';
import { lastDays } from './days.js';
import { Findings, PendingFindings } from './findings.js';
import { type Contents, OverviewView } from './overview-view.js';

/**
 * Registers the screen with which a visit begins: the database, what is in it, and what is wrong with it. What reads the whole log
 * or takes a while is loaded afterwards.
 */
export function registerOverview(app: UiApp, ui: UiContext): void {
  const counts = async () => <Counts statistics={await logStatistics(ui.log)} />;
  const findings = async () => <Findings findings={await findingsOf(ui)} />;
  app.get('/', async (c) => {
    const part = partOf(c);
    if (part === 'counts') return fragment(c, ui, await counts());
    if (part === 'findings') return fragment(c, ui, await findings());
    return page(c, ui, {
      title: 'Overview',
      current: '/',
      command: ['stats'],
      body: (
        <OverviewView
          ui={ui}
          contents={await contentsOf(ui)}
          counts={c.req.query('counts') === undefined ? <PendingCounts /> : await counts()}
          findings={c.req.query('findings') === undefined ? <PendingFindings /> : await findings()}
        />
      ),
    });
  });
}

async function contentsOf({ log }: UiContext): Promise<Contents | undefined> {
  const edges = await timeEdges(log);
  return edges && { ...edges, histogram: await eventHistogram(log, lastDays(edges, Date.now())) };
}

async function findingsOf({ log, embedded }: UiContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of diagnose(log, { embedded })) findings.push(finding);
  return findings;
}
