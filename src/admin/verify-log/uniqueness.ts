import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { BY_TIMESTAMP, eventRanges } from './event-ranges.js';
import type { Violation } from './violations.js';

/** The events to check, and how many of them in one statement. */
export interface UniquenessOptions {
  readonly aggregateId: Timestamp | undefined;
  readonly since: number | undefined;
  readonly pageEvents: number;
}

/** Finds timestamps that events share. Only partitions can hold them: each has a unique index of its own. */
export async function* verifyUniqueness(
  log: EventLog,
  { aggregateId, since, pageEvents }: UniquenessOptions,
): AsyncGenerator<Violation> {
  const { log: events } = tablesOf(log);
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
