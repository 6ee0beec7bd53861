import { randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import pg from 'pg';
import { inBuiltCommand } from './built-command.js';
import { fillLog } from './large-log.js';
import { startPostgres } from '../scripts/support/postgres.js';

/**
 * Changes the layout of a large log by the built command, while a writer inserts events one after the other as Elixir Maestro does, and prints
 * times, the longest write, the room on disk and in the WAL, and the peak memory of the process.
 * `npm run bench:layout -- --events 10000000 --aggregates 200000 --partitions 16`, optionally with `--url` of a server of your own.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '1000000' },
    aggregates: { type: 'string', default: '20000' },
    partitions: { type: 'string', default: '16' },
    url: { type: 'string' },
  },
});
const SCHEMA = 'bench_layout';
/** The pause between two looks at how far the work is, in milliseconds. */
const LOOK = 200;

const server = values.url === undefined ? await startPostgres([]) : undefined;
const url = values.url ?? server?.url ?? '';
const run = (argv: readonly string[], measuresMemory = false) =>
  inBuiltCommand([...argv, '--url', url, '--schema', SCHEMA], { measuresMemory });

interface Observed {
  readonly seconds: ReadonlyMap<string, number>;
  /** The most bytes that the database took. */
  readonly bytes: number;
}

/** Looks how far the work is, until it is stopped: seconds in each phase, and the room that it takes. */
async function observe(client: pg.Client, isOver: () => boolean): Promise<Observed> {
  const seconds = new Map<string, number>();
  let [bytes, last] = [0, performance.now()];
  while (!isOver()) {
    const phase = await phaseOf(client);
    const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
    bytes = Math.max(bytes, Number(rows[0]?.size));
    const now = performance.now();
    seconds.set(phase, (seconds.get(phase) ?? 0) + (now - last) / 1000);
    last = now;
    await delay(LOOK);
  }
  return { seconds, bytes };
}

async function phaseOf(client: pg.Client): Promise<string> {
  try {
    const { rows } = await client.query<{ phase: string }>(
      `SELECT phase FROM maestro_layout_${SCHEMA}.maestro_layout_state`,
    );
    return rows[0]?.phase ?? 'other';
  } catch {
    return 'other';
  }
}

/** Inserts an event of a new aggregate, again and again; gives the times in milliseconds, longest first. */
async function write(client: pg.Client, isOver: () => boolean): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; !isOver(); round += 1) {
    const start = performance.now();
    await client.query({
      name: 'insert',
      text: `INSERT INTO ${SCHEMA}.event_log (timestamp, aggregate_id, sequence, type, body) VALUES ($1, $2, 1, 'written', $3)`,
      values: [randomBytes(16), randomBytes(16), { round, note: 'n'.repeat(150) }],
    });
    times.push(performance.now() - start);
  }
  return times.sort((a, b) => b - a);
}

async function walOf(client: pg.Client): Promise<bigint> {
  const { rows } = await client.query<{ bytes: string }>(
    `SELECT trunc(pg_current_wal_lsn() - '0/0'::pg_lsn)::text AS bytes`,
  );
  return BigInt(rows[0]?.bytes ?? 0);
}

const gigabytes = (bytes: number | bigint) => `${(Number(bytes) / 1e9).toFixed(2)} GB`;
const clients = Array.from({ length: 3 }, () => new pg.Client({ connectionString: url }));
const [client, observer, writer] = clients as [pg.Client, pg.Client, pg.Client];
try {
  for (const each of clients) await each.connect();
  await client.query(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await run(['migrate']);
  await fillLog(client, SCHEMA, { events: Number(values.events), aggregates: Number(values.aggregates) });
  const { rows } = await client.query<{ size: string }>('SELECT pg_database_size(current_database()) AS size');
  let isOver = false;
  const before = await walOf(client);
  const [observed, times] = [observe(observer, () => isOver), write(writer, () => isOver)];
  const layout = ['--partitions', values.partitions];
  const { seconds, memory } = await run(['migrate', 'layout', ...layout, '--execute'], true).finally(() => (isOver = true)); // prettier-ignore
  const [{ seconds: phases, bytes }, written] = [await observed, await times];
  const wal = (await walOf(client)) - before;
  console.log(`${values.events} events, plain to ${values.partitions} partitions, beside one writer`);
  console.log(`in all          ${seconds.toFixed(1)} s`);
  for (const [phase, time] of phases) console.log(`${phase.padEnd(15)} ${time.toFixed(1)} s`);
  console.log(`writes          ${written.length}, the longest ${written.slice(0, 3).map((ms) => ms.toFixed(0)).join(', ')} ms, half of them within ${written[written.length >> 1]?.toFixed(2)} ms`); // prettier-ignore
  console.log(`room            ${gigabytes(Number(rows[0]?.size))} before, ${gigabytes(bytes)} at most`);
  console.log(`WAL             ${gigabytes(wal)}`);
  console.log(`peak memory     ${memory.toFixed(0)} MB`);
} finally {
  for (const each of clients) await each.end();
  await server?.stop();
}
