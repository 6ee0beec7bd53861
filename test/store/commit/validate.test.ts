import { runInNewContext } from 'node:vm';
import test from 'ava';
import type { NewEvent, NewSnapshot } from '../../../src/events.js';
import { ExactNumber } from '../../../src/json/exact-number.js';
import { InvalidEventError, InvalidSnapshotError } from '../../../src/store/errors.js';
import {
  rememberEncoding,
  committedEvents,
  encodeEvents,
  encodeSnapshot,
  eventTypeFault,
} from '../../../src/store/commit/validate.js';
import { anEvent, anId } from '../../support/data/factories.js';

/** Paths of the faults of one event. */
function paths(changes: object): string[] {
  const error = (() => {
    try {
      encodeEvents([anEvent(anId(), changes)]);
      return undefined;
    } catch (thrown) {
      return thrown;
    }
  })();
  if (error === undefined) return [];
  if (!(error instanceof InvalidEventError)) throw new Error('another error', { cause: error });
  return error.issues.map(({ path }) => path);
}

function nested(levels: number): object {
  let value: object = {};
  for (let level = 1; level < levels; level += 1) value = level % 2 === 0 ? { in: value } : { in: [value] };
  return { value };
}

/** An object that contains itself only through arrays and objects, `levels` deep. */
function deep(levels: number): object {
  let value: object = {};
  for (let level = 1; level < levels; level += 1) value = { in: value };
  return value;
}

const cyclic: { self?: object } = {};
cyclic.self = cyclic;

class Money {
  constructor(readonly amount: number) {}
}

const REFUSED_VALUES: Record<string, unknown> = {
  undefined: undefined,
  'a function': () => 1,
  'a symbol': Symbol('s'),
  NaN: Number.NaN,
  Infinity: Number.POSITIVE_INFINITY,
  'negative zero': -0,
  'a Date': new Date(0),
  'a Map': new Map(),
  'a Set': new Set(),
  'a Buffer': Buffer.from('x'),
  'a typed array': new Float64Array(1),
  'a class instance': new Money(1),
  'a boxed number': Object(1),
  'a RegExp': /x/,
  'a Promise': Promise.resolve(1),
  'an array with a hole': Object.assign([1, 2], { length: 3 }),
  'an array with properties of its own': /x/.exec('x'),
  'an object with a symbol key': { [Symbol('s')]: 1 },
  'an object with a hidden property': Object.defineProperty({}, 'hidden', { value: 1 }),
  'an object with inherited properties': Object.create({ inherited: 1 }),
  'U+0000': 'a\0b',
  'a lone surrogate': '\ud800',
  'a lone low surrogate': 'a\udc00b',
  'a bigint with too many digits': 10n ** 131_072n,
};

for (const [name, value] of Object.entries(REFUSED_VALUES))
  test(`a body with ${name} is refused where it stands`, (t) => {
    t.deepEqual(paths({ body: { list: [1, { it: value }] } }), ['body.list[1].it']);
  });

for (const key of ['a\0b', '\ud800'])
  test(`a key ${JSON.stringify(key)} is refused`, (t) => {
    t.deepEqual(paths({ body: { within: { [key]: 1 } } }), ['body.within']);
  });

for (const [name, body] of Object.entries({
  'an array': [],
  null: null,
  'a string': '{}',
  'a Map': new Map(),
  'a Date': new Date(),
  'an exact number': new ExactNumber('1'),
}))
  test(`${name} is no body`, (t) => {
    t.deepEqual(paths({ body }), ['body']);
  });

test('500 levels are enough, 501 are too many, and 7,000 or endless ones do no harm', (t) => {
  t.deepEqual(paths({ body: deep(500) }), []);
  t.is(paths({ body: deep(501) }).length, 1);
  t.is(paths({ body: deep(7000) }).length, 1);
  t.is(paths({ body: nested(7000) }).length, 1);
  t.is(paths({ body: cyclic }).length, 1);
});

for (const [name, type] of Object.entries({
  'no string': 5,
  empty: '',
  '257 code points': '🎭'.repeat(257),
  'a control character': 'a\nb',
  'a C1 control character': 'a\u009bb',
  'U+0000': 'a\0b',
  'a lone surrogate': 'a\ud800',
  'a trailing space': 'opened ',
}))
  test(`a type with ${name} is refused`, (t) => {
    t.deepEqual(paths({ type }), ['type']);
  });

