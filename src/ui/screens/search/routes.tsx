import { eventHistogram, type EventHistogram } from '../../../admin/log-statistics/histogram.js';
import { timeEdges } from '../../../admin/log-statistics/log-statistics.js';
import { InvalidJsonPathError } from '../../../admin/search-events/json-path.js';
import { LAST_ISO_TIME } from '../../../hlc/timestamp-text.js';
import type { UiApp, UiContext } from '../../context.js';
import { similarTypes } from '../../input/similar-types.js';
import { BRUSH_KEYS } from '../../parts/keys-help.js';
import { fragment, page, partOf } from '../../parts/page.js';
import { Counts, PendingCounts } from './counts.js';
import { findResults, type SearchResults } from './find-results.js';
import { intervalOf } from './intervals.js';
import { faultOf, faultOfPath, type PathFault } from './path-fault.js';
import { Results } from './results.js';
import { searchAddress, searchCommand } from './search-address.js';
import { SearchForm } from './search-form.js';
import { readSearch, type ReadSearch, type SearchQuery } from './search-query.js';

/** Most bars of the histogram. */
const BARS = 120;

/** Registers the screen that finds events of all aggregates. */
export function registerSearch(app: UiApp, ui: UiContext): void {
  app.get('/search', async (c) => {
    const read = readSearch(new URL(c.req.url).searchParams);
    const { query, faults, isLoose } = read;
    const isWrong = Object.keys(faults).length > 0;
    const part = partOf(c);
    const withCounts = c.req.query('counts') === 'shown';
    if (isLoose && !isWrong && part === undefined && !withCounts) return c.redirect(ui.base + searchAddress(query));
    if (part === 'counts') return fragment(c, ui, <Counts query={query} histogram={await histogramOf(ui, query)} />);
    const pathFault = isWrong || query.where === undefined ? undefined : await faultOfPath(ui.log, query.where);
    if (isWrong || pathFault !== undefined) {
      c.status(400);
      return page(c, ui, { ...HEAD, body: <SearchForm {...formOf(read, pathFault)} /> });
    }
    const results = await resultsOf(ui, query);
    if ('message' in results) {
      c.status(400);
      return page(c, ui, { ...HEAD, body: <SearchForm {...formOf(read, results)} /> });
    }
    const isEmptyLog = results.events.length === 0 && (await timeEdges(ui.log)) === undefined;
    const isFirst = query.after === undefined || c.req.query('found') === 'none';
    const isNothing = isFirst && results.events.length === 0 && results.next === undefined && !isEmptyLog;
    const similar = isNothing ? await similarTypes(ui, query.types) : [];
    const list = <Results {...{ query, results, isFirst, isEmptyLog, similar }} />;
    if (part === 'results') return fragment(c, ui, list);
    const histogram = withCounts ? await histogramOf(ui, query) : undefined;
    return page(c, ui, {
      ...HEAD,
      command: searchCommand(query),
      body: (
        <>
          <SearchForm {...formOf(read, undefined)} />
          {withCounts ? <Counts query={query} histogram={histogram} /> : <PendingCounts query={query} />}
          {list}
        </>
      ),
    });
  });
}

const HEAD = { title: 'Search', current: '/search', scripts: ['search'], keys: BRUSH_KEYS } as const;

function formOf({ texts, query, faults }: ReadSearch, pathFault: PathFault | undefined) {
  return { texts, order: query.order, faults, pathFault };
}

/** The results; or the fault of the jsonpath, which shows only when it meets a body. */
async function resultsOf(ui: UiContext, query: SearchQuery): Promise<SearchResults | PathFault> {
  try {
    return await findResults(ui.log, query);
  } catch (error) {
    if (error instanceof InvalidJsonPathError && query.where !== undefined) return faultOf(error, query.where);
    throw error;
  }
}

/** The histogram of the time of a search, which is that of the log where the search has no bound; `undefined` in an empty log. */
async function histogramOf(
  ui: UiContext,
  { types, where, text, ...times }: SearchQuery,
): Promise<EventHistogram | undefined> {
  const edges = await timeEdges(ui.log);
  if (edges === undefined) return undefined;
  const since = Math.min(times.since ?? edges.first, LAST_ISO_TIME);
  const until = Math.min(Math.max(times.until ?? edges.last, since), LAST_ISO_TIME);
  const interval = intervalOf(since, until, BARS);
  return await eventHistogram(ui.log, {
    since,
    until,
    interval,
    types: types.length === 0 ? undefined : types,
    where,
    text,
  });
}
