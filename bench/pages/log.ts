import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { openDatabase } from '../../dist/src/index.js';
import { startPostgres } from '../../scripts/support/postgres.js';
import { inBuiltCommand } from '../built-command.js';
import { fillLog, longId } from '../large-log.js';

/** Configuration with an aggregate that owns what `large-log.ts` writes, and a subscription to it. */
const CONFIGURATION = fileURLToPath(new URL('maestro.config.mjs', import.meta.url));
/** Number of long histories. */
const LONG = 5;
/** Number of events, chosen at random, that are visited. */
const VISITED = 1000;
const SCHEMA = 'bench_pages';

/** The log of which pages are shown. */
export interface PagesLogOptions {
  readonly events: number;
  readonly aggregates: number;
  readonly partitions: number;
  /** A server of one's own, in whose schema `bench_pages` the log stays. */
  readonly url?: string | undefined;
  /** True when a run before has filled it. */
  readonly isFilled: boolean;
}

/** An event that is visited, of one of the many short histories; the ids are hex digits. */
export interface Visited {
  readonly timestamp: string;
  readonly aggregateId: string;
  readonly sequence: number;
  /** The number of the event, in its body. */
  readonly n: number;
}

/** A log, and places in it. */
export interface PagesLog {
  /** Its table in SQL. */
  readonly table: string;
  /** The words with which a command finds it. */
  readonly words: readonly string[];
  readonly visited: readonly Visited[];
  /** The ids of the long histories, and their number of events. */
  readonly long: readonly string[];
  readonly length: number;
}

/** Sends statements to a database. */
interface Sender {
  query(sql: string): Promise<{ readonly rows: unknown[] }>;
}

/** Runs work with a large log on a server that is started for it, or on another one, and with a client of it. */
export async function withPagesLog(
  options: PagesLogOptions,
  work: (log: PagesLog, client: pg.Client) => Promise<void>,
): Promise<void> {
  const server = options.url === undefined ? await startPostgres([]) : undefined;
  const url = options.url ?? server?.url ?? '';
  const client = new pg.Client({ connectionString: url });
  try {
    await client.connect();
    const words = ['--url', url, '--schema', SCHEMA, '--config', CONFIGURATION];
    if (!options.isFilled) await fill(client, words, options);
    await work(await placesIn(client, words, options), client);
  } finally {
    await client.end();
    await server?.stop();
  }
}

/** Runs work with a log in an embedded database of its own. */
export async function withEmbeddedLog(
  options: Pick<PagesLogOptions, 'events' | 'aggregates' | 'partitions'>,
  work: (log: PagesLog) => Promise<void>,
): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-bench-'));
  const place = { dataDir: join(folder, 'data'), schema: SCHEMA };
  const words = ['--data-dir', place.dataDir, '--schema', SCHEMA, '--config', CONFIGURATION];
  const inDatabase = async <Value>(ask: (sender: Sender) => Promise<Value>): Promise<Value> => {
    const database = await openDatabase(place);
    try {
      return await ask({ query: async (sql) => await database.knex.raw(sql) });
    } finally {
      await database.close();
    }
  };
  try {
    await inBuiltCommand(['migrate', ...words, '--partitions', String(options.partitions)]);
    await inDatabase((sender) => fillLog(sender, SCHEMA, { ...options, long: LONG }));
    await inBuiltCommand(['projections', 'run', ...words, '--once']);
    await work(await inDatabase((sender) => placesIn(sender, words, options)));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function fill(client: pg.Client, words: readonly string[], options: PagesLogOptions): Promise<void> {
  await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await inBuiltCommand(['migrate', ...words, '--partitions', String(options.partitions)]);
  await fillLog(client, SCHEMA, { ...options, long: LONG });
  await inBuiltCommand(['projections', 'run', ...words, '--once']);
  await client.query('CHECKPOINT');
}

async function placesIn(
  sender: Sender,
  words: readonly string[],
  { events }: Pick<PagesLogOptions, 'events'>,
): Promise<PagesLog> {
  const table = `${SCHEMA}.event_log`;
  const texts = Array.from({ length: LONG }, (_, index) => `'${longId(index)}'`);
  const ids = await sender.query(`SELECT md5(text) AS id FROM unnest(ARRAY[${texts.join(', ')}]) AS text`);
  const long = (ids.rows as { id: string }[]).map(({ id }) => id);
  const visited = await sender.query(
    `SELECT encode("timestamp", 'hex') AS timestamp, encode(aggregate_id, 'hex') AS "aggregateId", sequence, (body->>'n')::integer AS n
FROM ${table} TABLESAMPLE SYSTEM (2) REPEATABLE (1)
WHERE encode(aggregate_id, 'hex') NOT IN (${long.map((id) => `'${id}'`).join(', ')}) ORDER BY md5("timestamp") LIMIT ${VISITED}`,
  );
  return { table, words, visited: visited.rows as Visited[], long, length: Math.floor(events / 30) };
}
