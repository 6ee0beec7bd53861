import { createHash } from 'node:crypto';
import { createReadStream, createWriteStream, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { from as copyFrom, to as copyTo } from 'pg-copy-streams';
import { inBuiltCommand, type Taken } from './built-command.js';
import { startPostgres } from '../scripts/support/postgres.js';
import { fillLog } from './large-log.js';
import type { EventLog } from '../src/admin/log/event-log.js';
import { searchEvents } from '../src/admin/search-events/search-events.js';
import { openDatabase } from '../src/connection/open-database.js';

/**
 * Time and peak memory of the operator's commands on a large log, each beside the plain SQL for the same question, sent
 * by raw `pg` in the same run. `npm run bench:operators -- --events 1000000 --aggregates 20000 --repeat 3`, optionally with
 * `--url` of a server of your own. The commands are the built ones, processes and all.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    aggregates: { type: 'string', default: '20000' },
    partitions: { type: 'string', default: '1' },
    repeat: { type: 'string', default: '3' },
    only: { type: 'string' },
    url: { type: 'string' },
  },
});
const folder = mkdtempSync(join(tmpdir(), 'maestro-bench-'));
const server = values.url === undefined ? await startPostgres([]) : undefined;
const url = values.url ?? server?.url ?? '';
const client = new pg.Client({ connectionString: url });
const LOG = 'bench_large.event_log';
const exported = join(folder, 'log.ndjson');

/** A command, and the plain SQL for the same question. */
interface Question {
  readonly name: string;
  readonly argv: readonly string[];
  /** Asks in this process instead of running the command. */
  readonly inProgram?: (log: EventLog) => Promise<unknown>;
  readonly plain: (() => Promise<unknown>) | string;
  /** Prepares the tables before each run. */
  readonly before?: () => Promise<unknown>;
  /** @defaultValue 'bench_large' */
  readonly schema?: string;
}

const BY_ID = `SELECT aggregate_id, count(*), min("timestamp"), max("timestamp") FROM ${LOG} GROUP BY aggregate_id`;
const TRACED = 'bench_traced';
const WORK = createHash('md5').update('777').digest('hex');
const TRACE = `SELECT "timestamp", aggregate_id, sequence, type, body::text FROM ${TRACED}.event_log
WHERE body->'$metadata'->>'correlationId' = '${WORK}' ORDER BY "timestamp"`;
const INDEXED_TRACE = TRACE.replace(
  'WHERE',
  `WHERE left(body->'$metadata'->>'correlationId', 200) COLLATE "C" = '${WORK}' AND`,
);
const PLAIN_INDEX = `CREATE INDEX CONCURRENTLY plain_index ON ${TRACED}.event_log ((body->'$metadata'->>'correlationId'))`;
const ONE = '$.n == 777777';
const THOUSANDTH = '$.amount == 777';
const ON_N = ['migrate', 'index', 'add', '--where', '$.n'];
const ON_AMOUNT = [...ON_N.slice(0, -1), '$.amount'];
const EVENTS = `SELECT "timestamp", aggregate_id, sequence, type, body::text FROM ${LOG}`;

const QUESTIONS: readonly Question[] = [
  { name: 'aggregates, first page', argv: ['aggregates'], plain: `${BY_ID} ORDER BY 1 LIMIT 50` },
  { name: 'aggregates --sort events', argv: ['aggregates', '--sort', 'events'], plain: `${BY_ID} ORDER BY 2 DESC LIMIT 50` },
  { name: 'search --type (a seventh of all)', argv: ['search', '--type', 'changed_3', '--limit', '50'], plain: `${EVENTS} WHERE type = 'changed_3' ORDER BY "timestamp" LIMIT 50` },
  { name: 'search --type (20 of all)', argv: ['search', '--type', 'audited', '--limit', '50'], plain: `${EVENTS} WHERE type = 'audited' ORDER BY "timestamp" LIMIT 50` },
  { name: 'search --where (100 of all)', argv: ['search', '--where', '$.n % 10000 == 77', '--limit', '200'], plain: `${EVENTS} WHERE body @@ '$.n % 10000 == 77' ORDER BY "timestamp" LIMIT 200` },
  { name: 'search --where (1 of all)', argv: ['search', '--where', ONE], plain: byHand(ONE) },
  { name: 'migrate index add, for search --where', argv: ON_N, plain: `CREATE INDEX CONCURRENTLY plain_index ON ${LOG} (${keyOf('n')}, "timestamp")`, before: () => dropPathIndex() },
  { name: 'search --where (1 of all), with the index', argv: ['search', '--where', ONE], plain: byHand(ONE, 'n'), before: () => runCommand(ON_N) },
  { name: 'search --where (1 of all), with the index, in a program', argv: [], inProgram: (log) => searched(log, ONE), plain: byHand(ONE, 'n'), before: () => runCommand(ON_N) },
  { name: 'search --where (first 50 of a thousandth), with the index, in a program', argv: [], inProgram: (log) => searched(log, THOUSANDTH), plain: byHand(THOUSANDTH, 'amount'), before: () => runCommand(ON_AMOUNT) },
  { name: 'tail', argv: ['tail'], plain: `${EVENTS} ORDER BY "timestamp" DESC LIMIT 10` },
  { name: 'stats', argv: ['stats'], plain: `SELECT count(*), count(DISTINCT aggregate_id), min("timestamp"), max("timestamp") FROM ${LOG}` },
  { name: 'stats --by type', argv: ['stats', '--by', 'type'], plain: `SELECT type, count(*), sum(pg_column_size(body)), min("timestamp"), max("timestamp") FROM ${LOG} GROUP BY type ORDER BY 2 DESC` },
  { name: 'stats --by day', argv: ['stats', '--by', 'day'], plain: `SELECT (('x' || encode(substr("timestamp", 1, 6), 'hex'))::bit(48)::bigint) / 86400000 AS day, count(*) FROM ${LOG} GROUP BY 1 ORDER BY 1` },
  { name: 'verify', argv: ['verify'], plain: `SELECT count(*) FILTER (WHERE sequence <> coalesce(before, 0) + 1), count(*) FILTER (WHERE "timestamp" <= clock) FROM (SELECT sequence, "timestamp", lag(sequence) OVER w AS before, lag("timestamp") OVER w AS clock FROM ${LOG} WINDOW w AS (PARTITION BY aggregate_id ORDER BY sequence)) AS e` },
  { name: 'export', argv: ['export', '--file', exported, '--force'], plain: () => copyOut(`COPY (${EVENTS} ORDER BY aggregate_id, sequence) TO STDOUT`) },
  { name: 'import', argv: ['import', '--file', exported, '--schema', 'bench_copy'], plain: () => copyIn(), before: () => client.query('TRUNCATE bench_copy.event_log, bench_copy.snapshots') },
  { name: 'trace (10 of all)', schema: TRACED, argv: ['trace', WORK], plain: TRACE },
  { name: 'migrate index add, for trace', schema: TRACED, argv: ['migrate', 'index', 'add'], plain: PLAIN_INDEX, before: () => dropIndexes() },
  { name: 'trace (10 of all), with the index', schema: TRACED, argv: ['trace', WORK], plain: INDEXED_TRACE, before: () => addIndex() },
]; // prettier-ignore
const CHOSEN = QUESTIONS.filter(({ name }) => values.only === undefined || name.includes(values.only));

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

async function dropPathIndex(): Promise<void> {
  await runCommand(['migrate', 'index', 'drop', '--where', '$.n']);
  await client.query('DROP INDEX IF EXISTS bench_large.plain_index');
}

async function addIndex(): Promise<void> {
  await client.query(`DROP INDEX IF EXISTS ${TRACED}.plain_index`);
  await runCommand(['migrate', 'index', 'add'], TRACED);
}

async function dropIndexes(): Promise<void> {
  await runCommand(['migrate', 'index', 'drop'], TRACED);
  await client.query(`DROP INDEX IF EXISTS ${TRACED}.plain_index`);
}

const rows = join(folder, 'rows.copy');

/** Writes the output of `COPY … TO STDOUT` into a file. */
async function copyOut(sql: string): Promise<void> {
  await pipeline(client.query(copyTo(sql)), createWriteStream(rows));
}

/** Copies the same rows into an empty table with the same indexes. */
async function copyIn(): Promise<void> {
  const target = 'COPY bench_copy.event_log ("timestamp", aggregate_id, sequence, type, body) FROM STDIN';
  await pipeline(createReadStream(rows), client.query(copyFrom(target)));
}

/** Runs a command to its end. */
async function runCommand(argv: readonly string[], schema = 'bench_large'): Promise<Taken> {
  const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
  return await inBuiltCommand(argv, { env, measuresMemory: true });
}

async function runPlain(plain: Question['plain']): Promise<number> {
  const start = performance.now();
  await (typeof plain === 'string' ? client.query(plain) : plain());
  return (performance.now() - start) / 1000;
}

async function timed(work: () => Promise<unknown>): Promise<Taken> {
  const start = performance.now();
  await work();
  return { seconds: (performance.now() - start) / 1000, memory: process.memoryUsage.rss() / 1e6 };
}

async function measure({ name, argv, inProgram, plain, before, schema }: Question): Promise<void> {
  const runs: (Taken & { plain: number })[] = [];
  for (let turn = 0; turn < Number(values.repeat); turn += 1) {
    await before?.();
    const log = inProgram && (await openDatabase({ url, schema: schema ?? 'bench_large' }));
    await log?.knex.raw('SELECT 1');
    const ours = await (log === undefined ? runCommand(argv, schema) : timed(async () => await inProgram?.(log)));
    await log?.close();
    await before?.();
    runs.push({ ...ours, plain: await runPlain(plain) });
  }
  const of = (key: 'seconds' | 'memory' | 'plain') => {
    const sorted = runs.map((run) => run[key]).sort((a, b) => a - b);
    return { median: sorted[sorted.length >> 1] ?? 0, text: `${sorted[0]?.toFixed(3)}–${sorted.at(-1)?.toFixed(3)}` };
  };
  const [ours, memory, floor] = [of('seconds'), of('memory'), of('plain')];
  console.log(
    `| ${name} | ${ours.median.toFixed(3)} s (${ours.text}) | ${memory.median.toFixed(0)} MB | ${floor.median.toFixed(3)} s (${floor.text}) |`,
  );
}

try {
  await client.connect();
  const partitions = ['--partitions', values.partitions];
  const isTraced = CHOSEN.some(({ schema }) => schema === TRACED);
  for (const schema of ['bench_large', 'bench_copy', ...(isTraced ? [TRACED] : [])]) {
    await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await runCommand(['migrate', ...partitions], schema);
  }
  const size = { events: Number(values.events), aggregates: Number(values.aggregates) };
  if (CHOSEN.some(({ schema }) => schema === undefined)) await fillLog(client, 'bench_large', size);
  if (isTraced) await fillLog(client, TRACED, { ...size, traced: true });
  console.log('| command | maestro | peak memory | plain SQL through pg |\n| --- | --- | --- | --- |');
  for (const question of CHOSEN) await measure(question);
} finally {
  await client.end();
  await server?.stop();
  rmSync(folder, { recursive: true, force: true });
}
