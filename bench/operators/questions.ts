import { createHash } from 'node:crypto';
import type { EventLog } from '../../src/admin/log/event-log.js';
import { searchEvents } from '../../src/admin/search-events/search-events.js';
import { type BenchServer, COLUMNS, SCHEMAS } from './bench-server.js';

/** A command, and the plain SQL for the same question. */
export interface Question {
  readonly name: string;
  readonly argv: readonly string[];
  /** Asks in this process instead of running the command. */
  readonly inProgram?: (log: EventLog) => Promise<unknown>;
  readonly plain: (() => Promise<unknown>) | string;
  /** Prepares the tables before each run. */
  readonly before?: () => Promise<unknown>;
  /** @defaultValue 'bench_large' */
  readonly schema?: string;
  /** The largest exit code that is an answer. @defaultValue 0 */
  readonly answersUpTo?: number;
  readonly limit?: Limit;
}

/** The limits of a question, of which at least one has to hold. */
export interface Limit {
  /** Times the plain SQL. */
  readonly ratio?: number;
  readonly seconds?: number;
  /** Events of the log in a second. */
  readonly rate?: number;
}

/** Number of events of the long history. */
export const HISTORY = 100_000;
const LOG = `${SCHEMAS.large}.event_log`;
const BY_ID = `SELECT aggregate_id, count(*), min("timestamp"), max("timestamp") FROM ${LOG} GROUP BY aggregate_id`;
const EVENTS = `SELECT "timestamp", aggregate_id, sequence, type, body::text FROM ${LOG}`;
const TRACED = SCHEMAS.traced;
const WORK = createHash('md5').update('777').digest('hex');
const TRACE = `SELECT "timestamp", aggregate_id, sequence, type, body::text FROM ${TRACED}.event_log
WHERE body->'$metadata'->>'correlationId' = '${WORK}' ORDER BY "timestamp"`;
const INDEXED_TRACE = TRACE.replace(
  'WHERE',
  `WHERE left(body->'$metadata'->>'correlationId', 200) COLLATE "C" = '${WORK}' AND`,
);
/** Not CONCURRENTLY, which a table with partitions does not take: less work than ours. */
const PLAIN_INDEX = `CREATE INDEX plain_index ON ${TRACED}.event_log ((body->'$metadata'->>'correlationId'))`;
const ONE = '$.n == 77777';
const THOUSANDTH = '$.amount == 777';
const ON_N = ['migrate', 'index', 'add', '--where', '$.n'];
const ON_AMOUNT = [...ON_N.slice(0, -1), '$.amount'];
const VERIFY = `SELECT count(*) FILTER (WHERE sequence <> coalesce(before, 0) + 1), count(*) FILTER (WHERE "timestamp" <= clock)
FROM (SELECT sequence, "timestamp", lag(sequence) OVER w AS before, lag("timestamp") OVER w AS clock FROM ${LOG}
  WINDOW w AS (PARTITION BY aggregate_id ORDER BY sequence)) AS e`;
/** The id of the only aggregate of a log that {@link fillLog} made of one. */
const ID = createHash('md5').update('0').digest('hex');
const READ = `SELECT sequence, type, body::text FROM ${SCHEMAS.history}.event_log WHERE aggregate_id = '\\x${ID}' ORDER BY sequence`;

/** A page, however large the log is. */
const PAGE: Limit = { ratio: 1.3, seconds: 0.3 };
const OF_HISTORY = { schema: SCHEMAS.history, limit: { seconds: 3 }, plain: READ };

