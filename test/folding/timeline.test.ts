import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import type { Folding } from '../../src/folding/folding.js';
import { foldingFor } from '../../src/folding/folding-for.js';
import { foldSteps, type Step } from '../../src/folding/fold-steps.js';
import { loadConfiguration } from '../../src/cli/input/load-configuration.js';
import { Timeline } from '../../src/folding/timeline.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { printJson } from '../../src/json/print.js';
import { useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId, collect } from '../support/data/factories.js';
import { aHistoryOf, CHESS_CONFIG, chessGame, FAULTY_CONFIG } from '../support/data/histories.js';

const server = useTestDatabase(test);
const store = server.store();

async function aTimeline(id: Timestamp, config?: string): Promise<{ timeline: Timeline; folding: Folding }> {
  const configuration = config === undefined ? {} : await loadConfiguration(config, '/');
  const { aggregates = [] } = configuration;
  const folding = foldingFor(aggregates[0], id, aggregates);
  return { timeline: new Timeline({ id, store, log: server, folding }), folding };
}

/** Types of which some fail, and sequences of which some are missing. */
const events = fc
  .array(
    fc.record({
      type: fc.constantFrom('added', 'added', 'thrown', 'mutated', 'unknown', 'unshowable', 'endless'),
      by: fc.nat(9),
      gap: fc.constantFrom(1, 1, 1, 2, 5),
    }),
    { minLength: 1, maxLength: 12 },
  )
  .map((parts) => {
    let sequence = 0;
    return parts.map(({ type, by, gap }) => ({ type, body: { by }, sequence: (sequence += gap) }));
  });

testProp(
  'wherever one goes from wherever, the step shown is the one that a fold from the first event comes to',
  [events, fc.array(fc.nat(40), { minLength: 1, maxLength: 12 }), fc.boolean()],
  async (t, parts, visits, isConfigured) => {
    const id = await aHistoryOf(store, parts);
    const { timeline, folding } = await aTimeline(id, isConfigured ? FAULTY_CONFIG : undefined);
    const steps = await collect(foldSteps(store.streamStoredEvents(id, 1), folding));
    const facts = (step: Step | undefined) =>
      step && [step.event.sequence, step.error?.message, step.gapAfter, step.error === undefined ? step.after : ''];
    for (const sequence of visits) {
      const frame = await timeline.at(sequence);
      const expected = steps.filter(({ event }) => event.sequence <= sequence).at(-1);
      t.is(frame.sequence, expected?.event.sequence ?? 0);
      t.deepEqual(facts(frame.step), facts(expected));
      if (expected === undefined) t.is(frame.state, folding.json(folding.start()));
    }
  },
  { numRuns: 30 },
);

testProp(
  'next and previous go through all events, and back',
  [events],
  async (t, parts) => {
    const { timeline } = await aTimeline(await aHistoryOf(store, parts));
    const all = [0, ...parts.map(({ sequence }) => sequence)];
    for (const [index, sequence] of all.entries()) {
      t.is(await timeline.next(sequence), all[index + 1]);
      t.is(await timeline.previous(sequence), all[index - 1]);
    }
    t.is(await timeline.last(), all.at(-1) ?? 0);
  },
  { numRuns: 10 },
);

test('states far back are found again without folding from the first event', async (t) => {
  const length = 900;
  const id = await aHistoryOf(
    store,
    Array.from({ length }, (_, index) => ({ body: { n: index + 1 } })),
  );
  const { timeline } = await aTimeline(id);
  for (const sequence of [900, 1, 450, 449, 899, 200, 201, 0, 700])
    t.is((await timeline.at(sequence)).state, sequence === 0 ? '{}' : `{"n":${sequence}}`);
});

test('an event is found by a text in its type or body, in both directions and around the ends, whatever its case', async (t) => {
  const parts = [
    { type: 'account_opened', body: { owner: 'Ädä' } },
    { type: 'Deposited' },
    { type: 'withdrawn', body: { note: 'deposit 7%' } },
    { type: 'deposited' },
  ];
  const { timeline } = await aTimeline(await aHistoryOf(store, parts));
  const find = async (text: string, from: number, isForward = true) => {
    const found = await timeline.find({ text, from, isForward });
    return found && (found.isWrapped ? `${found.sequence}, wrapped` : found.sequence);
  };
  t.is(await find('DEPO', 0), 2);
  t.is(await find('depo', 2), 3);
  t.is(await find('depo', 4), '2, wrapped');
  t.is(await find('depo', 4, false), 3);
  t.is(await find('depo', 2, false), '4, wrapped');
  t.is(await find('opened', 1), '1, wrapped');
  t.is(await find('ädä', 4, false), 1);
  t.is(await find('ädä', 0, false), '1, wrapped');
  t.is(await find('7%', 0), 3);
  t.is(await find('_', 1), '1, wrapped', 'no pattern of SQL');
  t.is(await find('nothing', 2), undefined);
});

