import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { ExactNumber } from '../../src/json/exact-number.js';
import { decodeJson, InvalidJsonError, parseJsonText } from '../../src/json/parse.js';
import { printJson } from '../../src/json/print.js';
import { sameJson } from '../../src/json/compare/equality.js';
import { jsonValues } from '../support/data/arbitraries.js';

/** Numbers as PostgreSQL prints them: no exponent, any number of digits. */
const printedNumbers = fc
  .tuple(
    fc.constantFrom('', '-'),
    fc.bigInt({ min: 0n, max: 10n ** 30n }),
    fc.string({ unit: fc.constantFrom(...'0123456789') }),
  )
  .map(([sign, integer, fraction]) => `${sign}${integer}${fraction === '' ? '' : `.${fraction}`}`);

testProp('lossless reading keeps every digit that matters', [printedNumbers], (t, text) => {
  t.true(sameJson(printJson(decodeJson(text, 'lossless')), text));
});

testProp(
  'lossless reading gives a plain number whenever that is exact',
  [fc.integer(), fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e15, max: 1e15 })],
  (t, integer, double) => {
    t.is(decodeJson(String(integer), 'lossless'), integer);
    fc.pre(!String(double).includes('e'));
    t.is(decodeJson(String(double), 'lossless'), double + 0);
  },
);

test('an integer beyond 2^53 is a bigint, another inexact number keeps its text', (t) => {
  t.is(decodeJson('9007199254740991', 'lossless'), 9007199254740991);
  t.is(decodeJson('9007199254740992', 'lossless'), 9007199254740992n);
  t.is(decodeJson('-12345678901234567890', 'lossless'), -12345678901234567890n);
  t.deepEqual(decodeJson('0.12345678901234567890', 'lossless'), new ExactNumber('0.12345678901234567890'));
  t.is(decodeJson('1.10', 'lossless'), 1.1);
  t.is(decodeJson('0.12345678901234567890', 'plain'), Number('0.12345678901234567890'));
});

testProp('text that was written by hand means the same when it is printed', [jsonValues()], (t, value) => {
  const text = printJson(value);
  t.true(sameJson(printJson(parseJsonText(text)), text));
  t.true(sameJson(printJson(parseJsonText(text), 2), text));
});

for (const text of [
  '',
  '{',
  '[1,]',
  '{"a":1,}',
  "{'a':1}",
  'NaN',
  '01',
  '.5',
  '1.',
  '+1',
  'undefined',
  '{"a":1} x',
  '"\t"',
  '"\\x41"',
])
  test(`${JSON.stringify(text)} is not JSON`, (t) => {
    t.throws(() => parseJsonText(text), { instanceOf: InvalidJsonError });
  });

test('a key with two values is refused, since PostgreSQL would drop one', (t) => {
  t.throws(() => parseJsonText('{"a":1,"a":2}'), { instanceOf: InvalidJsonError, message: /"a" occurs twice/ });
  t.throws(() => parseJsonText('{"b":{"a":[1],"a":[1.1]}}'), { instanceOf: InvalidJsonError });
});

test('nesting too deep to be read is refused, not a crash', (t) => {
  const text = '['.repeat(200_000) + ']'.repeat(200_000);
  t.throws(() => parseJsonText(text), { instanceOf: InvalidJsonError, message: /nested too deeply/ });
});

test('keys that mean something to JavaScript are data', (t) => {
  for (const read of [parseJsonText, (text: string) => decodeJson(text, 'lossless')]) {
    const value = read('{"__proto__":{"polluted":12345678901234567890}}') as object;
    t.deepEqual(Object.keys(value), ['__proto__']);
    t.false('polluted' in {});
  }
});

test('an exact number shows its digits, and is never written wrongly', (t) => {
  const number = new ExactNumber('0.12345678901234567890');
  t.is(`${number.toString()} ${Number(number)}`, '0.12345678901234567890 0.12345678901234568');
  t.throws(() => JSON.stringify({ number }), { instanceOf: TypeError });
});
