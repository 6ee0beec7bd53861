import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { anEvent } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database);

const BEGIN = Date.parse('2026-11-22T14:00:00.000Z');
const [ada, bob, none] = [0xaaaan << 48n, 0xbbbbn << 48n, 0xccccn << 48n].map((nodeId, index) =>
  Timestamp.of({ time: BEGIN - 1000 * index, nodeId }),
) as [Timestamp, Timestamp, Timestamp];
const at = (seconds: number, sequence: number, id: Timestamp, node: bigint) =>
  anEvent(id, {
    timestamp: Timestamp.of({ time: BEGIN + seconds * 1000, nodeId: node }),
    sequence,
    type: node === 1n ? 'started' : 'answered',
    body: { n: sequence },
  });
/** Alternating: one of each every ten seconds, and a burst of Bob's at the end. */
const events = [
  ...[1, 2, 3].map((number) => at(number * 10, number, ada, 1n)),
  ...[1, 2].map((number) => at(number * 10 + 5, number, bob, 2n)),
  ...[3, 4, 5].map((number) =>
    anEvent(bob, {
      timestamp: Timestamp.of({ time: BEGIN + 3_600_000, counter: number, nodeId: 2n }),
      sequence: number,
      type: 'answered',
    }),
  ),
];

test.before(async () => {
  await database.store().commitEvents(events);
});

test('aggregates lie on one axis, each event a link, and stand below in one order', async (t) => {
  const page = await ui.get(`/compare?id=${ada.hex}&id=${bob.hex}&until=2026-11-22T14%3A00%3A59.999Z`);
  t.is(page.status, 200);
  const picture = /<svg[\s\S]*<\/svg>/.exec(page.html)?.[0] ?? '';
  for (const { timestamp } of events.slice(0, 5)) t.true(picture.includes(`href="/event/${timestamp.toString()}"`));
  t.is([...picture.matchAll(/class="bar"/g)].length, 5);

  const order = page.html.slice(page.html.indexOf('id="order"'));
  const names = [...order.matchAll(/href="\/event\/([^"]+)"/g)].map(([, name]) => name);
  const expected = events.slice(0, 5).map(({ timestamp }) => timestamp.toString());
  t.deepEqual(names, expected.toSorted());
  t.true(page.links.includes(`/compare?id=${bob.hex}&until=2026-11-22T14%3A00%3A59.999Z`));
  t.true(page.links.includes(`/compare?id=${ada.hex}&id=${bob.hex}`));
});

