// J1: a process of an application with one worker, which looks along the whole log again and again; without a loader of TypeScript,
// since its memory is measured.
import process from 'node:process';
import knexFactory from 'knex';
import { runProjections } from '../dist/src/index.js';
import { followers } from './followers.mjs';

const [url, schema, count] = process.argv.slice(2);
const knex = knexFactory({ client: 'pg', connection: url });
const stop = new AbortController();
const worker = runProjections({ knex, schema }, [followers], { signal: stop.signal });
await worker.caughtUp();
const latencies = [];
for (let walk = 0; walk < Number(count); walk += 1) {
  const start = performance.now();
  await worker.caughtUp();
  latencies.push(performance.now() - start);
}
stop.abort();
await worker.stopped;
await knex.destroy();
const seconds = latencies.reduce((sum, each) => sum + each, 0) / 1000;
const memory = process.resourceUsage().maxRSS / 1024;
process.stdout.write(JSON.stringify({ count: latencies.length, seconds, latencies, memory }));
