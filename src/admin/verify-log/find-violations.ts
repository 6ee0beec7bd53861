import type { Knex } from 'knex';
import { readPages } from '../../store/read/read-pages.js';
import type { EventLog } from '../log/event-log.js';
import { select } from '../log/select.js';
import {
  EVENT_FAULTS,
  type EventFaults,
  faultColumns,
  type Violation,
  type ViolationRow,
  violationsOf,
} from './violations.js';

/** Violations in one page. */
const PAGE_VIOLATIONS = 5_000;

/** The violations of events, page by page. `neighbours` is SQL for events together with the event before each. */
export async function* findViolations(
  log: EventLog,
  neighbours: string,
  bindings: readonly Knex.RawBinding[],
  latestAllowed: number,
): AsyncGenerator<Violation> {
  const faults: EventFaults = faultColumns(latestAllowed);
  const page = (last: ViolationRow | undefined, size: number) => {
    const after = last === undefined ? [] : [Buffer.from(last[0], 'hex'), last[1]];
    const beyond = last === undefined ? '' : 'AND (aggregate_id, sequence) > (?, ?)';
    const sql = `SELECT encode(aggregate_id, 'hex'), sequence, encode("timestamp", 'hex'), before, encode(clock, 'hex'),
  ${EVENT_FAULTS.map((fault) => faults[fault]).join(', ')}
FROM (${neighbours}) AS event
WHERE (${EVENT_FAULTS.map((fault) => faults[fault]).join(' OR ')}) ${beyond}
ORDER BY aggregate_id, sequence LIMIT ?`;
    return select<ViolationRow>(log, sql, [...bindings, ...after, size]);
  };
  for await (const rows of readPages(page, { size: PAGE_VIOLATIONS }))
    for (const row of rows) yield* violationsOf(row, latestAllowed);
}
