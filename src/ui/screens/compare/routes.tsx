import type { UiApp, UiContext } from '../../context.js';
import { page } from '../../parts/page.js';
import { isoTime } from '../search/search-query.js';
import { compareAddress, type CompareQuery, readCompare } from './compare-query.js';
import { CompareView } from './compare-view.js';
import { findLanes } from './find-lanes.js';
import { mergeEvents } from './merge-events.js';

/** Registers the screen of several aggregates on one axis of time. */
export function registerCompare(app: UiApp, ui: UiContext): void {
  app.get('/compare', async (c) => {
    const { query, faults, isLoose } = await readCompare(ui.log, new URL(c.req.url).searchParams);
    if (faults.length === 0 && isLoose) return c.redirect(ui.base + compareAddress(query));
    const isRange = query.since === undefined || query.until === undefined || query.since <= query.until;
    const canShow = query.ids.length > 0 && isRange;
    const lanes = canShow ? await findLanes(ui.log, query) : undefined;
    const ordered = canShow ? await mergeEvents(ui.store, query) : undefined;
    if (faults.length > 0) c.status(400);
    return page(c, ui, {
      title: 'Compare',
      current: '/compare',
      scripts: ['compare'],
      command: commandOf(query),
      body: <CompareView query={query} faults={faults} lanes={lanes} ordered={ordered} />,
    });
  });
}

/** The command that lists the events of the first aggregate: a terminal has no picture of several. */
function commandOf({ ids: [id], since, until }: CompareQuery): string[] | undefined {
  if (id === undefined) return undefined;
  return [
    ...['events', id.hex],
    ...(since === undefined ? [] : ['--since', isoTime(since)]),
    ...(until === undefined ? [] : ['--until', isoTime(until)]),
  ];
}
