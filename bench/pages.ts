import { parseArgs } from 'node:util';
import type pg from 'pg';
import { afterwards } from './pages/afterwards.js';
import { firstViews } from './pages/first-views.js';
import { type PagesLog, type Visited, withPagesLog } from './pages/log.js';
import { FEW, type Page } from './pages/page.js';
import { startUi, type UiProcess } from './ui-process.js';

/**
 * Time of the pages of `maestro ui` on a large log: from a request to the end of its answer, one after the other, each for
 * another place; beside the plain SQL, by raw `pg`, that gives what the dearest statement of the page gives. `npm run bench:pages --
 * --events 3000000 --requests 200 --only aggregate`. With `--url` of a server of your own, on which the log stays in the schema
 * `bench_pages`; a further run takes it with `--filled`.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '3000000' },
    aggregates: { type: 'string', default: '30000' },
    partitions: { type: 'string', default: '1' },
    requests: { type: 'string', default: '200' },
    only: { type: 'string' },
    url: { type: 'string' },
    filled: { type: 'boolean', default: false },
  },
});

/** Number of histories that the pages keep. */
const KEPT = 12;

/** The pages that are measured, and the log below them. */
interface Place {
  readonly log: PagesLog;
  readonly client: pg.Client;
  readonly ui: UiProcess;
}

async function measure(
  { name, ask, requests = Number(values.requests), isCold = false }: Page,
  { log, client, ui }: Place,
) {
  const ours: number[] = [];
  const plain: number[] = [];
  for (let turn = 0; turn < requests; turn += 1) {
    const asked = ask(log.visited[turn % log.visited.length] as Visited, turn);
    if (isCold) for (const { aggregateId } of log.visited.slice(0, KEPT)) await ui.get(`/aggregate/${aggregateId}`);
    ours.push(await timed(() => ui.get(asked.path)));
    // What takes long takes as long again.
    if (asked.plain === undefined || (plain.length >= FEW && Math.max(...plain) > 300)) continue;
    const [text, ...bound] = asked.plain;
    plain.push(await timed(() => client.query(text, bound)));
  }
  const [p50, p95, floor] = [at(ours, 0.5), at(ours, 0.95), at(plain, 0.5)];
  const beside =
    plain.length === 0
      ? '– | –'
      : `${milliseconds(floor)} (${milliseconds(at(plain, 0.95))}) | ${(p50 / floor).toPrecision(2)}`;
  console.log(`| ${name} | ${milliseconds(p50)} | ${milliseconds(p95)} | ${beside} |`);
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return performance.now() - start;
}

function at(all: readonly number[], share: number): number {
  return all.toSorted((a, b) => a - b)[Math.ceil(all.length * share) - 1] ?? Number.NaN;
}

function milliseconds(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

const options = {
  events: Number(values.events),
  aggregates: Number(values.aggregates),
  partitions: Number(values.partitions),
  url: values.url,
  isFilled: values.filled,
};
await withPagesLog(options, async (log, client) => {
  const ui = await startUi(log.words);
  try {
    for (const [title, pages] of [
      ['first view', firstViews(log)],
      ['afterwards', afterwards(log)],
    ] as const) {
      console.log(
        `| ${title} | p50, ms | p95, ms | plain SQL through pg: p50 (p95), ms | ratio |\n| --- | --- | --- | --- | --- |`,
      );
      for (const page of pages)
        if (values.only === undefined || page.name.includes(values.only)) await measure(page, { log, client, ui });
      console.log('');
    }
    console.log(`Memory of the process: ${ui.memory().now.toFixed(0)} MB, at most ${ui.memory().peak.toFixed(0)} MB.`);
  } finally {
    await ui.close();
  }
});
