import { neighbours } from '../../../admin/find-event/find-event.js';
import { escapeText } from '../../../text/escape.js';
import { timestampOf } from '../../../text/time/read-time.js';
import type { UiApp, UiContext } from '../../context.js';
import { page } from '../../parts/page.js';
import { candidateAddress } from './candidate-address.js';
import { Absent, Candidates, HowToFind, NothingFound, TextOffer } from './find-views.js';
import { type Candidate, findCandidates } from './find-candidates.js';
import { textSearch } from './text-search.js';

/** Longest text that is looked for. */
const LONGEST = 200;

/** Registers the box that takes any id, timestamp, time or text, and goes where it leads. */
export function registerFind(app: UiApp, ui: UiContext): void {
  app.get('/find', async (c) => {
    const text = (c.req.query('q') ?? '').trim();
    if (text === '') return page(c, ui, { title: 'Find', body: <HowToFind /> });
    // A longer one is none of the things that are looked for.
    const found = text.length > LONGEST ? undefined : await findCandidates(ui.log, text);
    // Into the box comes only what shows there as it is.
    const kept = escapeText(text) === text ? text : undefined;
    const { candidates, absent, tried } = found ?? { candidates: [], absent: [], tried: [] };
    const [only] = candidates;
    if (candidates.length === 1 && only !== undefined && !isDoubtful(only))
      return c.redirect(ui.base + candidateAddress(only));
    if (found !== undefined && candidates.length > 0)
      return page(c, ui, { title: 'Find', find: kept, body: <Candidates text={text} found={found} /> });
    const shared = { title: 'Nothing found', find: kept };
    const timestamp = timestampOf(text);
    if (timestamp === undefined && absent.length === 0) {
      const address = await textSearch(ui, { text, isLikeId: tried.length > 1 });
      if (address !== undefined) return c.redirect(ui.base + address);
      c.status(404);
      return page(c, ui, { ...shared, body: <TextOffer text={text} tried={tried} /> });
    }
    c.status(404);
    if (timestamp === undefined) return page(c, ui, { ...shared, body: <Absent text={text} absent={absent} /> });
    const { before, after } = await neighbours(ui.log, { timestamp });
    const nearest = [before, after].filter((head) => head !== undefined);
    const body = <NothingFound text={text} tried={tried} timestamp={timestamp} nearest={nearest} />;
    return page(c, ui, { ...shared, body });
  });
}

/** True for what its reader should see before it is opened. */
function isDoubtful(candidate: Candidate): boolean {
  return candidate.kind === 'time' && (candidate.span.note !== undefined || candidate.isToCome);
}