test('a search through a long history tells how far it is, and is stopped by its signal', async (t) => {
  const { timeline } = await aTimeline(
    await aHistoryOf(
      store,
      Array.from({ length: 1000 }, () => ({})),
    ),
  );
  const stop = new AbortController();
  const seen: number[] = [];
  const onProgress = (events: number) => {
    seen.push(events);
    if (seen.length === 2) stop.abort(new Error('stopped'));
  };
  const search = { text: 'nothing', from: 600, isForward: true };
  await t.throwsAsync(timeline.find(search, { signal: stop.signal, onProgress }), { message: 'stopped' });
  t.deepEqual(seen, [200, 400]);
  seen.length = 3;
  t.is(await timeline.find(search, { onProgress }), undefined);
  t.is(seen.at(-1), 1000);
  t.is((await timeline.at(1000)).sequence, 1000);
});

test('the events around one are known on both sides, without gaps, and new ones show up', async (t) => {
  const id = await aHistoryOf(
    store,
    Array.from({ length: 900 }, () => ({})),
  );
  const { timeline } = await aTimeline(id);
  for (const sequence of [0, 1, 150, 450, 899, 900, 2, 451]) {
    const heads = (await timeline.around(sequence, 100)).map((head) => head.sequence);
    for (let near = Math.max(1, sequence - 99); near <= Math.min(900, sequence + 100); near += 1)
      t.true(heads.includes(near), `${near} around ${sequence}`);
    t.is(heads.length, (heads.at(-1) ?? 0) - (heads[0] ?? 0) + 1);
    t.true(heads.length <= 400, 'no more than what lies around it');
  }
  await timeline.around(900, 100);
  await store.commitEvents([anEvent(id, { sequence: 901 })]);
  t.is((await timeline.around(900, 100)).at(-1)?.sequence, 901);
});

test('a state is rendered by its definition, together with the one before the event', async (t) => {
  const { timeline } = await aTimeline(await aHistoryOf(store, chessGame('immortal-game')), CHESS_CONFIG);
  const { rendered } = await timeline.at(2);
  t.regex(rendered?.() ?? '', /a +b +c +d/);
  t.not(rendered?.(), rendered?.before());
  t.is(rendered?.before(), (await timeline.at(1)).rendered?.());
  const { timeline: merged } = await aTimeline(await aHistoryOf(store, [{}]));
  t.is((await merged.at(1)).rendered, undefined);
});

test('a time is the last event before the first one that is later', async (t) => {
  const { nodeId } = anId();
  const at = (time: number, counter = 0) => Timestamp.of({ time, counter, nodeId });
  const id = await aHistoryOf(
    store,
    [at(1000), at(3000), at(3000, 1), at(2000)].map((timestamp) => ({ timestamp })),
  );
  const { timeline } = await aTimeline(id);
  t.is(await timeline.sequenceAt(at(999)), 0);
  t.is(await timeline.sequenceAt(at(2500)), 1);
  t.is(await timeline.sequenceAt(at(3000)), 2);
  t.is(await timeline.sequenceAt(at(3000, 1)), 4);
});

test('events are folded from the nearest kept state, and it is told whose handlers failed', async (t) => {
  const id = await aHistoryOf(store, [
    { type: 'added', body: { by: 1 } },
    { type: 'thrown' },
    { type: 'added', body: { by: 2 } },
  ]);
  const { timeline, folding } = await aTimeline(id, FAULTY_CONFIG);
  t.is(timeline.foldedFrom(3), 0);
  await timeline.at(2);
  t.is(timeline.foldedFrom(3), 2);
  t.deepEqual([...timeline.failed], [2]);
  const all = await collect(foldSteps(store.streamStoredEvents(id, 1), folding));
  t.deepEqual(
    (await timeline.folded(2, 3)).map(({ event, before, after }) => [
      event.sequence,
      folding.json(before),
      folding.json(after),
    ]),
    all.slice(1).map(({ event, before, after }) => [event.sequence, before, after]),
  );
});

test('of a long history a bounded number of states is kept', async (t) => {
  const id = anId();
  await store.commitEvents(aHistory(id, 1500));
  const folding = foldingFor(undefined, id, []);
  const timeline = new Timeline({ id, store, log: server, folding, mostCheckpoints: 4 });
  await timeline.at(1500);
  t.true(timeline.kept <= 4 + 50);
  t.is((await timeline.at(700)).state, '{"n":700}');
});

