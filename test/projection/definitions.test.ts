import { fileURLToPath } from 'node:url';
import test from 'ava';
import { defineAggregate } from '../../src/aggregate/definition/define-aggregate.js';
import { defineProjection } from '../../src/projection/define-projection.js';
import { defineSubscription } from '../../src/projection/define-subscription.js';
import { isProjection } from '../../src/projection/definition.js';

const Account = defineAggregate({
  name: 'account',
  initialState: () => 0,
  commands: {},
  events: { opened: (state: number) => state, closed: (state: number) => state },
  aliases: { closed: ['ended'] },
  owns: { firstEvents: ['opened'] },
});
const Note = defineAggregate({
  name: 'note',
  initialState: () => 0,
  commands: {},
  events: { noted: (state: number) => state },
});

const nothing = () => {};
const HERE = fileURLToPath(import.meta.url);

test('a projection has version 1 unless it says another, is frozen, and knows its file', (t) => {
  const plain = defineProjection({ name: 'plain', from: [Account], project: nothing });
  t.like(plain, { kind: 'projection', name: 'plain', version: 1, setUp: undefined, file: HERE });
  t.deepEqual(plain.from, [Account]);
  t.true(Object.isFrozen(plain) && Object.isFrozen(plain.from));
  t.is(defineProjection({ name: 'other', version: 7, from: [Account], project: nothing }).version, 7);
});

test('a subscription is frozen and knows its file', (t) => {
  const mails = defineSubscription({ name: 'mails', from: [Account], startAt: 'now', handle: { opened: nothing } });
  t.like(mails, { kind: 'subscription', name: 'mails', version: 1, startAt: 'now', file: HERE });
  t.true(Object.isFrozen(mails));
});

test('projections and subscriptions are known, whichever copy of the package made them', (t) => {
  t.true(isProjection(defineProjection({ name: 'x', from: [Account], project: nothing })));
  t.true(isProjection({ [Symbol.for('maestro-store.projection')]: true }));
  for (const other of [Account, undefined, null, { name: 'x', kind: 'projection' }]) t.false(isProjection(other));
});

const FAULTS: readonly (readonly [change: object, message: RegExp])[] = [
  [{ name: 'a b' }, /The name of a projection must be made of letters/],
  [{ version: 0 }, /of the projection fine: version must be an integer, 1 or more; got 0\./],
  [{ version: 2_147_483_648 }, /version must be an integer/],
  [{ version: '1' }, /version must be an integer, 1 or more; got '1'/],
  [{ from: undefined }, /from must be a list of aggregates, one or more: `from: \[Account\]`/],
  [{ from: Account }, /from must be a list of aggregates/],
  [{ from: [] }, /from must be a list of aggregates/],
  [
    { from: [Account, undefined] },
    /from\[1\] is no aggregate, but undefined; make it with defineAggregate\(\) \(modules that import each other/,
  ],
  [
    { from: [{ name: 'account' }] },
    /from\[0\] is no aggregate, but an object with the name "account"; make it with defineAggregate\(\)\.$/,
  ],
  [{ name: 'n'.repeat(64) }, /The name of a projection has 63 characters at most; "n{20}"… has 64/],
  [{ from: [Account, Account] }, /from has two aggregates with the name account/],
  [{ from: [Account, Note] }, /note does not say which ones in the log are its own; add `owns: \{ firstEvents/],
  [{ setUp: 'CREATE TABLE' }, /setUp is not a function/],
  [{ erased: null }, /erased is not a function/],
  [{ projectBatch: {} }, /projectBatch is not a function/],
  [{ project: undefined }, /project and projectBatch are missing.*write one of them/],
  [{ project: 'opened' }, /project is neither a function nor functions by type/],
  [{ project: {} }, /project has no function; write one for each type/],
  [{ project: { opened: 1 } }, /project\.opened is not a function/],
  [{ project: { openned: nothing } }, /project\.openned is unknown; known are opened, closed; did you mean opened\?/],
  [{ project: { ended: nothing } }, /project\.ended is an older name; write closed, which stands for both/],
  [{ handle: nothing }, /`handle` is for subscriptions; a projection has `project`/],
];

test('faults of a projection are named', (t) => {
  const fine = { name: 'fine', from: [Account] as const, project: nothing };
  for (const [change, message] of FAULTS)
    t.throws(() => defineProjection({ ...fine, ...change }), { code: 'MAESTRO_INVALID_ARGUMENT', message });
  t.throws(() => defineProjection(undefined as never), {
    message: 'The description of a projection is not an object.',
  });
});

test('faults of a subscription are named', (t) => {
  const fine = { name: 'fine', from: [Account] as const, startAt: 'now', handle: nothing } as const;
  for (const [change, message] of [
    [{ name: '' }, /The name of a subscription must be made of/],
    [
      { startAt: undefined },
      /of the subscription fine: startAt must be 'now' .* or 'beginning' \(all events\); got undefined/,
    ],
    [{ handle: undefined }, /handle is missing/],
    [{ handle: { closd: nothing } }, /handle\.closd is unknown/],
    [{ version: 2 }, /version is unknown; known are name, from, startAt, handle/],
    [{ from: [] }, /from must be a list/],
  ] as const)
    t.throws(() => defineSubscription({ ...fine, ...change } as never), { code: 'MAESTRO_INVALID_ARGUMENT', message });
});