/** The questions of operators, to a server. */
export function questions(server: BenchServer): readonly Question[] {
  const addIndex = (argv: readonly string[]) => () => server.run(argv, SCHEMAS.large);
  const dropPathIndex = async () => {
    await server.run(['migrate', 'index', 'drop', '--where', '$.n'], SCHEMAS.large);
    await server.query(`DROP INDEX IF EXISTS ${SCHEMAS.large}.plain_index`);
  };
  const traceIndex = (change: 'add' | 'drop') => async () => {
    await server.query(`DROP INDEX IF EXISTS ${TRACED}.plain_index`);
    await server.run(['migrate', 'index', change], TRACED);
  };
  const exported = server.file('log.ndjson');
  const others = server.file('others.ndjson');
  const inOrder = (schema: string) => `SELECT ${COLUMNS} FROM ${schema}.event_log ORDER BY aggregate_id, sequence`;
  return [
    { name: 'aggregates, first page', argv: ['aggregates'], plain: `${BY_ID} ORDER BY 1 LIMIT 50`, limit: PAGE },
    { name: 'aggregates --sort last, first page', argv: ['aggregates', '--sort', 'last'], plain: `${BY_ID} ORDER BY 4 DESC LIMIT 50`, limit: PAGE },
    { name: 'aggregates --sort events', argv: ['aggregates', '--sort', 'events'], plain: `${BY_ID} ORDER BY 2 DESC LIMIT 50`, limit: PAGE },
    { name: 'search, first page', argv: ['search', '--limit', '50'], plain: `${EVENTS} ORDER BY "timestamp" LIMIT 50`, limit: PAGE },
    { name: 'search --type (a seventh of all)', argv: ['search', '--type', 'changed_3', '--limit', '50'], plain: `${EVENTS} WHERE type = 'changed_3' ORDER BY "timestamp" LIMIT 50`, limit: PAGE },
    { name: 'search --type (one in 50,000)', argv: ['search', '--type', 'audited', '--limit', '50'], plain: `${EVENTS} WHERE type = 'audited' ORDER BY "timestamp" LIMIT 50`, limit: PAGE },
    { name: 'search --where (one in 10,000)', argv: ['search', '--where', '$.n % 10000 == 77', '--limit', '50'], plain: `${EVENTS} WHERE body @@ '$.n % 10000 == 77' ORDER BY "timestamp" LIMIT 50`, limit: PAGE },
    { name: 'search --where (1 of all)', argv: ['search', '--where', ONE], plain: byHand(ONE), limit: PAGE },
    { name: 'tail', argv: ['tail'], plain: `${EVENTS} ORDER BY "timestamp" DESC LIMIT 10`, limit: PAGE },
    { name: 'stats', argv: ['stats'], plain: `SELECT count(*), count(DISTINCT aggregate_id), min("timestamp"), max("timestamp") FROM ${LOG}`, limit: PAGE },
    { name: 'stats --by type', argv: ['stats', '--by', 'type'], plain: `SELECT type, count(*), sum(pg_column_size(body)), min("timestamp"), max("timestamp") FROM ${LOG} GROUP BY type ORDER BY 2 DESC`, limit: PAGE },
    { name: 'stats --by day', argv: ['stats', '--by', 'day'], plain: `SELECT (('x' || encode(substr("timestamp", 1, 6), 'hex'))::bit(48)::bigint) / 86400000 AS day, count(*) FROM ${LOG} GROUP BY 1 ORDER BY 1`, limit: PAGE },
    { name: 'verify', argv: ['verify'], plain: VERIFY, limit: { ratio: 1.2 } },
    { name: 'check, with handlers', argv: ['check', '--aggregate', 'counter', '--no-snapshots'], plain: `SELECT count(*), sum((body->'amount')::numeric) FROM ${LOG} GROUP BY aggregate_id`, limit: { rate: 150_000 } },
    { name: 'export', argv: ['export', '--file', exported, '--force'], plain: () => server.copyOut(inOrder(SCHEMAS.large), 'log.copy'), limit: { ratio: 1.5 } },
    { name: 'import into an empty log', schema: SCHEMAS.empty, argv: ['import', '--file', exported], plain: () => server.copyIn('log.copy', SCHEMAS.empty), before: () => server.query(`TRUNCATE ${SCHEMAS.empty}.event_log, ${SCHEMAS.empty}.snapshots`), limit: { ratio: 1.5 } },
    { name: 'export, a tenth as much', schema: SCHEMAS.others, argv: ['export', '--file', others, '--force'], plain: () => server.copyOut(inOrder(SCHEMAS.others), 'others.copy'), limit: { ratio: 1.5 } },
    { name: 'import a tenth as much into a log with events, and roll back', argv: ['import', '--file', others, '--dry-run'], plain: () => inRollback(server, () => server.copyIn('others.copy', SCHEMAS.large)), before: () => server.query(`VACUUM ${LOG}`), limit: { ratio: 1.5 } },
    { name: 'replay --steps, 100,000 events', argv: ['replay', ID, '--steps'], ...OF_HISTORY },
    { name: 'replay --steps, 100,000 events, with handlers', argv: ['replay', ID, '--steps', '--aggregate', 'counter'], ...OF_HISTORY },
    { name: 'bisect, 100,000 events', argv: ['bisect', ID, '--where', '$.n > 77777'], ...OF_HISTORY },
    { name: 'bisect, 100,000 events, with handlers', argv: ['bisect', ID, '--where', '$.events > 77777', '--aggregate', 'counter'], ...OF_HISTORY },
    { name: 'diff, 100,000 events', argv: ['diff', ID, '1', 'last'], answersUpTo: 1, ...OF_HISTORY },
    { name: 'migrate index add, for search --where', argv: ON_N, plain: `CREATE INDEX plain_index ON ${LOG} (${keyOf('n')}, "timestamp")`, before: dropPathIndex },
    { name: 'search --where (1 of all), with the index', argv: ['search', '--where', ONE], plain: byHand(ONE, 'n'), before: addIndex(ON_N), limit: PAGE },
    { name: 'search --where (1 of all), with the index, in a program', argv: [], inProgram: (log) => searched(log, ONE), plain: byHand(ONE, 'n'), before: addIndex(ON_N), limit: { seconds: 0.05 } },
    { name: 'search --where (first 50 of a thousandth), with the index, in a program', argv: [], inProgram: (log) => searched(log, THOUSANDTH), plain: byHand(THOUSANDTH, 'amount'), before: addIndex(ON_AMOUNT), limit: { seconds: 0.05 } },
    { name: 'trace (10 of all)', schema: TRACED, argv: ['trace', WORK], plain: TRACE },
    { name: 'migrate index add, for trace', schema: TRACED, argv: ['migrate', 'index', 'add'], plain: PLAIN_INDEX, before: traceIndex('drop') },
    { name: 'trace (10 of all), with the index', schema: TRACED, argv: ['trace', WORK], plain: INDEXED_TRACE, before: traceIndex('add') },
  ]; // prettier-ignore
}

/** The number of a body in an index on one key, as an index made by hand would have it. */
function keyOf(key: string): string {
  return `(CASE WHEN 'array' IN (jsonb_typeof(body), jsonb_typeof(body->'${key}')) THEN 0 ELSE jsonb_hash_extended(body->'${key}', 0) END)`;
}

/** The SQL of a search, with the condition that an index on one key is for. */
function byHand(where: string, key?: string): string {
  const value = /== (\d+)$/.exec(where)?.[1];
  const indexed = key === undefined ? '' : `${keyOf(key)} = jsonb_hash_extended('${value}', 0) AND `;
  return `${EVENTS} WHERE ${indexed}body @@ '${where}' ORDER BY "timestamp" LIMIT 50`;
}

async function searched(log: EventLog, where: string): Promise<void> {
  const found: unknown[] = [];
  for await (const event of searchEvents(log, { where, limit: 50 })) found.push(event);
  if (found.length === 0) throw new Error('Nothing was found.');
}

async function inRollback(server: BenchServer, work: () => Promise<unknown>): Promise<void> {
  await server.query('BEGIN');
  await work();
  await server.query('ROLLBACK');
}