test('a type of 256 code points, with spaces inside, is taken', (t) => {
  t.deepEqual(paths({ type: '🎭'.repeat(256) }), []);
  t.deepEqual(paths({ type: 'account opened' }), []);
});

for (const sequence of [0, -1, 1.5, 2_147_483_648, '1', null, Number.NaN])
  test(`the sequence ${String(sequence)} (${typeof sequence}) is refused`, (t) => {
    t.deepEqual(paths({ sequence }), ['sequence']);
  });

for (const value of [undefined, 'not one', new Uint8Array(16), {}])
  test(`a timestamp and an aggregate id that are ${JSON.stringify(value)} are refused`, (t) => {
    t.deepEqual(paths({ timestamp: value, aggregateId: value }), ['timestamp', 'aggregateId']);
  });

test('every fault of every event is named, with the index of its event', (t) => {
  const events = [
    anEvent(anId(), { sequence: 0, type: '' }),
    anEvent(),
    anEvent(anId(), { body: { a: Number.NaN, 'b c': [undefined] } }),
  ];
  const error = t.throws(() => encodeEvents(events), { instanceOf: InvalidEventError });
  t.deepEqual(
    error.issues.map(({ index, path }) => [index, path]),
    [
      [0, 'sequence'],
      [0, 'type'],
      [2, 'body.a'],
      [2, 'body["b c"][0]'],
    ],
  );
});

test('something that is no event is refused, not stumbled over', (t) => {
  for (const event of [null, undefined, 5, 'event'])
    t.throws(() => encodeEvents([event as unknown as NewEvent]), { instanceOf: InvalidEventError });
});

test('what was checked is what is written: every property is read once', (t) => {
  let reads = 0;
  const body = {
    get amount() {
      reads += 1;
      return reads === 1 ? 1 : Number.NaN;
    },
  };
  t.is(encodeEvents([anEvent(anId(), { body })])[0]?.json, '{"amount":1}');
  t.is(reads, 1);
});

test('plain objects of another realm and without a prototype are plain objects', (t) => {
  const foreign = runInNewContext('({ list: [1, { a: null }] })') as object;
  const bare = Object.assign(Object.create(null) as object, { a: 1 });
  const json = encodeEvents([anEvent(anId(), { body: { foreign, bare } })])[0]?.json;
  t.is(json, '{"foreign":{"list":[1,{"a":null}]},"bare":{"a":1}}');
});

test('keys that mean something to JavaScript are data', (t) => {
  const body = JSON.parse('{"__proto__":{"polluted":1},"constructor":{"prototype":{}}}') as object;
  t.is(encodeEvents([anEvent(anId(), { body })])[0]?.json, JSON.stringify(body));
  t.false('polluted' in {});
});

test('an exact number cannot smuggle JSON in', (t) => {
  t.throws(() => new ExactNumber('1,"b":2'), { code: 'MAESTRO_INVALID_ARGUMENT' });
  const forged = Object.create(ExactNumber.prototype, { text: { value: '1,"b":2' } }) as object;
  t.deepEqual(paths({ body: { a: forged } }), ['body.a']);
});

test('a snapshot is checked like an event', (t) => {
  t.is(encodeSnapshot({ aggregateId: anId(), sequence: 1, body: { list: [] } }), '{"list":[]}');
  const error = t.throws(() => encodeSnapshot({ aggregateId: anId(), sequence: 0, body: { a: undefined } }), {
    code: 'MAESTRO_INVALID_SNAPSHOT',
  });
  t.regex(error.message, /sequence .* body\.a /s);
});

/** Messages about the faults of events, as `index path: message`. */
function messages(...events: readonly unknown[]): string[] {
  try {
    encodeEvents(events as readonly NewEvent[]);
    return [];
  } catch (error) {
    if (!(error instanceof InvalidEventError)) throw error;
    return error.issues.map(({ index, path, message }) => `${index} ${path}: ${message}`);
  }
}

