import { Timestamp } from '../../hlc/timestamp.js';
import { readPages } from '../../store/read/read-pages.js';
import { type EventLog, tablesOf } from './event-log.js';
import { distinctValues } from '../../store/read/distinct-values.js';
import { traitsAt } from './log-traits.js';
import { assertNoHiddenRows } from './row-security.js';
import { select } from './select.js';

/** Ids in one page. */
const PAGE = 1000;

/** The ids of all aggregates that have events, in order, by the index, page by page. */
export async function* aggregateIds(log: EventLog): AsyncGenerator<Timestamp> {
  const { log: events } = tablesOf(log);
  await assertNoHiddenRows(log);
  const traits = await traitsAt(log);
  const page = (after: [Buffer] | undefined, size: number) => {
    const from = after && { sql: 'aggregate_id > ?', bindings: after };
    const { sql, bindings } = distinctValues({ table: events, column: 'aggregate_id', from, limit: size }, traits);
    return select<[Buffer]>(log, sql, bindings);
  };
  for await (const rows of readPages(page, { size: PAGE })) for (const [id] of rows) yield Timestamp.decode(id);
}

/**
 * A random sample of `count` ids, in order, each with the same chance; all ids when there are no more. Reads every id,
 * and holds `count` of them.
 */
export async function sampleOfIds(log: EventLog, count: number, random = Math.random): Promise<Timestamp[]> {
  const sample: Timestamp[] = [];
  let seen = 0;
  for await (const id of aggregateIds(log)) {
    seen += 1;
    if (sample.length < count) sample.push(id);
    else {
      const place = Math.floor(random() * seen);
      if (place < count) sample[place] = id;
    }
  }
  return sample.sort((a, b) => a.compare(b));
}
