import { readFileSync } from 'node:fs';
import { inspect, isDeepStrictEqual } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { InvalidTimestampError } from '../../src/hlc/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { timestamps } from '../support/data/arbitraries.js';

interface Vector {
  readonly time: number;
  readonly counter: number;
  readonly node_id: string;
  readonly hex: string;
  readonly string: string | null;
}

const vectors = JSON.parse(readFileSync(new URL('../fixtures/hlc-vectors.json', import.meta.url), 'utf8')) as Vector[];

for (const { time, counter, node_id, hex, string } of vectors)
  test(`decodes, encodes, prints and parses ${string ?? hex} as Elixir does`, (t) => {
    const timestamp = Timestamp.decode(Buffer.from(hex, 'hex'));
    t.deepEqual([timestamp.time, timestamp.counter, timestamp.nodeId], [time, counter, BigInt(node_id)]);
    t.is(timestamp.encode().toString('hex'), hex);
    t.deepEqual(Timestamp.of({ time, counter, nodeId: BigInt(node_id) }), timestamp);
    t.is(timestamp.toString(), string ?? hex);
    t.is(JSON.stringify(timestamp), JSON.stringify(string ?? hex));
    t.deepEqual(Timestamp.parse(timestamp.toString()), timestamp);
  });

testProp('byte order is causal order', [timestamps(), timestamps()], (t, a, b) => {
  t.is(Math.sign(a.compare(b)), Math.sign(Buffer.compare(a.encode(), b.encode())));
  t.is(a.compare(b) === 0, a.equals(b));
});

testProp('every text form means the same timestamp', [timestamps()], (t, timestamp) => {
  const { hex } = timestamp;
  const uuid = hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  for (const text of [timestamp.toString(), hex, hex.toUpperCase(), `\\x${hex}`, uuid, uuid.toUpperCase()])
    t.deepEqual(Timestamp.parse(text), timestamp);
});

const LAST_TIME = Date.UTC(9999, 11, 31, 23, 59, 59, 999);
const times = fc.oneof(
  fc.integer({ min: 0, max: LAST_TIME }),
  fc.integer({ min: -2, max: 2 }).map((more) => Date.UTC(2026, 10, 30) + more),
  fc.constantFrom(0, LAST_TIME),
);

testProp(
  'a time is printed as Date prints it, whatever was printed before',
  [fc.array(times, { minLength: 1 })],
  (t, several) => {
    for (const time of several) t.is(Timestamp.of({ time }).toString().slice(0, 24), new Date(time).toISOString());
  },
);

testProp('what decode gives is what encode took', [fc.uint8Array({ minLength: 16, maxLength: 16 })], (t, bytes) => {
  t.deepEqual(new Uint8Array(Timestamp.decode(bytes).encode()), new Uint8Array(bytes));
});

testProp('two timestamps are deeply equal only when they are the same', [timestamps(), timestamps()], (t, a, b) => {
  t.is(isDeepStrictEqual(a, b), a.equals(b));
  t.true(isDeepStrictEqual(a, Timestamp.parse(a.hex)));
});

for (const text of [
  '',
  ' ',
  '2014-09-14T00:00:00.000Z',
  '2014-09-14T00:00:00.000Z-0000-000000000000000',
  '2014-09-14T00:00:00.000Z-0000-00000000000000000',
  '2014-09-14T00:00:00.000Z-0000-000000000000000g',
  '2014-09-14T00:00:00.000Z-00ff-0000000000000000',
  '2014-09-14T00:00:00Z-0000-0000000000000000',
  '2014-09-14 00:00:00.000Z-0000-0000000000000000',
  '2014-09-14T00:00:00.000-0000-0000000000000000',
  '2014-09-14T00:00:00.000+00:00-0000-0000000000000000',
  '2014-09-14T24:00:00.000Z-0000-0000000000000000',
  '2014-09-14T00:60:00.000Z-0000-0000000000000000',
  '2014-02-30T00:00:00.000Z-0000-0000000000000000',
  '2014-13-01T00:00:00.000Z-0000-0000000000000000',
  '1969-12-31T23:59:59.999Z-0000-0000000000000000',
  '+10000-01-01T00:00:00.000Z-0000-0000000000000000',
  '2014-09-14T00:00:00.000Z-0000-0000000000000000\n',
  ' 2014-09-14T00:00:00.000Z-0000-0000000000000000',
  '２014-09-14T00:00:00.000Z-0000-0000000000000000',
  '0'.repeat(31),
  '0'.repeat(33),
  `0x${'0'.repeat(32)}`,
  `\\\\x${'0'.repeat(32)}`,
  '{00000000-0000-0000-0000-000000000000}',
  '00000000-0000-0000-0000-00000000000',
  '0000000000000000-0000-0000-000000000000',
  '000000000-0000-0000-0000-000000000000',
  '00000000-0000-0000-0000-0000000000000',
])
  test(`refuses to read ${JSON.stringify(text)}`, (t) => {
    t.throws(() => Timestamp.parse(text), { instanceOf: InvalidTimestampError });
  });

