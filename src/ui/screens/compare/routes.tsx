import { lastHead } from '../../../admin/find-event/find-event.js';
import type { UiApp, UiContext } from '../../context.js';
import { isFaulty } from '../../input/faults.js';
import { BRUSH_KEYS } from '../../parts/keys-help.js';
import { page } from '../../parts/page.js';
import { compareAddress, readCompare } from './compare-query.js';
import { CompareView } from './compare-view.js';
import { findLanes } from './find-lanes.js';
import { mergeEvents } from './merge-events.js';

/** Registers the screen of several aggregates on one axis of time. */
export function registerCompare(app: UiApp, ui: UiContext): void {
  app.get('/compare', async (c) => {
    const read = await readCompare(ui.log, new URL(c.req.url).searchParams);
    const { query } = read;
    const isWrong = isFaulty(read.faults);
    if (!isWrong && read.isLoose) return c.redirect(ui.base + compareAddress(query));
    const isRange = query.since === undefined || query.until === undefined || query.since <= query.until;
    const canShow = query.ids.length > 0 && isRange;
    const lanes = canShow ? await findLanes(ui.log, query) : undefined;
    const ordered = canShow ? await mergeEvents(ui.log, query) : undefined;
    const candidates = [];
    for (const id of read.candidates) candidates.push({ id, last: await lastHead(ui.log, id) });
    if (isWrong) c.status(400);
    return page(c, ui, {
      title: 'Compare',
      current: '/compare',
      scripts: ['compare'],
      keys: BRUSH_KEYS,
      body: <CompareView ui={ui} read={read} candidates={candidates} lanes={lanes} ordered={ordered} />,
    });
  });
}
