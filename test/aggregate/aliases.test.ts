import test from 'ava';
import { z } from 'zod';
import { openAggregates } from '../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import { EventSchemaError, HandlerError } from '../../src/aggregate/errors.js';
import { ownsAggregate } from '../../src/aggregate/owns-aggregate.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';

const database = useTestDatabase(test);

/** An account whose events `made` and `withdrawn` have got other names, with what its upcaster and projection saw. */
function anAccount() {
  const upcast: [type: string, sequence: number][] = [];
  const projected: unknown[] = [];
  const Account = defineAggregate({
    name: 'account',
    initialState: () => ({ owner: '', cents: 0 }),
    commands: {
      withdraw: (_state, cents: number) => [{ type: 'money_withdrawn', body: { cents } }],
      misname: () => [{ type: 'withdrawn' as 'money_withdrawn', body: { cents: 1 } }],
    },
    events: {
      opened: (state, { owner }: { owner: string }) => ({ ...state, owner }),
      money_withdrawn: (state, { cents }) => ({ ...state, cents: state.cents - cents }),
    },
    aliases: { opened: ['made', 'created'], money_withdrawn: ['withdrawn'] },
    upcasters: {
      money_withdrawn: (body, { type, sequence }) => {
        upcast.push([type, sequence]);
        return 'euros' in body ? { cents: Number(body['euros']) * 100 } : body;
      },
    },
    schemas: { money_withdrawn: z.object({ cents: z.int() }) },
    projections: [{ money_withdrawn: ({ type, body }) => projected.push([type, body]) }],
    owns: { firstEvents: ['opened'] },
  });
  return { Account, upcast, projected };
}

for (const [where, makeStore] of [
  ['PostgreSQL', () => database.store()],
  ['memory', () => new MemoryStore()],
] as const)
  test(`events stored under an older name are folded as those of the new one, and keep their name: ${where}`, async (t) => {
    const { Account, upcast, projected } = anAccount();
    const store = makeStore();
    const id = anId();
    await store.commitEvents([
      anEvent(id, { sequence: 1, type: 'created', body: { owner: 'Ada' } }),
      anEvent(id, { sequence: 2, type: 'withdrawn', body: { euros: 1 } }),
      anEvent(id, { sequence: 3, type: 'money_withdrawn', body: { cents: 5 } }),
    ]);
    const accounts = openAggregates(Account, { store });
    t.deepEqual(await accounts.get(id), { owner: 'Ada', cents: -105 });
    t.deepEqual(
      upcast,
      [
        ['withdrawn', 2],
        ['money_withdrawn', 3],
      ],
      'upcasters see the stored type',
    );
    t.deepEqual(await accounts.replay(id, 2), { owner: 'Ada', cents: -100 });
    t.is(await accounts.snapshot(id), 'committed');
    t.deepEqual(await openAggregates(Account, { store }).get(id), { owner: 'Ada', cents: -105 });
    if (where === 'PostgreSQL') {
      t.like(await accounts.evaluate(id, { type: 'withdraw', data: 7 }), { value: { state: { cents: -112 } } });
      t.deepEqual(projected, [['money_withdrawn', { cents: 7 }]]);
    }
    t.deepEqual(
      (await store.getEvents(id, 1, { maxSequence: 3 })).map(({ type }) => type),
      ['created', 'withdrawn', 'money_withdrawn'],
    );
  });

test('an event that a command handler returns under an older name is refused, with the name to return', async (t) => {
  const store = database.store();
  const id = anId();
  const error = await t.throwsAsync(openAggregates(anAccount().Account, { store }).evaluate(id, { type: 'misname' }), {
    instanceOf: HandlerError,
    message: /returned the event withdrawn, an older name of money_withdrawn: return money_withdrawn instead\.$/,
  });
  t.like(error?.handler, { handler: 'command', type: 'misname' });
  t.deepEqual(await store.getEvents(id), []);
});

