import { runInNewContext } from 'node:vm';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { encodeJson, MAX_DEPTH } from '../../../src/json/encode/encode.js';
import { ExactNumber } from '../../../src/json/exact-number.js';
import { isPlainObject } from '../../../src/json/encode/plain-object.js';
import { numberFault, stringFault } from '../../../src/json/encode/scalars.js';
import { encodeSimple } from '../../../src/json/encode/encode-simple.js';

/** The faults in a value, as `path: message`. */
function faultsOf(value: unknown): string[] {
  const encoded = encodeJson(value);
  return 'faults' in encoded ? encoded.faults.map(({ path, message }) => `${path.join('.')}: ${message}`) : [];
}

/** JSON.stringify writes -0 as 0, and so loses its sign. */
function withoutNegativeZeros(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

testProp(
  'JSON is written as JSON.stringify writes it, by the quick walk and by the careful one',
  [fc.jsonValue().map(withoutNegativeZeros)],
  (t, value) => {
    const text = JSON.stringify(value);
    t.deepEqual(encodeJson(value), { text });
    t.is(encodeSimple(value, MAX_DEPTH), text);
    // What JavaScript has no number for sends the whole value through the careful walk.
    t.deepEqual(encodeJson([1n, value, { key: value }]), { text: `[1,${text},{"key":${text}}]` });
    t.is(encodeSimple([1n, value], MAX_DEPTH), undefined);
  },
);

test('text is written with its escapes, and only those', (t) => {
  for (const text of [
    '',
    'plain',
    '"',
    '\\',
    '\u0001',
    '\u001f',
    ' ',
    '\u007f',
    'ü',
    '\u{1f3ad}',
    '\ue000',
    '\ud7ff',
  ]) {
    t.is(encodeSimple({ [text]: text }, 2), JSON.stringify({ [text]: text }));
    t.deepEqual(encodeJson([1n, { [text]: text }]), { text: `[1,${JSON.stringify({ [text]: text })}]` });
  }
  for (const text of ['\0', 'a\0b', '\ud800', '\udc00a']) {
    t.is(encodeSimple(text, 1), undefined);
    t.is(encodeSimple({ [text]: 1 }, 1), undefined);
  }
});

test('numbers of every kind keep their digits', (t) => {
  t.deepEqual(encodeJson([1n, -12345678901234567890n, new ExactNumber('1.50'), 1e21, -0.5, 0, true, false, null]), {
    text: '[1,-12345678901234567890,1.50,1e+21,-0.5,0,true,false,null]',
  });
  t.is(encodeSimple([1e21, -0.5, 0, true, false, null], 1), '[1e+21,-0.5,0,true,false,null]');
});

test('every fault is said where it is, and the walk goes on', (t) => {
  class Money {}
  const value = {
    date: new Date(0),
    money: new Money(),
    nameless: new (class {})(),
    unnamed: Object.create(Object.create(null, { constructor: { value: { name: 5 } } }), {}) as object,
    nothing: undefined,
    call: () => 1,
    list: [1, , 3],
    match: Object.assign([1], { index: 0 }),
    symbol: { [Symbol('s')]: 1 },
    'hid den': Object.defineProperty({}, 'hidden', { value: 1 }),
    texts: ['a\0', '\ud800'],
    numbers: [Number.NaN, Number.POSITIVE_INFINITY, -0],
    'key\0': 1,
  };
  t.deepEqual(faultsOf(value), [
    'date: is a Date, not a plain object; convert it to JSON values first',
    'money: is a Money, not a plain object; convert it to JSON values first',
    'nameless: is a class instance, not a plain object; convert it to JSON values first',
    'unnamed: is a class instance, not a plain object; convert it to JSON values first',
    'nothing: is undefined, which JSON leaves out; omit the key or write null',
    'call: is a function, which JSON leaves out; omit the key or write null',
    'list: is an array with holes or with properties of its own, which JSON loses',
    'match: is an array with holes or with properties of its own, which JSON loses',
    'symbol: has symbol keys or non-enumerable properties, which JSON leaves out',
    'hid den: has symbol keys or non-enumerable properties, which JSON leaves out',
    'texts.0: contains U+0000, which PostgreSQL cannot store',
    'texts.1: contains a lone surrogate, which is not Unicode text',
    'numbers.0: is NaN, which JSON has no number for; write null or a string',
    'numbers.1: is Infinity, which JSON has no number for; write null or a string',
    'numbers.2: is negative zero, whose sign is lost; write 0',
    ': has a key that contains U+0000, which PostgreSQL cannot store',
  ]);
});

test('depth is counted in objects and arrays alike', (t) => {
  const nested = (levels: number, innermost: unknown): unknown =>
    Array.from({ length: levels }).reduce<unknown>(
      (inner, _, level) => (level % 2 === 0 ? { in: inner } : [inner]),
      innermost,
    );
  for (const innermost of [1, 1n]) {
    t.deepEqual(faultsOf(nested(MAX_DEPTH, innermost)), []);
    t.deepEqual(
      faultsOf(nested(MAX_DEPTH + 1, innermost)).map((fault) => fault.replace(/^.*: /, '')),
      ['is nested deeper than 500 levels (or contains itself)'],
    );
  }
  t.is(encodeSimple([[]], 1), undefined);
  t.is(encodeSimple({ a: {} }, 1), undefined);
  t.is(encodeSimple([[]], 2), '[[]]');
  t.is(encodeSimple(1, 0), '1');
});

test('the quick walk gives up on all that needs thinking about', (t) => {
  for (const value of [undefined, 1n, Symbol('s'), () => 1, Number.NaN, -0, new Date(0), new ExactNumber('1')])
    for (const within of [value, [value], { key: value }, [1, { key: [value] }]])
      t.is(encodeSimple(within, 9), undefined);

  for (const value of [[1, , 2], Object.assign([1], { index: 0 }), { a: 1, [Symbol('s')]: 1 }])
    t.is(encodeSimple(value, 9), undefined);
});

test('plain is what came from {} in any realm, or has no prototype', (t) => {
  for (const value of [{}, Object.create(null), Object.create(Object.prototype), runInNewContext('({})')] as object[])
    t.true(isPlainObject(value));
  for (const value of [
    [],
    new Date(0),
    new (class {})(),
    Object.create({ a: 1 }),
    Object.create(Object.create(null)),
    runInNewContext('[]'),
  ] as object[])
    t.false(isPlainObject(value));
});

test('a number is taken when it is one, and PostgreSQL keeps all its digits', (t) => {
  const many = (digits: number) => '1'.repeat(digits);
  const tooMany = 'has more digits than PostgreSQL keeps (131072 before the point, 16383 after)';
  const zero = 'is negative zero, whose sign is lost; write 0';
  for (const number of [
    '0',
    '10',
    '-1',
    '1.50',
    '1e5',
    '1E+5',
    '1e-5',
    '-0.1',
    '0.0',
    '10e2',
    '-1e0',
    many(131_072),
    `0.${many(16_383)}`,
    '1e131071',
    '1e-16383',
    '1.5e-16382',
    `${many(10)}e131062`,
  ])
    t.is(numberFault(number), undefined, number.slice(0, 40));
  for (const number of [
    '',
    'x',
    '01',
    '+1',
    '.5',
    '1.',
    '1e',
    '1e+',
    '--1',
    '1 ',
    ' 1',
    '1,2',
    'NaN',
    '0x1',
    '1e1.5',
    '-',
    '1a',
  ])
    t.is(numberFault(number), 'is not a JSON number', number);
  for (const number of ['-0', '-0.0', '-0.000e5']) t.is(numberFault(number), zero, number);
  for (const number of [many(131_073), `0.${many(16_384)}`, '1e131072', '1e-16384', '1.5e-16383', `${many(10)}e131063`])
    t.is(numberFault(number), tooMany, number.slice(0, 40));
  t.is(numberFault(1), undefined);
  t.is(numberFault(0), undefined);
  t.is(numberFault(-0), zero);
  t.is(numberFault(Number.NEGATIVE_INFINITY), 'is -Infinity, which JSON has no number for; write null or a string');
});

test('a text is taken when it is Unicode without U+0000', (t) => {
  for (const text of ['', 'a', '\u0001', '\u{1f3ad}', '\uffff']) t.is(stringFault(text), undefined);
  t.is(stringFault('a\0'), 'contains U+0000, which PostgreSQL cannot store');
  t.is(stringFault('a\udc00'), 'contains a lone surrogate, which is not Unicode text');
});

test('what jsonb could not hold with every number written out is refused, and nothing shorter', (t) => {
  const tooLong = ['is longer than the 268435455 bytes that jsonb can hold, with every number written out'];
  const faults = (count: number, number: unknown) =>
    faultsOf(Array.from<unknown>({ length: count }).fill(number)).map((fault) => fault.replace(/^: /, ''));
  for (const text of ['1e131071', '1E131071', '1e+131071']) {
    t.deepEqual(faults(2047, new ExactNumber(text)), [], text);
    t.deepEqual(faults(2048, new ExactNumber(text)), tooLong, text);
  }
  t.deepEqual(
    faultsOf([new ExactNumber('1.50'), ...Array.from({ length: 2048 }, () => new ExactNumber('1e131071'))]),
    tooLong.map((fault) => `: ${fault}`),
  );
  t.deepEqual(faults(16_370, new ExactNumber('1e-16383')), []);
  t.deepEqual(faults(16_384, new ExactNumber('1e-16383')), tooLong);
  t.deepEqual(faults(1_000_000, 1e-300), tooLong);
  t.deepEqual(faults(700_000, 1e-300), []);
  t.deepEqual(faults(2048, new ExactNumber(`1${'0'.repeat(100)}`)), []);
});