test('each lane has a letter, which stands in the picture, the table and the list, with the beginning of each body', async (t) => {
  const page = await ui.get(`/compare?id=${bob.hex}&id=${ada.hex}&until=2026-11-22T14%3A00%3A20.000Z`);
  const [head, ...marks] = page.html.split('<title ');
  t.regex(head ?? '', /lane-1">A<\/span>[^]*lane-2">B<\/span>/);
  t.deepEqual(
    marks.map((mark) => /data-before="(.), /.exec(mark)?.[1]),
    ['A', 'B', 'B'],
  );
  const order = page.text.slice(page.text.indexOf('In one order'));
  t.regex(order, /B \S+ 1 started n 1 .*A \S+ 1 answered n 1 .*B \S+ 2 started n 2 /);
  for (const { hex } of [ada, bob])
    t.true(order.includes(`maestro events ${hex} --until 2026-11-22T14:00:20.000Z --schema ${database.schema}`));
});

test('first digits of several ids are kept, and each of the ids can be chosen', async (t) => {
  const digits = bob.hex.slice(0, 8);
  const page = await ui.get(`/compare?id=${ada.hex}&id=${digits}&id=zz`);
  t.is(page.status, 400);
  t.regex(page.html, new RegExp(`id="add" name="id" value="${digits} zz"[^>]* aria-invalid="true"`));
  t.regex(page.text, new RegExp(`Several ids begin with ${digits}\\. Write more of the digits\\. "zz" is not an id`));
  t.regex(page.text, new RegExp(`choose one to add it: .*aggregate ${bob.hex}, last event 5 answered `));
  t.true(page.links.includes(`/compare?id=${ada.hex}&id=${bob.hex}`));
});

test('of the ids that begin with some digits those are offered that are not compared yet; none once there are twelve', async (t) => {
  const ids = Array.from({ length: 15 }, (_, index) => Timestamp.of({ time: BEGIN / 2, nodeId: BigInt(index) }));
  await database.store().commitEvents(ids.map((id) => anEvent(id, { sequence: 1 })));
  const digits = ids[0]?.hex.slice(0, 8) ?? '';
  const offered = async (lanes: number) => {
    const compared = ids.slice(0, lanes).map(({ hex }) => `id=${hex}`);
    const page = await ui.get(`/compare?${compared.join('&')}&id=${digits}`);
    t.is(page.status, 400);
    const links = ids.filter(({ hex }) => page.links.includes(`/compare?${[...compared, `id=${hex}`].join('&')}`));
    return { text: page.text, places: links.map((id) => ids.indexOf(id)) };
  };
  const after = (first: number, last: number) => Array.from({ length: last - first + 1 }, (_, index) => first + index);

  t.deepEqual((await offered(3)).places, after(3, 12));
  t.regex((await offered(3)).text, /More than 10 ids begin with/);
  t.deepEqual((await offered(11)).places, after(11, 14));
  const full = await offered(12);
  t.deepEqual(full.places, []);
  t.regex(full.text, /At most 12 aggregates are compared\. Remove one to add another\./);
  t.notRegex(full.text, /ids begin with/);
});

test('several events in one column are one mark that leads to the first of them', async (t) => {
  const page = await ui.get(`/compare?id=${bob.hex}`);
  t.true(page.links.includes(`/aggregate/${bob.hex}?at=3`));
  t.regex(page.html, /3 events, from 3<\/title>/);
  t.true(page.text.includes(`maestro events ${bob.hex}`));
});

test('ids may be given by their beginning; the form adds to those that are there', async (t) => {
  const prefix = bob.hex.slice(0, 12);
  const response = await ui.request(`/compare?id=${ada.hex}&id=${prefix}&since=&until=`, { redirect: 'manual' });
  t.is(response.headers.get('location'), `/compare?id=${ada.hex}&id=${bob.hex}`);

  const page = await ui.get(`/compare?id=${ada.hex}`);
  t.true(page.html.includes(`<input type="hidden" name="id" value="${ada.hex}"`));
});

test('what is wrong is said, and the rest is shown', async (t) => {
  const page = await ui.get(`/compare?id=${ada.hex}&id=ffffffff&id=%3Cb%3E&since=soon`);
  t.is(page.status, 400);
  t.regex(page.text, /No aggregate has an id that begins with ffffffff/);
  t.regex(page.text, /"<b>" is not an id/);
  t.regex(page.text, /"soon" is not a time/);
  t.true(page.links.includes(`/aggregate/${ada.hex}`));
  t.regex((await ui.get(`/compare?id=${ada.hex}&since=2026-11-23T00:00Z&until=2026-11-22T00:00Z`)).text, /earlier/);
});

test('an id without events is told so, and nothing at all says what to do', async (t) => {
  t.regex((await ui.get(`/compare?id=${none.hex}`)).text, /no aggregate of this log/);
  t.regex((await ui.get('/compare')).text, /Nothing to compare yet/);
});

test('the list goes on where it ended, and has each event once: also those of one millisecond and of a clock that ran backwards', async (t) => {
  const ids = [1n, 2n, 3n].map((nodeId) => Timestamp.of({ time: BEGIN + 7_200_000, nodeId }));
  const stored = ids.flatMap((id, which) =>
    Array.from({ length: 90 }, (_, index) =>
      anEvent(id, {
        // All in one millisecond, but those of the last aggregate, of which each second one is an hour too early.
        timestamp: Timestamp.of({
          time: BEGIN + (which === 2 && index % 2 === 1 ? 3_600_000 : 7_200_000),
          counter: index,
          nodeId: BigInt(100 + which),
        }),
        sequence: index + 1,
      }),
    ),
  );
  await database.store().commitEvents(stored);

  const listed: string[] = [];
  const pages: string[] = [];
  let next: string | undefined = `/compare?${ids.map(({ hex }) => `id=${hex}`).join('&')}`;
  while (next !== undefined) {
    const { html, links, status } = await ui.get(next);
    t.is(status, 200, next);
    pages.push(next);
    const list = html.slice(html.indexOf('id="order"'));
    listed.push(...[...list.matchAll(/href="\/event\/([^"]+)"/g)].map(([, name]) => name as string));
    t.is(
      links.some((link) => link === `${pages[0]}#order`),
      pages.length > 1,
    );
    next = /<a href="([^"]+)#order">Go on from there/.exec(html)?.[1]?.replaceAll('&amp;', '&');
  }
  t.is(pages.length, 3);
  t.deepEqual(listed.toSorted(), stored.map(({ timestamp }) => timestamp.toString()).toSorted());
  t.deepEqual(
    listed.slice(0, 3),
    [0, 90, 180].map((index) => stored[index]?.timestamp.toString()),
  );
  const [, place = ''] = /after=([\d.]+)/.exec(pages[1] ?? '') ?? [];
  const [one, two, three] = place.split('.');
  const fewer = (await ui.get(pages[1] ?? '')).links.filter((link) => link.includes('after=') && !link.includes('#'));
  for (const left of [`${two}.${three}`, `${one}.${three}`, `${one}.${two}`])
    t.true(
      fewer.some((link) => link.endsWith(`after=${left}`)),
      left,
    );
  for (const wrong of ['41', 'x.1.2', '1.2.9999999999', '-1.2.3']) {
    const page = await ui.get(`${pages[0]}&after=${wrong}`);
    t.is(page.status, 400, wrong);
    t.regex(page.text, /must name a sequence of each/);
  }
});
