import test from 'ava';
import { z } from 'zod';
import { openAggregates } from '../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import { useTestDatabase } from '../support/database.js';

const database = useTestDatabase(test);

/** A diary, with what its projections were called with, by event. */
function aDiary() {
  const seen: { type: string; sequence: number; body: unknown }[] = [];
  const decided: number[] = [];
  const Diary = defineAggregate({
    name: 'diary',
    initialState: (): { last: Date | null } => ({ last: null }),
    commands: {
      note: (_state, on: readonly string[], { sequence }) => {
        decided.push(sequence);
        return [
          { type: 'begun', body: { list: [1] } },
          ...on.map((each) => ({ type: 'noted' as const, body: { on: each } })),
          { type: 'read', body: { pages: 3 } },
        ];
      },
    },
    schemas: {
      noted: z.object({
        on: z.string().transform((text) => new Date(text)),
        tags: z.array(z.string()).default(() => ['none']),
      }),
      begun: z.object({ list: z.array(z.number()) }),
    },
    events: {
      begun: (state) => state,
      noted: (_state, { on }) => ({ last: on }),
      read: (state, _body: { pages: number; of?: string }) => state,
    },
    upcasters: { read: (body) => ({ ...body, of: 'all' }) },
    projections: [
      (event) => {
        if (event.type === 'noted') event.body.on.toISOString();
        seen.push({ type: event.type, sequence: event.sequence, body: event.body });
      },
      {
        noted: ({ body }) => void body.tags.length,
        read: ({ body: { of } }) => void (of satisfies string | undefined),
      },
    ],
  });
  return { Diary, seen, decided };
}

test('projections get the bodies that event handlers get: after the upcaster and the schema', async (t) => {
  const { Diary, seen } = aDiary();
  const store = database.store();
  const diaries = openAggregates(Diary, { store });
  const id = diaries.create();
  const result = await diaries.evaluate(id, { type: 'note', data: ['2026-01-02', '2026-01-03'] }, { return: 'events' });
  t.deepEqual(seen, [
    { type: 'begun', sequence: 1, body: { list: [1] } },
    { type: 'noted', sequence: 2, body: { on: new Date('2026-01-02'), tags: ['none'] } },
    { type: 'noted', sequence: 3, body: { on: new Date('2026-01-03'), tags: ['none'] } },
    { type: 'read', sequence: 4, body: { pages: 3, of: 'all' } },
  ]);
  for (const { body } of seen) t.true(Object.isFrozen(body), 'handlers have got them, too');
  const written = [{ list: [1] }, { on: '2026-01-02' }, { on: '2026-01-03' }, { pages: 3 }];
  const bodies = (events: readonly { body: unknown }[]) => events.map(({ body }) => body);
  t.deepEqual(result.ok && bodies(result.value), written, 'who evaluates a command gets what was committed');
  t.deepEqual(bodies(await store.getEvents(id)), written, 'as the log has it');
});

test('projections get the events that were committed in the end, when another writer was faster', async (t) => {
  const { Diary, seen, decided } = aDiary();
  const diaries = openAggregates(Diary, { store: database.store() });
  const id = diaries.create();
  await diaries.evaluate(id, { type: 'note', data: ['2026-01-02'] });
  await openAggregates(Diary, { store: database.store() }).evaluate(id, { type: 'note', data: [] });
  await diaries.evaluate(id, { type: 'note', data: ['2026-01-04'] });
  t.deepEqual(decided, [0, 3, 3, 5], 'the last command was decided twice');
  t.deepEqual(
    seen.map(({ sequence }) => sequence),
    [1, 2, 3, 4, 5, 6, 7, 8],
  );
  t.deepEqual(seen[6]?.body, { on: new Date('2026-01-04'), tags: ['none'] });
});
