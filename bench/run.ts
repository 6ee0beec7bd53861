import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import knexFactory from 'knex';
import { startPostgres } from '../scripts/support/postgres.js';
import { drawChart } from './chart.js';
import { type Measured, measure } from './measure.js';
import { floorTable, reportTable, reportText } from './report.js';
import { workloads } from './workloads.js';

/**
 * Measures Maestro beside raw `pg` with prepared statements (the floor), hand-written Knex, and Emmett: on the same server,
 * in the same run, in turns. `npm run bench -- --workload W2 --repeat 5 --json`, optionally with `--url` of an empty
 * database of your own. Without `--workload` the results are kept in `bench/results/`.
 */
const { values } = parseArgs({
  options: {
    workload: { type: 'string', multiple: true },
    repeat: { type: 'string', default: '5' },
    events: { type: 'string', default: '5000000' },
    url: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const repeat = Number(values.repeat);
const events = Number(values.events);
if (!Number.isInteger(repeat) || repeat < 1) throw new Error(`--repeat is a whole number; got ${values.repeat}.`);
if (!Number.isInteger(events) || events < 1) throw new Error(`--events is a whole number; got ${values.events}.`);
const isWanted = (id: string) =>
  values.workload === undefined || values.workload.some((wanted) => id === wanted || id.startsWith(`${wanted} `));

/** The marks around the generated tables of the page. */
const BEGIN = '<!-- The table, written by `npm run bench`: -->';
const END = '<!-- prettier-ignore-end -->\n\n<!-- End of the table. -->';
/** The tables stay as they are written. */
const IGNORE = '<!-- prettier-ignore-start -->\n\n';
const FALL = 'How the floor itself changes on a large log, and what the server has to do for each commit:';

const server = values.url === undefined ? await startPostgres([]) : undefined;
const url = values.url ?? server?.url ?? '';
const all: Measured[] = [];
try {
  const version = await serverVersion();
  if (!values.json) console.log(`${version}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}\n`);
  for await (const workload of workloads(url, { events, isWanted })) {
    const measured = await measure(workload, repeat);
    all.push(measured);
    console.log(values.json ? JSON.stringify(measured) : `${reportText(measured)}\n`);
  }
  if (all.length === 0) throw new Error(`No workload is called ${values.workload?.join(', ')}.`);
  if (!values.json) console.log(`${reportTable(all)}\n\n${floorTable(all)}`);
  if (values.workload === undefined) await keep(version);
} finally {
  await server?.stop();
}
process.exit();

async function keep(version: string): Promise<void> {
  const folder = fileURLToPath(new URL('results/', import.meta.url));
  mkdirSync(folder, { recursive: true });
  const machine = { cpus: cpus().length, model: cpus()[0]?.model, memory: totalmem(), node: process.version, version };
  writeFileSync(
    `${folder}results.json`,
    `${JSON.stringify({ date: new Date().toISOString(), machine, repeat, all }, null, 1)}\n`,
  );
  const page = fileURLToPath(new URL('../docs/performance.md', import.meta.url));
  const [before = '', rest = ''] = readFileSync(page, 'utf8').split(BEGIN);
  const about = `${version}, Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model}, ${repeat} turns, ${new Date().toISOString().slice(0, 10)}.`;
  writeFileSync(
    page,
    `${before}${BEGIN}\n\n${IGNORE}${about}\n\n${reportTable(all)}\n\n${FALL}\n\n${floorTable(all)}\n\n${END}${rest.split(END)[1] ?? ''}`,
  );
  writeFileSync(`${folder}chart.svg`, await drawChart(all));
}

async function serverVersion(): Promise<string> {
  const knex = knexFactory({ client: 'pg', connection: url });
  const { rows } = await knex.raw<{ rows: { server_version: string }[] }>('SHOW server_version');
  await knex.destroy();
  return `PostgreSQL ${rows[0]?.server_version}`;
}
