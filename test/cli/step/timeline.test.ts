import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { type Folding, foldingFor } from '../../../src/cli/folding.js';
import { foldSteps, type Step } from '../../../src/cli/fold-steps.js';
import { loadConfiguration } from '../../../src/cli/load-configuration.js';
import { Timeline } from '../../../src/cli/step/timeline.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId, collect } from '../../support/factories.js';
import { aHistoryOf, FAULTY_CONFIG } from '../../support/histories.js';

const server = useTestDatabase(test);
const store = server.store();

async function aTimeline(id: Timestamp, config?: string): Promise<{ timeline: Timeline; folding: Folding }> {
  const configuration = config === undefined ? {} : await loadConfiguration(config, '/');
  const folding = await foldingFor(configuration.aggregates?.[0], id, { configuration: async () => configuration });
  const database = { ...server, store, embedded: false, location: '', close: async () => {} };
  return { timeline: new Timeline({ id, database, folding, last: 0 }), folding };
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

test('an event is found by a part of its type in both directions, whatever its case', async (t) => {
  const types = ['account_opened', 'Deposited', 'withdrawn', 'deposited'];
  const { timeline } = await aTimeline(
    await aHistoryOf(
      store,
      types.map((type) => ({ type })),
    ),
  );
  t.is(await timeline.find('DEPO', 0, true), 2);
  t.is(await timeline.find('depo', 2, true), 4);
  t.is(await timeline.find('depo', 4, true), undefined);
  t.is(await timeline.find('depo', 4, false), 2);
  t.is(await timeline.find('opened', 1, false), undefined);
  t.is(await timeline.find('%', 0, true), undefined);
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

test('events that are committed meanwhile show up', async (t) => {
  const id = await aHistoryOf(store, [{ body: { n: 1 } }]);
  const { timeline } = await aTimeline(id);
  t.is(await timeline.next(1), undefined);
  await store.commitEvents([anEvent(id, { sequence: 2, body: { n: 2 } })]);
  t.is(await timeline.next(1), 2);
  t.is((await timeline.at(2)).state, '{"n":2}');
});