test('few states are kept of a history where they are large, at even distances, and the others are folded again', async (t) => {
  const length = 1500;
  const [first, ...others] = aHistory(anId(), length);
  if (first === undefined) return t.fail();
  const { aggregateId: id } = first;
  await store.commitEvents([{ ...first, body: { n: 1, text: 'x'.repeat(10_000 - 50) } }, ...others]);
  const folding = foldingFor(undefined, id, []);
  const timeline = new Timeline({ id, store, log: server, folding, mostText: 60_000 });
  await timeline.at(length);
  t.is(timeline.kept, 3 + 3);
  t.is(timeline.foldedFrom(1100), 800);
  for (const at of [1100, 3, 1500, 700]) {
    t.true((await timeline.at(at)).state.startsWith(`{"n":${at},`));
    t.true(timeline.kept <= 6);
  }

  timeline.weigh(100_000);
  t.true(timeline.kept <= 2);
  t.true((await timeline.at(1499)).state.startsWith('{"n":1499,'));
});

test('large states are few already while a history is folded for the first time', async (t) => {
  const text = 'x'.repeat(1000);
  const id = await aHistoryOf(store, [
    { body: { text } },
    ...Array.from({ length: 1499 }, (_, index) => ({ body: { n: index + 2 } })),
  ]);
  const folding = foldingFor(undefined, id, []);
  const timeline = new Timeline({ id, store, log: server, folding, mostText: 8200 });
  let most = 0;
  for (const at of [1000, 1500]) {
    await timeline.at(at, { onProgress: () => (most = Math.max(most, timeline.kept)) });
    t.true(timeline.kept <= 8);
  }
  t.true(most <= 8, `${most}`);
});

test('many states are kept again once they are small again, and few where they become large long after the first', async (t) => {
  const text = 'x'.repeat(3000);
  const id = await aHistoryOf(
    store,
    Array.from({ length: 2600 }, (_, index) => ({
      body: index === 389 ? { text } : index === 409 ? { text: null } : index === 2249 ? { text } : { n: index },
    })),
  );
  const folding = foldingFor(undefined, id, []);
  const timeline = new Timeline({ id, store, log: server, folding, mostText: 6000 });
  await timeline.at(2200);
  t.deepEqual(
    [1101, 1500, 2099].map((at) => timeline.foldedFrom(at)),
    [1000, 1400, 2000],
  );
  t.is(timeline.kept, 8 + 50);
  let most = 0;
  await timeline.at(2600, { onProgress: () => (most = Math.max(most, timeline.kept)) });
  t.true(timeline.kept <= 2, `${timeline.kept}`);
  t.is((await timeline.at(2240)).state, '{"n":2239}');
});

test('states on the way are changed in place, and the kept ones stay as they are', async (t) => {
  const bodies = Array.from({ length: 700 }, (_, index) => ({
    [`a${index % 7}`]: { [`b${index % 5}`]: { c: index }, list: [index] },
    n: index,
    ...(index % 11 === 0 && { [`a${(index + 3) % 7}`]: null }),
  }));
  const id = await aHistoryOf(
    store,
    bodies.map((body) => ({ body })),
  );
  const folding = foldingFor(undefined, id, []);
  const steps = await collect(foldSteps(store.streamStoredEvents(id, 1), folding));
  const timeline = new Timeline({ id, store, log: server, folding });

  for (const at of [700, 699, 630, 400, 399, 401, 5, 201, 700, 650, 590, 600, 200]) {
    const { state, step, values } = await timeline.at(at);
    t.is(state, steps[at - 1]?.after ?? '', `${at}`);
    t.is(step?.before, steps[at - 1]?.before, `before ${at}`);
    t.deepEqual(
      [values?.before, values?.after].map((value) => printJson(value ?? null)),
      [step?.before, state],
    );
  }
  for (const { event, before, after } of await timeline.folded(300, 420)) {
    t.is(folding.json(after), steps[event.sequence - 1]?.after ?? '');
    t.is(folding.json(before), steps[event.sequence - 1]?.before ?? '');
  }
});

test('events that are committed meanwhile show up', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }]);
  const { timeline } = await aTimeline(id);
  t.is(await timeline.next(1), undefined);
  await store.commitEvents([anEvent(id, { sequence: 2, body: { n: 2 } })]);
  t.is(await timeline.next(1), 2);
  t.is((await timeline.at(2)).state, '{"n":2}');
});
