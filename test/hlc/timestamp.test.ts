import { readFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { InvalidTimestampError } from '../../src/hlc/errors.js';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { timestamps } from '../support/arbitraries.js';

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
  ])
    t.throws(() => Timestamp.of(parts), { instanceOf: InvalidTimestampError });
  for (const length of [0, 15, 17])
    t.throws(() => Timestamp.decode(new Uint8Array(length)), { instanceOf: InvalidTimestampError });
});

test('what becomes of the bytes afterwards does not reach the timestamp', (t) => {
  const bytes = Buffer.alloc(16, 1);
  const timestamp = Timestamp.decode(bytes);
  bytes.fill(2);
  timestamp.encode().fill(3);
  t.is(timestamp.hex, '01'.repeat(16));
});
