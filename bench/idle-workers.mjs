// J2: workers that have nothing to do; prints how long the server executed their statements, by its own account.
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import knexFactory from 'knex';
import { runProjections } from '../dist/src/index.js';
import { followers } from './followers.mjs';

/**
 * Longest time until a session that went idle has told what it did, in milliseconds: ten seconds, by the server's source. Before
 * that, the walk along the log with which workers begin would count as what they do when idle.
 */
const UNTIL_TOLD = 11_000;

const [url, schema, workers, duration] = process.argv.slice(2);
const knex = knexFactory({ client: 'pg', connection: url });
const stop = new AbortController();
const all = Array.from({ length: Number(workers) }, () =>
  runProjections({ knex, schema }, [followers], { signal: stop.signal }),
);
for (const worker of all) await worker.caughtUp();
await delay(UNTIL_TOLD);
const before = await active();
const start = performance.now();
await delay(Number(duration) * 1000);
const seconds = ((await active()) - before) / 1000;
const count = (performance.now() - start) / 1000;
stop.abort();
for (const worker of all) await worker.stopped;
await knex.destroy();
process.stdout.write(JSON.stringify({ count, seconds, memory: process.resourceUsage().maxRSS / 1024 }));

/** Milliseconds in which sessions of the database executed statements, up to now. */
async function active() {
  const { rows } = await knex.raw('SELECT active_time FROM pg_stat_database WHERE datname = current_database()');
  return rows[0].active_time;
}