test('what is wrong is said, and what to do', (t) => {
  const wrong = { timestamp: 1, aggregateId: 2, sequence: 0, type: '', body: [] } as unknown as NewEvent;
  t.deepEqual(messages(anEvent(), wrong, null), [
    '1 timestamp: is not a Timestamp; take one from a Clock or Timestamp.parse',
    '1 aggregateId: is not a Timestamp; take one from a Clock or Timestamp.parse',
    '1 sequence: is not an integer from 1 to 2147483647',
    '1 type: is empty',
    '1 body: is not a plain JSON object',
    '2 : is not an object',
  ]);
  t.deepEqual(messages(anEvent(anId(), { body: { a: undefined } })), [
    '0 body.a: is undefined, which JSON leaves out; omit the key or write null',
  ]);
  const error = t.throws(() => encodeSnapshot(null as never), { code: 'MAESTRO_INVALID_SNAPSHOT' });
  t.regex(error.message, /^snapshot: it is not an object/);
});

test('a type is taken, or is told why not', (t) => {
  for (const type of [
    'a',
    'Account.opened:v2-final',
    'account opened',
    ' x',
    'é',
    'a'.repeat(256),
    'a b'.repeat(85),
    '🎭'.repeat(256),
  ])
    t.is(eventTypeFault(type), undefined, type);
  for (const [type, fault] of [
    [undefined, 'is not a string'],
    ['', 'is empty'],
    ['a\0', 'contains U+0000, which PostgreSQL cannot store'],
    ['a\ud800', 'contains a lone surrogate, which is not Unicode text'],
    ['a\tb', 'contains a control character'],
    ['a\u0085', 'contains a control character'],
    ['a ', 'ends with a space'],
    ['a'.repeat(257), 'is longer than 256 code points'],
    [`${'a b'.repeat(85)}ab`, 'is longer than 256 code points'],
    ['🎭'.repeat(257), 'is longer than 256 code points'],
  ])
    t.is(eventTypeFault(type), fault, String(type));
});

test('a place in a body is written as one would write it in JavaScript, and cut when it is long', (t) => {
  const at = (body: object) => paths({ body })[0];
  t.is(at({ a: { $b_1: { é2: undefined } } }), 'body.a.$b_1.é2');
  for (const key of ['', 'a b', '1a', '"', 'a-b', 'a.b'])
    t.is(at({ [key]: undefined }), `body[${JSON.stringify(key)}]`);
  const deepAt = (levels: number) => {
    let value: object = { end: undefined };
    for (let level = 1; level < levels; level += 1) value = { k: value };
    return at(value);
  };
  t.is(deepAt(12), `body${'.k'.repeat(11)}.end`);
  t.is(deepAt(13), `body${'.k'.repeat(12)}.…`);
});

test('a place that occurs twice in a commit is a fault of the second event, whatever is between', (t) => {
  const [id, other] = [anId(), anId()];
  const first = anEvent(id);
  const sequence = '2 sequence: is already used by event 0, of the same aggregate';
  const timestamp = '2 timestamp: is already used by event 0';
  t.deepEqual(messages(first, anEvent(id, { sequence: 2 }), anEvent(id)), [sequence]);
  t.deepEqual(messages(first, anEvent(other), anEvent(id)), [sequence]);
  t.deepEqual(messages(first, anEvent(id, { sequence: 2 }), { ...first, sequence: 3 }), [timestamp]);
  t.deepEqual(messages(first, anEvent(other), { ...first, aggregateId: other, sequence: 2 }), [timestamp]);
  t.deepEqual(messages(first, anEvent(other, { sequence: 7 }), { ...first }), [sequence]);
  t.deepEqual(messages(first, first), ['1 sequence: is already used by event 0, of the same aggregate']);
  t.deepEqual(messages(first, { ...first, sequence: 2 }), ['1 timestamp: is already used by event 0']);
  // The last of several counts as the one that was before.
  t.deepEqual(messages(first, anEvent(id), anEvent(id)), [
    '1 sequence: is already used by event 0, of the same aggregate',
    '2 sequence: is already used by event 1, of the same aggregate',
  ]);
});

test('events of one history, of several, in any order and with clocks that go back are taken', (t) => {
  const [id, other] = [anId(), anId()];
  const [a, b, c] = [anEvent(id), anEvent(id, { sequence: 2 }), anEvent(id, { sequence: 3 })];
  for (const events of [
    [],
    [a],
    [a, b, c],
    [c, b, a],
    [a, c, b],
    [a, anEvent(other), b, anEvent(other, { sequence: 2 })],
  ])
    t.deepEqual(messages(...events), []);
  t.deepEqual(messages({ ...a, timestamp: b.timestamp }, { ...b, timestamp: a.timestamp }), []);
});

