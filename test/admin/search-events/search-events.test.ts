import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { InvalidJsonPathError } from '../../../src/admin/search-events/json-path.js';
import type { EventSearch } from '../../../src/admin/search-events/event-search.js';
import { firstOfRare } from '../../../src/admin/search-events/rare-events.js';
import { searchEvents } from '../../../src/admin/search-events/search-events.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import type { StoredEvent } from '../../../src/events.js';
import { storedEvent } from '../../../src/store/read/rows.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId, collect } from '../../support/data/factories.js';
import {
  fillSampleLog,
  inLogOrder,
  type LoggedEvent,
  matches,
  type SampleBody,
  sampleFilters,
  type SampleLog,
} from '../../support/data/sample-log.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const other = useTestDatabase(test);
const logs = new Map<string, SampleLog>();

test.before(async () => {
  for (const [layout, database] of Object.entries(layouts)) logs.set(layout, await fillSampleLog(database));
});

/** Paths of jsonpath, and what each says of a body. */
const PATHS: readonly (readonly [path: string, holds: (body: SampleBody) => boolean])[] = [
  ['$.n > 5', ({ n }) => n !== undefined && n > 5],
  ['!($.n > 5)', ({ n }) => n === undefined || n <= 5],
  ['$.owner', ({ owner }) => typeof owner === 'string'],
  ['exists($.owner)', ({ owner }) => owner !== undefined],
  ['$.owner == "Ada"', ({ owner }) => owner === 'Ada'],
  ['$.owner like_regex "^gr" flag "i"', ({ owner }) => owner === 'Grace'],
  ['$.tags[*] ? (@ == "b")', ({ tags }) => tags?.includes('b') ?? false],
  ['$.tags.size() == 2 && $.n > 1', ({ tags, n }) => tags?.length === 2 && n !== undefined && n > 1],
  ['$.nowhere.to.be.found', () => false],
  ['$', () => true],
];

const searches = fc.record({
  filter: sampleFilters(),
  path: fc.option(fc.constantFrom(...PATHS), { freq: 2 }),
  reverse: fc.boolean(),
});
type Search = typeof searches extends fc.Arbitrary<infer Value> ? Value : never;

/** The events of a log that a search is to find, by looking at each. */
function naively({ events }: SampleLog, { filter, path, reverse }: Search): LoggedEvent[] {
  const found = events.filter((event) => matches(event, filter) && (path?.[1](event.body) ?? true)).sort(inLogOrder);
  return reverse ? found.reverse() : found;
}

function asked({ filter, path, reverse }: Search): EventSearch {
  return { ...filter, reverse, where: path?.[0] };
}

function assertSame(t: ExecutionContext, found: readonly StoredEvent[], expected: readonly LoggedEvent[]): void {
  t.deepEqual(found.map(plainly), expected.map(plainly));
}

function plainly({ timestamp, aggregateId, sequence, type, body }: StoredEvent | LoggedEvent): unknown[] {
  return [timestamp.hex, aggregateId.hex, sequence, type, typeof body === 'string' ? JSON.parse(body) : body];
}

