import { setTimeout as delay } from 'node:timers/promises';
import { parseArgs } from 'node:util';
import { type PagesLog, type Visited, withEmbeddedLog, withPagesLog } from './pages/log.js';
import { startUi, type UiProcess } from './ui-process.js';

/**
 * Memory of `maestro ui` while somebody walks through a large log for as many pages as an hour has seconds, without a pause: all screens
 * with what they load afterwards, back and forth, the slider of long histories, live pages that are opened and closed, `verify` and
 * `check` begun and left. `npm run bench:walk -- --events 3000000 --views 3600`; `--embedded` walks in an embedded database, with
 * fewer events. Takes `--url` and `--filled` as `npm run bench:pages` does.
 */
const { values } = parseArgs({
  options: {
    events: { type: 'string' },
    aggregates: { type: 'string' },
    partitions: { type: 'string', default: '1' },
    views: { type: 'string', default: '3600' },
    url: { type: 'string' },
    filled: { type: 'boolean', default: false },
    embedded: { type: 'boolean', default: false },
  },
});

/** A visit of one place, with the steps from there. */
type Visit = (walk: Walk) => Promise<void>;

/** A visitor with a memory of where he was. */
class Walk {
  /** Number of pages that were shown, and of requests that were sent for them. */
  views = 0;
  requests = 0;
  readonly #been: string[] = [];
  #state = 7;

  constructor(
    readonly ui: UiProcess,
    readonly log: PagesLog,
  ) {}

  /** A whole number from 0 to below the limit, the same in each walk. */
  chance(limit: number): number {
    this.#state = (Math.imul(this.#state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((this.#state / 2 ** 32) * limit);
  }

  anyOf<Item>(items: readonly Item[]): Item {
    return items[this.chance(items.length)] as Item;
  }

  get place(): Visited {
    return this.anyOf(this.log.visited);
  }

  /** Shows a page, and then its parts. */
  async show(path: string, ...parts: readonly string[]): Promise<void> {
    this.views += 1;
    this.#been.push(path);
    await this.ask(path);
    for (const part of parts) await this.ask(`${path}${path.includes('?') ? '&' : '?'}part=${part}`);
  }

  async ask(path: string): Promise<void> {
    this.requests += 1;
    await this.ui.get(path);
  }

  /** Reads an answer that goes on, for some time, and leaves. */
  async leave(path: string, milliseconds: number): Promise<void> {
    this.requests += 1;
    await this.ui.get(path, AbortSignal.timeout(milliseconds)).catch(() => {});
  }

  async back(): Promise<void> {
    const path = this.#been.at(-1 - this.chance(Math.min(10, this.#been.length)));
    if (path !== undefined) await this.show(path);
  }
}

const live = new Set<Promise<void>>();

/** The visits, the usual ones several times. */
const VISITS: readonly Visit[] = [
  (walk) => walk.show('/', 'counts', 'findings'),
  ...times(6, (walk) => walk.show(`/event/${walk.place.timestamp}`)),
  ...times(3, (walk) => walk.show(`/find?q=${walk.place.aggregateId.slice(0, 4)}`)),
  ...times(2, (walk) => walk.show('/search', 'counts')),
  ...times(2, (walk) => walk.show(`/search?type=changed_${walk.chance(7)}`, 'counts')),
  (walk) => walk.show(`/search?order=latest&where=${encodeURIComponent(`$.n % 10000 == ${walk.chance(10_000)}`)}`, 'counts'),
  ...times(8, (walk) => walk.show(`/aggregate/${walk.place.aggregateId}`)),
  ...times(6, async (walk) => {
    const { aggregateId, sequence } = walk.place;
    await walk.show(`/aggregate/${aggregateId}?at=${sequence}&pin=1&path=/total`);
  }),
  ...times(3, slide),
  ...times(2, (walk) => walk.show(`/compare?id=${walk.place.aggregateId}&id=${walk.place.aggregateId}`)),
  (walk) => walk.show(`/compare?${walk.log.long.map((id) => `id=${id}`).join('&')}`),
  async (walk) => {
    await walk.show('/live');
    const stream = walk.leave('/live/stream', 3000).finally(() => live.delete(stream));
    live.add(stream);
  },
  (walk) => walk.leave('/verify?run=1', 300).then(() => walk.show('/verify')),
  (walk) => walk.leave('/check?run=1', 300).then(() => walk.show('/check')),
  (walk) => walk.show('/projections', ...(walk.chance(5) === 0 ? ['behind'] : [])),
  ...times(8, (walk) => walk.back()),
]; // prettier-ignore

function times(count: number, visit: Visit): Visit[] {
  return Array.from({ length: count }, () => visit);
}

/** Opens a long history, drags its slider, and asks for the changes of a value. */
async function slide(walk: Walk): Promise<void> {
  const { long, length } = walk.log;
  const id = walk.anyOf(long);
  await walk.show(`/aggregate/${id}?at=${1 + walk.chance(length)}`, 'moment');
  for (let drag = 0; drag < 20; drag += 1) await walk.ask(`/aggregate/${id}?at=${1 + walk.chance(length)}&part=moment`);
  await walk.show(`/aggregate/${id}?at=${1 + walk.chance(length)}&path=/total`);
}

const options = {
  events: Number(values.events ?? (values.embedded ? 100_000 : 3_000_000)),
  aggregates: Number(values.aggregates ?? (values.embedded ? 1000 : 30_000)),
  partitions: Number(values.partitions),
  url: values.url,
  isFilled: values.filled,
};
await (values.embedded ? withEmbeddedLog : withPagesLog)(options, async (log: PagesLog) => {
  const ui = await startUi(log.words);
  const walk = new Walk(ui, log);
  const tell = (done: string) => {
    const { now, peak } = ui.memory();
    console.log(`| ${done} | ${walk.views} | ${walk.requests} | ${now.toFixed(0)} MB | ${peak.toFixed(0)} MB |`);
  };
  try {
    console.log('| part of the walk | pages | requests | memory now | at most |\n| --- | --- | --- | --- | --- |');
    tell('start');
    for (let tenth = 1; tenth <= 10; tenth += 1) {
      while (walk.views < (Number(values.views) * tenth) / 10) await walk.anyOf(VISITS)(walk);
      tell(`${tenth}0 %`);
    }
    await Promise.all(live);
    await delay(5000);
    tell('five seconds after it');
  } finally {
    await ui.close();
  }
});
