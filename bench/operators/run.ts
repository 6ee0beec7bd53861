import { rmSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { startPostgres } from '../../scripts/support/postgres.js';
import { fillLog } from '../large-log.js';
import { BenchServer, SCHEMAS } from './bench-server.js';
import { type Answered, answer, heading, line } from './answer.js';
import { HISTORY, type Question, questions } from './questions.js';

/**
 * Time and peak memory of the operator's commands on a large log, each beside the plain SQL for the same question, sent
 * by raw `pg` in the same run, and beside the limit that is set for it. `npm run bench:operators -- --events 100000
 * --events 1000000 --partitions 1 --partitions 16 --repeat 3`: each size on each layout, those of several partitions beside
 * the plain one. Optionally with `--url` of a server of your own; `--only` names a part of the names of questions. There are fifty events in an
 * aggregate unless `--aggregates` says how many there are. The commands are the built ones, processes and all.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', multiple: true, default: ['1000000'] },
    aggregates: { type: 'string' },
    partitions: { type: 'string', multiple: true, default: ['1'] },
    repeat: { type: 'string', default: '3' },
    only: { type: 'string', multiple: true, default: [''] },
    url: { type: 'string' },
  },
});
const own = values.url === undefined ? await startPostgres([]) : undefined;
const server = new BenchServer(values.url ?? own?.url ?? '');
const chosen = questions(server).filter(({ name }) => values.only.some((part) => name.includes(part)));

try {
  await server.client.connect();
  for (const events of values.events.map(Number)) {
    const plain = new Map<string, Answered>();
    for (const partitions of values.partitions.map(Number)) {
      await fill(events, partitions);
      console.log(heading({ events, partitions, isBeside: plain.size > 0 }));
      for (const question of chosen) {
        const answered = await answer(server, question, Number(values.repeat));
        console.log(line(question, answered, { events, plain: plain.get(question.name) }));
        if (partitions === 1) plain.set(question.name, answered);
      }
    }
  }
} finally {
  await server.client.end();
  await own?.stop();
  rmSync(server.folder, { recursive: true, force: true });
}

/** Makes the logs that the questions need. */
async function fill(events: number, partitions: number): Promise<void> {
  const aggregates = Number(values.aggregates ?? events / 50);
  const needs = new Set(chosen.map(({ schema = SCHEMAS.large }: Question) => schema));
  for (const schema of Object.values(SCHEMAS)) {
    await server.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE`);
    await server.run(['migrate', '--partitions', String(partitions)], schema);
  }
  if (needs.has(SCHEMAS.large)) await fillLog(server.client, SCHEMAS.large, { events, aggregates });
  if (needs.has(SCHEMAS.traced)) await fillLog(server.client, SCHEMAS.traced, { events, aggregates, traced: true });
  if (needs.has(SCHEMAS.history)) await fillLog(server.client, SCHEMAS.history, { events: HISTORY, aggregates: 1 });
  const tenth = { events: Math.ceil(events / 10), aggregates: Math.ceil(aggregates / 10) };
  if (needs.has(SCHEMAS.others)) await fillLog(server.client, SCHEMAS.others, { ...tenth, others: true });
}