test('parts out of their bounds and bytes of another length are refused', (t) => {
  for (const parts of [
    { time: -1 },
    { time: 2 ** 48 },
    { time: 1.5 },
    { time: Number.NaN },
    { time: 0, counter: 65536 },
    { time: 0, counter: -1 },
    { time: 0, nodeId: -1n },
    { time: 0, nodeId: 2n ** 64n },
    { time: 0, nodeId: 5 as unknown as bigint },
  ]) {
    const [part, bounds, value] =
      'nodeId' in parts
        ? ['node id', '0n to 18446744073709551615n (a bigint)', parts.nodeId]
        : 'counter' in parts
          ? ['counter', '0 to 65535', parts.counter]
          : ['time', '0 to 281474976710655', parts.time];
    t.throws(() => Timestamp.of(parts), {
      instanceOf: InvalidTimestampError,
      message: `The ${part} of a timestamp must be an integer from ${bounds}; got ${value}.`,
    });
  }
  for (const length of [0, 15, 17])
    t.throws(() => Timestamp.decode(new Uint8Array(length)), {
      instanceOf: InvalidTimestampError,
      message: `A timestamp or aggregate id has 16 bytes; got ${length} bytes.`,
    });
  t.throws(() => Timestamp.decode('0'.repeat(16) as unknown as Uint8Array), {
    instanceOf: InvalidTimestampError,
    message: 'A timestamp or aggregate id has 16 bytes; got string.',
  });
  for (const hex of ['', '0'.repeat(31), '0'.repeat(33), 'A'.repeat(32), `${'0'.repeat(31)}g`, 5 as unknown as string])
    t.throws(() => Timestamp.fromHex(hex), {
      instanceOf: InvalidTimestampError,
      message: / is not 32 lower-case hex digits\.$/,
    });
});

test('what cannot be read is shown, as far as that makes sense, with what can be', (t) => {
  const shown = (text: unknown) => {
    const error = t.throws(() => Timestamp.parse(text as string), { instanceOf: InvalidTimestampError });
    t.regex(error?.hint ?? '', /^Write 32 hex digits, .*, a UUID, or the form 2014-/);
    return error?.message.replace(' is not an aggregate id or timestamp.', '');
  };
  t.is(shown('a "b"'), '"a \\"b\\""');
  t.is(shown('x'.repeat(80)), `"${'x'.repeat(80)}"`);
  t.is(shown('x'.repeat(81)), `"${'x'.repeat(80)}…"`);
  t.is(shown(5), 'A number');
  t.is(shown(undefined), 'A undefined');
});

test('every day that the calendar has is read, and no other', (t) => {
  for (const year of [1970, 1972, 1999, 2000, 2023, 2024, 2100, 2400, 9999])
    for (let month = 1; month <= 12; month += 1)
      for (let day = 0; day <= 32; day += 1) {
        const two = (number: number) => String(number).padStart(2, '0');
        const date = `${year}-${two(month)}-${two(day)}`;
        const isDay = day > 0 && new Date(Date.UTC(year, month - 1, day)).getUTCMonth() === month - 1;
        const read = () => Timestamp.parse(`${date}T12:34:56.789Z-0000-0000000000000000`).time;
        if (isDay) t.is(read(), Date.parse(`${date}T12:34:56.789Z`), date);
        else t.throws(read, { instanceOf: InvalidTimestampError }, date);
      }
});

test('a timestamp is the same as itself, and shows what it is', (t) => {
  const text = '2014-09-14T00:00:00.000Z-0000-0000000000000001';
  const [timestamp, same, later] = [Timestamp.parse(text), Timestamp.parse(text), Timestamp.of({ time: 2e12 })];
  t.deepEqual([timestamp.compare(same), timestamp.compare(later), later.compare(timestamp)], [0, -1, 1]);
  t.deepEqual([timestamp.equals(same), timestamp.equals(later)], [true, false]);
  t.is(inspect(timestamp), `Timestamp(${text})`);
});

test('what becomes of the bytes afterwards does not reach the timestamp', (t) => {
  const bytes = Buffer.alloc(16, 1);
  const timestamp = Timestamp.decode(bytes);
  bytes.fill(2);
  timestamp.encode().fill(3);
  t.is(timestamp.hex, '01'.repeat(16));
});
