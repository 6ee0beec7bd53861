import { neighbours } from '../../../admin/find-event/find-event.js';
import { escapeText } from '../../../text/escape.js';
import { timestampOf } from '../../../text/time/read-time.js';
import type { UiApp, UiContext } from '../../context.js';
import { page } from '../../parts/page.js';
import { candidateAddress } from './candidate-address.js';
import { Candidates, HowToFind, NothingFound, TextOffer } from './find-views.js';
import { findCandidates } from './find-candidates.js';

/** Longest text that is looked for. */
const LONGEST = 200;

/** Registers the box that takes any id, timestamp, time or text, and goes where it leads. */
export function registerFind(app: UiApp, ui: UiContext): void {
  app.get('/find', async (c) => {
    const text = (c.req.query('q') ?? '').trim();
    if (text === '') return page(c, ui, { title: 'Find', body: <HowToFind /> });
    const found =
      text.length > LONGEST ? { candidates: [], hasMore: false, tried: [] } : await findCandidates(ui.log, text);
    // Into the box comes only what shows there as it is.
    const kept = escapeText(text) === text ? text : undefined;
    const { candidates } = found;
    const [only] = candidates;
    const isClear = candidates.length === 1 && !(only?.kind === 'time' && only.span.note !== undefined);
    if (isClear && only !== undefined) return c.redirect(ui.base + candidateAddress(only));
    if (candidates.length > 0)
      return page(c, ui, { title: 'Find', find: kept, body: <Candidates text={text} found={found} /> });
    const timestamp = timestampOf(text);
    const { before, after } = timestamp === undefined ? {} : await neighbours(ui.log, { timestamp });
    const nearest = [before, after].filter((head) => head !== undefined);
    c.status(404);
    if (timestamp === undefined)
      return page(c, ui, { title: 'Find', find: kept, body: <TextOffer text={text} tried={found.tried} /> });
    const body = <NothingFound text={text} tried={found.tried} timestamp={timestamp} nearest={nearest} />;
    return page(c, ui, { title: 'Nothing found', find: kept, body });
  });
}