test('what is wrong with an event is said before what repeats', (t) => {
  const event = anEvent();
  t.deepEqual(messages(event, event, { ...event, type: '' }), ['2 type: is empty']);
});

test('an event that was found valid before is not looked at again, and can no longer be changed', (t) => {
  const event = rememberEncoding(anEvent(anId(), { body: { not: undefined } }), '{"the":"text"}');
  t.true(Object.isFrozen(event));
  t.deepEqual(
    encodeEvents([event, anEvent()]).map(({ json }) => json),
    ['{"the":"text"}', '{"note":"as it was"}'],
  );
});

test('committed events are in the order of their sequences, with the fields of an event and no others', (t) => {
  const id = anId();
  const events = [3, 1, 2].map((sequence) => ({ ...anEvent(id, { sequence }), more: 'than that' }));
  const committed = committedEvents(encodeEvents(events));
  t.deepEqual(
    committed.map(({ sequence }) => sequence),
    [1, 2, 3],
  );
  for (const event of committed)
    t.deepEqual(Object.keys(event), ['timestamp', 'aggregateId', 'sequence', 'type', 'body']);
});

test('metadata is checked like a body, and its faults are told from those of the body', (t) => {
  for (const metadata of [null, [], 'text', new ExactNumber('1.0'), new Date(), new Map()] as object[])
    t.deepEqual(paths({ metadata }), ['metadata']);
  t.deepEqual(paths({ metadata: { by: { it: undefined } }, body: { at: Number.NaN } }), ['body.at', 'metadata.by.it']);
  t.deepEqual(paths({ metadata: undefined }), []);
  const { issues } = t.throws(() => encodeEvents([anEvent(anId(), { metadata: { n: 10n ** 2000n } })], 'elixir'), {
    instanceOf: InvalidEventError,
  });
  t.deepEqual(
    issues.map(({ path }) => path),
    ['metadata.n'],
  );
});

test('metadata is nested one level deeper than the body that it is kept in', (t) => {
  t.deepEqual(paths({ metadata: deep(499) }), []);
  t.is(paths({ metadata: deep(500) }).length, 1);
});

test('a body and its metadata that could not be read back together are refused, though each could alone', (t) => {
  const digits = Array.from({ length: 1100 }, () => new ExactNumber('1e131071'));
  t.deepEqual(paths({ body: { digits } }), []);
  t.deepEqual(paths({ metadata: { digits } }), []);
  t.deepEqual(paths({ body: { digits }, metadata: { digits } }), ['metadata']);
  t.deepEqual(paths({ body: { text: '1e131071 '.repeat(3000) }, metadata: { by: 'ada' } }), []);
});

test('a body that has the key of the metadata is refused, with what to do instead', (t) => {
  const { issues, message } = t.throws(() => encodeEvents([anEvent(anId(), { body: { $metadata: { by: 'ada' } } })]), {
    instanceOf: InvalidEventError,
  });
  t.deepEqual(
    issues.map(({ path }) => path),
    ['body.$metadata'],
  );
  t.regex(message, /give it as `metadata` of the event/);
  t.deepEqual(paths({ body: { in: { $metadata: {} } } }), []);
});

test('metadata is one more key of the body that is sent, and an empty one is none', (t) => {
  const json = (changes: Partial<NewEvent>) => encodeEvents([anEvent(anId(), changes)])[0]?.json;
  t.is(json({ body: { a: 1 }, metadata: { by: 'ada' } }), '{"a":1,"$metadata":{"by":"ada"}}');
  t.is(json({ body: {}, metadata: { by: 'ada' } }), '{"$metadata":{"by":"ada"}}');
  t.is(json({ body: {}, metadata: {} }), '{}');
  const [committed] = committedEvents(encodeEvents([anEvent(anId(), { metadata: {} })]));
  t.false(Object.hasOwn(committed as object, 'metadata'));
});

test('every fault of a snapshot is named', (t) => {
  const error = t.throws(
    () => encodeSnapshot({ aggregateId: 1, sequence: 2 ** 31, body: null } as unknown as NewSnapshot),
    { instanceOf: InvalidSnapshotError },
  );
  t.deepEqual(
    error.issues.map(({ path }) => path),
    ['aggregateId', 'sequence', 'body'],
  );
  t.is(encodeSnapshot({ aggregateId: anId(), sequence: 2 ** 31 - 1, body: {} }), '{}');
});
