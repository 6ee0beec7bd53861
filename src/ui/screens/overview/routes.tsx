import { logStatistics, quarterHourStatistics, typeStatistics } from '../../../admin/log-statistics/log-statistics.js';
import { diagnose } from '../../../admin/diagnose/diagnose.js';
import type { Finding } from '../../../admin/diagnose/finding.js';
import type { UiApp, UiContext } from '../../context.js';
import { fragment, page, partOf } from '../../parts/page.js';
import { utcDays } from './days.js';
import { Findings } from './findings.js';
import { OverviewView } from './overview-view.js';

/** Registers the screen with which a visit begins: the database, its counts, and what is wrong with it. */
export function registerOverview(app: UiApp, ui: UiContext): void {
  app.get('/', async (c) => {
    if (partOf(c) === 'findings') return fragment(c, ui, <Findings findings={await findingsOf(ui)} />);
    const summary = await logStatistics(ui.log);
    const days = utcDays(await quarterHourStatistics(ui.log));
    const types = await typeStatistics(ui.log);
    const findings = c.req.query('findings') === undefined ? undefined : await findingsOf(ui);
    return page(c, ui, {
      title: 'Overview',
      current: '/',
      command: ['stats'],
      body: <OverviewView ui={ui} summary={summary} days={days} types={types} findings={findings} />,
    });
  });
}

async function findingsOf({ log, embedded }: UiContext): Promise<Finding[]> {
  const findings: Finding[] = [];
  for await (const finding of diagnose(log, { embedded, isLocal: true })) findings.push(finding);
  return findings;
}
