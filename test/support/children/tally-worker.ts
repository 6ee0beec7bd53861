import { argv, exit, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import knexFactory from 'knex';
import { runProjections } from '../../../src/index.js';
import { tallies } from '../data/tallies.js';

/** A worker that keeps the read model of tallies at a version, until it is told to end. */

const [, , url = '', schema = '', version = '1'] = argv;
const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 6 } });
const ending = new AbortController();
const worker = runProjections({ knex, schema }, [tallies(Number(version))], {
  signal: ending.signal,
  concurrency: 3,
});
for await (const line of createInterface({ input: stdin })) if (line === 'end') break;
ending.abort();
await worker.stopped;
await knex.destroy();
exit(0);
