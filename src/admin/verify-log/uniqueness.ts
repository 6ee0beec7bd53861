import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { traitsAt } from '../log/log-traits.js';
import { select } from '../log/select.js';
import { BY_TIMESTAMP, eventRanges } from './event-ranges.js';
import type { Report } from './verify-progress.js';
import type { Violation } from './violations.js';

/** The events to check, and how many of them in one statement. */
export interface UniquenessOptions {
  readonly aggregateId: Timestamp | undefined;
  readonly since: number | undefined;
  readonly pageEvents: number;
  readonly report: Report;
}

/**
 * Finds timestamps that events share. Only partitions can hold them: each has a unique index of its own. Where they are unique within an
 * aggregate only, as on a cluster, they are counted, and are no violation.
 */
export async function* verifyUniqueness(log: EventLog, options: UniquenessOptions): AsyncGenerator<Violation> {
  const { aggregateId, since, pageEvents } = options;
  const { log: events } = tablesOf(log);
  if ((await traitsAt(log)).uniqueTimestamps === 'aggregate') {
    await countShared(log, options);
    return;
  }
  const isPlain = `SELECT c.relkind = 'r' AND NOT EXISTS (SELECT FROM pg_inherits WHERE inhparent = c.oid)
FROM pg_class AS c WHERE c.oid = to_regclass(?)`;
  const [table] = await select<[boolean]>(log, isPlain, [events]);
  if (table?.[0] === true) return;
  if (aggregateId !== undefined) {
    yield* sharedWithOthers(log, aggregateId, since);
    return;
  }
  const among = (where: Conditions) => where.between(since, undefined);
  for await (const range of eventRanges(log, BY_TIMESTAMP, pageEvents, among)) {
    const shared = `"timestamp" IN (SELECT "timestamp" FROM ${events} ${range.sql} GROUP BY "timestamp" HAVING count(*) > 1)`;
    yield* sharedTimestamps(log, shared, range);
  }
}

/** Counts the timestamps that events of several aggregates have. */
async function countShared(
  log: EventLog,
  { aggregateId, since, pageEvents, report }: UniquenessOptions,
): Promise<void> {
  const { log: events } = tablesOf(log);
  const among = (where: Conditions) => {
    where.between(since, undefined);
    if (aggregateId === undefined) return;
    const own = `SELECT "timestamp" FROM ${events} WHERE aggregate_id = ?`;
    where.and(`"timestamp" IN (${own})`, aggregateId.encode());
  };
  for await (const range of eventRanges(log, BY_TIMESTAMP, pageEvents, among)) {
    const shared = `SELECT "timestamp" FROM ${events} ${range.sql} GROUP BY "timestamp" HAVING count(*) > 1`;
    const [row] = await select<[string]>(log, `SELECT count(*)::text FROM (${shared}) AS shared`, range.bindings);
    if (row !== undefined && row[0] !== '0') report({ sharedTimestamps: Number(row[0]) });
  }
}

/** The events of one aggregate with a timestamp that an event of another aggregate has, too. */
async function* sharedWithOthers(log: EventLog, id: Timestamp, since: number | undefined): AsyncGenerator<Violation> {
  const where = new Conditions();
  where.and('aggregate_id = ?', id.encode());
  where.between(since, undefined);
  const { log: events } = tablesOf(log);
  const shared = `EXISTS (SELECT FROM ${events} AS other
  WHERE other."timestamp" = event."timestamp" AND other.aggregate_id <> event.aggregate_id)`;
  yield* sharedTimestamps(log, `${where.condition.sql} AND ${shared}`, where);
}

async function* sharedTimestamps(
  log: EventLog,
  condition: string,
  { bindings }: Conditions,
): AsyncGenerator<Violation> {
  const sql = `SELECT encode(aggregate_id, 'hex'), sequence, encode("timestamp", 'hex') FROM ${tablesOf(log).log} AS event
WHERE ${condition} ORDER BY "timestamp", aggregate_id`;
  for (const [aggregateId, sequence, timestamp] of await select<[string, number, string]>(log, sql, bindings))
    yield { kind: 'shared timestamp', aggregateId, sequence, timestamp };
}
