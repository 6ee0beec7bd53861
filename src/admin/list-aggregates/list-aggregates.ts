import { Timestamp } from '../../hlc/timestamp.js';
import type { Traits } from '../../store/layout/traits.js';
import { checkedLimit } from '../../store/read/sequence-range.js';
import { readPages } from '../../store/read/read-pages.js';
import { aggregateCursor } from './cursor.js';
import { PAGE_QUERIES, readsManyEvents } from './page-query.js';
import type { AggregateFilter, AggregateSummary } from './summary.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { traitsAt } from '../log/log-traits.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { select } from '../log/select.js';

/** Aggregates in one page: by an index, or where every page has to read many events. */
const PAGE = 200;
const SCANNED_PAGE = 5000;

type SummaryRow = readonly [Uint8Array, string, number, Uint8Array, Uint8Array, string, number | null];

/**
 * The aggregates of a log, page by page in bounded memory. By id it is a loose index scan; by last event it walks the
 * index on timestamps backwards; by number of events it counts the whole log for every page. With a filter every page
 * by id reads the events of the given time (all, without a time), and every page by last event those from `since` on. A
 * snapshot without events is not an aggregate. Throws `InvalidArgumentError` for an invalid cursor or limit.
 */
export async function* listAggregates(log: EventLog, filter: AggregateFilter = {}): AsyncGenerator<AggregateSummary> {
  const { sort = 'id' } = filter;
  await assertNoHiddenRows(log);
  const limit = checkedLimit(filter.limit);
  const traits = await traitsAt(log);
  const page = async (last: SummaryRow | undefined, size: number) => {
    const after = last === undefined ? filter.after : aggregateCursor(summaryOf(last), sort);
    const { sql, bindings } = PAGE_QUERIES[sort](log, { ...filter, after, limit: size }, traits);
    return await select<SummaryRow>(log, summaries(log, sql, traits), bindings);
  };
  const size = readsManyEvents(filter) ? SCANNED_PAGE : PAGE;
  for await (const rows of readPages(page, { size, limit })) for (const row of rows) yield summaryOf(row);
}

/** SQL for the summaries of a page of ids, each by an index. `place` keeps the order of the page. */
function summaries(log: EventLog, page: string, { looksUpFor }: Traits): string {
  const { log: events, snapshots } = tablesOf(log);
  const [before, found] =
    looksUpFor === 'any row'
      ? ['', `(${page}) AS found`]
      : [
          `WITH page AS MATERIALIZED (${page}) `,
          `(SELECT DISTINCT aggregate_id AS id FROM ${events} WHERE aggregate_id IN (SELECT id FROM page)) AS found
JOIN page ON page.id = found.id`,
        ];
  return `${before}SELECT found.id, counted.events::text, final.sequence, initial."timestamp", final."timestamp", final.type, s.sequence
FROM ${found}
CROSS JOIN LATERAL (SELECT count(*) AS events FROM ${events} WHERE aggregate_id = found.id) AS counted
CROSS JOIN LATERAL (
  SELECT "timestamp" FROM ${events} WHERE aggregate_id = found.id ORDER BY sequence LIMIT 1) AS initial
CROSS JOIN LATERAL (
  SELECT "timestamp", sequence, type FROM ${events} WHERE aggregate_id = found.id ORDER BY sequence DESC LIMIT 1) AS final
LEFT JOIN ${snapshots} AS s ON s.aggregate_id = found.id
ORDER BY place`;
}

function summaryOf([id, events, sequence, first, last, type, snapshot]: SummaryRow): AggregateSummary {
  return {
    aggregateId: Timestamp.decode(id),
    events: Number(events),
    sequence,
    first: Timestamp.decode(first),
    last: Timestamp.decode(last),
    type,
    snapshot: snapshot ?? undefined,
  };
}