test('an error about an event with an older name gives both names', async (t) => {
  const store = new MemoryStore();
  const id = anId();
  await store.commitEvents([anEvent(id, { type: 'withdrawn', body: { cents: 'x' } })]);
  const { Account } = anAccount();
  await t.throwsAsync(openAggregates(Account, { store }).get(id), {
    instanceOf: EventSchemaError,
    message: /^The body of withdrawn at sequence 1 .* the schema for money_withdrawn of the aggregate account/,
  });
  const strict = { ...Account, schemas: {}, events: { money_withdrawn: () => undefined } };
  const error = await t.throwsAsync(openAggregates(strict, { store }).get(id), {
    instanceOf: HandlerError,
    message: /^The event handler "money_withdrawn" for the stored type "withdrawn" of the aggregate account/,
  });
  t.like(error?.handler, { type: 'withdrawn', as: 'money_withdrawn' });
});

test('a history that begins with an older name belongs to the definition; one that begins with a later event does not', (t) => {
  const { Account } = anAccount();
  const owned = (type: string) => ownsAggregate(Account, anId(), type);
  t.deepEqual(['opened', 'made', 'created', 'withdrawn', 'money_withdrawn', 'closed'].map(owned), [
    true,
    true,
    true,
    false,
    false,
    false,
  ]);
});

test('a definition that an older version of this package made, which knows no aliases, folds as before', async (t) => {
  const older = { ...anAccount().Account };
  delete (older as { aliases?: unknown }).aliases;
  const store = new MemoryStore();
  const id = anId();
  await store.commitEvents([anEvent(id, { type: 'opened', body: { owner: 'Ada' } })]);
  t.deepEqual(await openAggregates(older, { store }).get(id), { owner: 'Ada', cents: 0 });
  t.true(ownsAggregate(older, id, 'opened'));
});

const UNUSABLE: readonly (readonly [what: string, change: object, message: RegExp])[] = [
  ['an alias of nothing', { aliases: { undone: ['did'] } }, /aliases\.undone is unknown; known are done, begun/],
  ['an alias that has a handler', { aliases: { done: ['begun'] } }, /"begun" has an event handler of its own; remove/],
  ['an alias of itself', { aliases: { done: ['done'] } }, /"done" has an event handler of its own/],
  ['an alias of two types', { aliases: { done: ['did'], begun: ['did'] } }, /"did" is an older name of done already/],
  ['an alias that is listed twice', { aliases: { done: ['did', 'did'] } }, /aliases\.done: "did" is listed twice/],
  ['an alias that is no type', { aliases: { done: [' did '] } }, /aliases\.done: " did " ends with a space/],
  ['an alias that is no text', { aliases: { done: [1] } }, /aliases\.done: 1 is not a string/],
  ['aliases that are no list', { aliases: { done: 'did' } }, /aliases\.done is not a list of older names/],
  [
    'aliases that are no object',
    { aliases: 'did' },
    /aliases in the definition of the aggregate fine is not an object/,
  ],
  [
    'an upcaster under an older name',
    { aliases: { done: ['did'] }, upcasters: { did: () => ({}) } },
    /upcasters\.did is an older name; write done, which stands for both/,
  ],
  [
    'a first event under an older name',
    { aliases: { done: ['did'] }, owns: { firstEvents: ['did'] } },
    /owns\.firstEvents: did is an older name; write done/,
  ],
];

for (const [what, change, message] of UNUSABLE)
  test(`a definition with ${what} is refused`, (t) => {
    const fine = { name: 'fine', initialState: () => 0, commands: {}, events: { done: () => 0, begun: () => 0 } };
    t.notThrows(() => defineAggregate({ ...fine, aliases: { done: ['did'], begun: [] } }));
    t.throws(() => defineAggregate({ ...fine, ...change }), { code: 'MAESTRO_INVALID_ARGUMENT', message });
  });