for (const [layout, database] of Object.entries(layouts)) {
  const log = () => logs.get(layout) as SampleLog;

  testProp(
    `a search finds what a look at every event finds, in the order of the log, ${layout} layout`,
    [searches, fc.option(fc.integer({ min: 1, max: 3000 }))],
    async (t, search, limit) => {
      const found = await collect(searchEvents(database, { ...asked(search), limit: limit ?? undefined }));
      assertSame(t, found, naively(log(), search).slice(0, limit ?? undefined));
    },
    { numRuns: 25 },
  );

  testProp(
    `the first events are the same, however much is walked along before all are looked at, ${layout} layout`,
    [searches, fc.integer({ min: 1, max: 64 }), fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 5 })],
    async (t, search, size, share, enough) => {
      const rows = await firstOfRare(database, asked(search), size, { many: 1, share, enough });
      assertSame(t, rows.map(storedEvent), naively(log(), search).slice(0, size));
    },
    { numRuns: 25 },
  );

  testProp(
    `searching on after the last event of each page gives the same as searching at once, ${layout} layout`,
    [searches, fc.integer({ min: 1, max: 60 })],
    async (t, search, size) => {
      const paged: StoredEvent[] = [];
      for (let pages = 0; pages < 12; pages += 1) {
        const page = await collect(searchEvents(database, { ...asked(search), after: paged.at(-1), limit: size }));
        paged.push(...page);
        if (page.length < size) break;
      }
      assertSame(t, paged, naively(log(), search).slice(0, 12 * size));
    },
    { numRuns: 8 },
  );

  test(`after a timestamp comes what is later than it, ${layout} layout`, async (t) => {
    const all = log().events.toSorted(inLogOrder);
    const { timestamp } = all[400] as LoggedEvent;
    const later = all.filter((event) => event.timestamp.compare(timestamp) > 0);
    const earlier = all.filter((event) => event.timestamp.compare(timestamp) < 0);
    assertSame(t, await collect(searchEvents(database, { after: { timestamp } })), later);
    assertSame(t, await collect(searchEvents(database, { after: { timestamp }, reverse: true })), earlier.reverse());
  });
}

test('events of different partitions can share a timestamp, and the sample log has some', (t) => {
  const shared = ({ events }: SampleLog) => events.length - new Set(events.map(({ timestamp }) => timestamp.hex)).size;
  t.is(shared(logs.get('plain') as SampleLog), 0);
  t.true(shared(logs.get('partitioned') as SampleLog) > 50);
});

test('bodies are the text that PostgreSQL prints, digit for digit', async (t) => {
  const event = anEvent(anId(), { body: { n: 12345678901234567890n, list: [1, 2] } });
  await other.store().commitEvents([event]);
  const [found] = await collect(searchEvents(other, { types: [event.type], where: '$.n > 12345678901234567889' }));
  t.is(found?.body, '{"n": 12345678901234567890, "list": [1, 2]}');
});

test('a page is read only when the one before has been taken', async (t) => {
  await other.store().commitEvents(aHistory(anId(), 300).map((event) => ({ ...event, type: 'paged' })));
  let pages = 0;
  other.knex.on('query', ({ bindings }: { bindings?: readonly unknown[] }) => {
    if (bindings?.includes('paged')) pages += 1;
  });
  const found = searchEvents(other, { types: ['paged'] });
  for (let taken = 0; taken < 10; taken += 1) await found.next();
  t.is(pages, 1);
  t.is((await collect(found)).length, 290);
  t.true(pages > 1);
});

test('what is no jsonpath is refused with what PostgreSQL says of it, whether it shows at once or at a value', async (t) => {
  await other.store().commitEvents([anEvent(anId(), { body: { at: '2026-11-22', n: 1 } })]);
  for (const [where, says] of [
    ['$.n >', /syntax error at end of jsonpath input/],
    ['', /invalid input syntax for type jsonpath/],
    ['n > 1', /syntax error/],
    ['@ > 1', /@ is not allowed in root expressions/],
    ['$.n like_regex "("', /invalid regular expression/],
    ['$.n > $limit', /could not find jsonpath variable "limit"/],
  ] as const) {
    const error = await t.throwsAsync(collect(searchEvents(other, { where })), { instanceOf: InvalidJsonPathError });
    t.regex(error.message, says);
    t.true(error.message.startsWith(JSON.stringify(where)));
  }
});

test('a path compares times with and without a zone', async (t) => {
  const [early, late] = ['2026-11-20', '2026-11-25'].map((day) => anEvent(anId(), { type: 'dated', body: { day } }));
  await other.store().commitEvents([early, late] as [typeof early & object, typeof late & object]);
  const where = '$.day.datetime() > "2026-11-22T12:00:00+00:00".datetime()';
  const found = await collect(searchEvents(other, { types: ['dated'], where }));
  t.deepEqual(
    found.map(({ timestamp }) => timestamp.hex),
    [late?.timestamp.hex],
  );
});

test('a limit below 1 is refused', async (t) => {
  for (const limit of [0, -1, 1.5, Number.NaN])
    await t.throwsAsync(collect(searchEvents(other, { limit })), { instanceOf: InvalidArgumentError });
});
