import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { printJson } from '../../src/json/print.js';
import { parseJsonText } from '../../src/json/parse.js';
import { sameJson } from '../../src/json/compare/equality.js';
import type { JsonObject } from '../../src/json/types.js';
import { InvalidEventError } from '../../src/store/errors.js';
import type { PostgresStore } from '../../src/store/postgres-store.js';
import { encodeEvents } from '../../src/store/commit/validate.js';
import { jsonBodies } from '../support/data/arbitraries.js';
import { runCli } from '../support/cli/cli.js';
import { useEmbeddedDatabase, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { anEvent, anId, collect } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { recordQueries } from '../support/servers/record-queries.js';

const database = useTestDatabase(test);
const embedded = useEmbeddedDatabase(test);
const folder = useTemporaryFolder(test);
const BODIES = rounds(1000, 10_000);
const COMMIT = 500;

/** Bodies that JSON and PostgreSQL keep, and, now and then, anything that JavaScript can hold. */
function anyBodies(): fc.Arbitrary<object> {
  const anything = fc.object({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  return fc.oneof({ weight: 9, arbitrary: jsonBodies() }, { weight: 1, arbitrary: anything });
}

function isTaken(body: object): boolean {
  try {
    encodeEvents([anEvent(anId(), { body })]);
    return true;
  } catch (error) {
    if (error instanceof InvalidEventError) return false;
    throw error;
  }
}

/** The text that JavaScript itself makes of a body, with the digits of its bigints: what ours is compared with. */
function textOf(body: object): string {
  const mark = `bigint ${anId().hex} `;
  const text = JSON.stringify(body, (_key, value: unknown) => (typeof value === 'bigint' ? `${mark}${value}` : value));
  return text.replaceAll(new RegExp(`"${mark}(-?\\d+)"`, 'g'), '$1');
}

/** Texts as PostgreSQL itself reads and prints them. */
async function storedText(texts: readonly string[]): Promise<string[]> {
  const sql = `SELECT (value #>> '{}')::jsonb::text AS text
    FROM json_array_elements(?::text::json) WITH ORDINALITY t(value, n) ORDER BY n`;
  const { rows } = await database.knex.raw<{ rows: { text: string }[] }>(sql, [JSON.stringify(texts)]);
  return rows.map(({ text }) => text);
}

async function bodiesComeBackOrAreRefused(t: ExecutionContext, store: PostgresStore, where: string): Promise<void> {
  const bodies = fc.sample(anyBodies(), BODIES);
  const taken = bodies.filter(isTaken);
  t.true(taken.length > BODIES * 0.8 && taken.length < BODIES, `${taken.length} bodies were taken`);
  let different = 0;
  for (let start = 0; start < taken.length; start += COMMIT) {
    const id = anId();
    const sent = taken.slice(start, start + COMMIT).map((body, index) => anEvent(id, { sequence: index + 1, body }));
    const texts = sent.map(({ body }) => textOf(body));
    t.true((await store.commitEvents(sent)).ok);
    const stored = await collect(store.streamStoredEvents(id, 1));
    const lossless = await store.getEvents(id, 1, { numbers: 'lossless' });
    const printed = await storedText(texts);
    for (const [index, text] of texts.entries()) {
      const back = stored[index]?.body ?? '';
      if (back !== printed[index] || !sameJson(text, printJson(lossless[index]?.body as JsonObject))) different += 1;
    }
  }
  t.is(different, 0);
  figure(
    `generated JSON bodies, ${where}`,
    `${bodies.length}: ${taken.length} stored, ${bodies.length - taken.length} refused before SQL, ${different} came back different`,
  );
}

test.serial('generated bodies come back equal, digit for digit, or are refused: PostgreSQL', (t) =>
  bodiesComeBackOrAreRefused(t, database.store(), 'PostgreSQL'),
);

test.serial('generated bodies come back equal, digit for digit, or are refused: PGlite', (t) =>
  bodiesComeBackOrAreRefused(t, embedded.get().store, 'PGlite'),
);

for (const [name, store] of [
  ['PostgreSQL', () => database.store()],
  ['PGlite', () => embedded.get().store],
] as const)
  test(`numbers that were written as text keep every digit on ${name}`, async (t) => {
    const id = anId();
    const digits = '12345678901234567890,1.0,1.10,0.1000000000000000055511151231257827,1e2,1E-5,-1e400,1e400';
    const body = parseJsonText(`{"n":[${digits}]}`) as object;
    await store().commitEvents([anEvent(id, { body })]);
    const [stored] = await collect(store().streamStoredEvents(id, 1));
    const huge = `1${'0'.repeat(400)}`;
    t.is(
      stored?.body,
      `{"n": [12345678901234567890, 1.0, 1.10, 0.1000000000000000055511151231257827, 100, 0.00001, -${huge}, ${huge}]}`,
    );
  });

const nested = (levels: number) => `${'{"a":'.repeat(levels - 1)}{}${'}'.repeat(levels - 1)}`;
const nestedArrays = (levels: number) => `{"a":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`;

/** Texts that are kept as they are. */
const KEPT: readonly string[] = [
  '{}',
  ' \t\r\n{ "a" :\n[ ] } ',
  '{"":""," ":" ","  ":"  "}',
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":1}},"toJSON":"x","then":1,"length":-1}',
  '{"hasOwnProperty":1,"toString":2,"valueOf":3,"__defineGetter__":4}',
  '{"10":1,"9":2,"-1":3,"1.5":4,"01":5,"4294967295":6,"9007199254740993":7}',
  '{"a":1,"A":2,"\u00e9":3,"e\u0301":4,"\ufb01":5,"fi":6,"\u212b":7,"\u00c5":8}',
  '{"a":"\\ud83c\\udfad","b":"🎭","c":"\\u0041\\/\\b\\f\\n\\r\\t\\"\\\\"}',
  '{"a":"\u2028\u2029\u202e\u2066\ufeff\u200b\u00ad\u0085\u009b31m"}',
  '{"a":"\\u0001\\u001b]0;x\\u0007\\u001b[2J\\u007f"}',
  '{"a":"\\\\u0000","b":"\\\\x00","c":"$1 ?::text ? \\\\? :name %s {0} \'; DROP TABLE event_log; --"}',
  '{"a":"\\\\N","b":"\\\\.","c":"NULL","d":"\\t"}',
  '{"n":[0,0.0,0.00,1,1.0,1.00,-1,1e0,1E0,1e+0,1e-0,0e0,0.0e5,10e-1,100e-2,1e00005]}',
  '{"n":[9007199254740993,-9007199254740993,18446744073709551616,1e22,123456789012345678901234567890.123456789]}',
  '{"n":[0.1,0.10,0.30000000000000004,1e-7,5e-324,2.2250738585072014e-308,1.7976931348623157e308,1e309,-1e309]}',
  '{"n":[1e131071,-9.99e131071,1e-16383,123e-16383,0.5e-16382]}',
  `{"n":${'9'.repeat(131_072)}}`,
  `{"n":0.${'0'.repeat(16_382)}1}`,
  `{"n":1.${'0'.repeat(16_383)}}`,
  `{"n":[${Array(20).fill('1e131071').join(',')}]}`,
  nested(500),
  nestedArrays(500),
  `{"s":"${'x'.repeat(2_000_000)}"}`,
  `{"s":"${'🎭'.repeat(300_000)}"}`,
  `{"${'k'.repeat(200_000)}":1}`,
  `{${Array.from({ length: 5000 }, (_, n) => `"k${n}":${n}`).join(',')}}`,
  `{"a":[${'0,'.repeat(100_000)}0]}`,
  '{"a":1,"a":1}',
  '{"true":true,"false":false,"null":null}',
];

/** Texts that are refused: no JSON, no object, or something that would not come back as it is. */
const REFUSED: readonly string[] = [
  '',
  ' ',
  'null',
  '[]',
  '"{}"',
  '1',
  '{"a":1}{"b":2}',
  '{"a":1},',
  '{"a":1,}',
  '{"a":[1,]}',
  '{a:1}',
  "{'a':1}",
  '{"a":1 /* c */}',
  '// c\n{"a":1}',
  '{"a":undefined}',
  '{"a":NaN}',
  '{"a":Infinity}',
  '{"a":+1}',
  '{"a":.5}',
  '{"a":5.}',
  '{"a":01}',
  '{"a":0x10}',
  '{"a":1e}',
  '{"a":1_000}',
  '{"a":１}',
  '{"a":"\u0001"}',
  '{"a":"\n"}',
  '{"a":"\\x41"}',
  '{"a":"\\u12"}',
  '{"a":"',
  '{"a":',
  '{"a":1,"a":2}',
  '{"b":{"a":1,"\\u0061":1.0}}',
  '{"a":"\\u0000"}',
  '{"\\u0000":1}',
  '{"a":"\\ud800"}',
  '{"a":"\\udc00\\ud800"}',
  '{"\\ud83c":1}',
  '{"a":-0}',
  '{"a":[-0.0,-0e5]}',
  '{"a":1e131072}',
  '{"a":1e999999999999999999999}',
  '{"a":1e-16384}',
  '{"a":0.1e-16383}',
  '{"a":0e-20000}',
  `{"a":1${'0'.repeat(131_072)}}`,
  `{"a":0.${'0'.repeat(16_383)}1}`,
  // 40,000 letters, which PostgreSQL prints as half a gigabyte: stored, they could never be read again.
  `{"n":[${Array(4500).fill('1e131071').join(',')}]}`,
  nested(501),
  nestedArrays(501),
  nested(20_000),
  nestedArrays(200_000),
];

/** A value with a class of its own. */
class Money {
  readonly amount = 1;
}
let asked = 0;
const cyclic: Record<string, unknown> = {};
cyclic['self'] = [cyclic];
const HOSTILE_VALUES: Readonly<Record<string, object>> = {
  'a getter that answers differently each time': {
    get a() {
      asked += 1;
      return asked % 2 === 0 ? 'even' : asked;
    },
  },
  'a proxy': new Proxy({ a: 1 }, {}),
  'a proxy that hides a key': new Proxy({ a: 1, b: 2 }, { ownKeys: () => ['a'] }),
  'a toJSON function': { a: { toJSON: () => 'other' } },
  'an inherited toJSON': { a: Object.create({ toJSON: () => 'other' }) as object },
  'a body that contains itself': cyclic,
  'an object without a prototype': Object.assign(Object.create(null) as object, { a: 1 }),
  'a frozen body': Object.freeze({ a: Object.freeze([1]) }),
  'a class instance': { price: new Money() },
  'a boxed string': { a: Object('x') as object },
  'a hole': { a: Object.assign([1], { length: 2 }) },
  'an error': { a: new Error('x') },
  'a promise': { a: Promise.resolve(1) },
  bytes: { a: Buffer.from('x') },
  'a URL': { a: new URL('http://a.b') },
  'a number beyond all': { a: [Number.MAX_VALUE, Number.MIN_VALUE, 2 ** 53, 1e21, 1e-7, 123456789.123456789] },
  'numbers that are none': { a: [Number.NaN, Number.NEGATIVE_INFINITY, -0] },
  'a huge bigint': { a: 10n ** 131_071n },
  'a bigint that is too huge': { a: 10n ** 131_072n },
};

test('hostile bodies come back with the same digits, or are refused before any SQL', async (t) => {
  const store = database.store();
  const seen = { kept: 0, refused: 0, different: 0 };
  const { about, stop } = recordQueries(database.knex);
  /** Commits a body; undefined when it was refused, and no statement had been sent. */
  const committed = async (body: object): Promise<string | undefined> => {
    const event = anEvent(anId(), { body });
    try {
      t.true((await store.commitEvents([event])).ok);
    } catch (error) {
      t.true(error instanceof InvalidEventError, String(error));
      t.deepEqual(about(event.aggregateId), [], 'something was sent');
      return undefined;
    }
    const [stored] = await collect(store.streamStoredEvents(event.aggregateId, 1));
    return stored?.body;
  };
  for (const [text, isKept] of [
    ...KEPT.map((text) => [text, true] as const),
    ...REFUSED.map((text) => [text, false] as const),
  ]) {
    const name = text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text;
    let body: object | undefined;
    try {
      body = parseJsonText(text) as object;
    } catch (error) {
      t.like(error, { code: 'MAESTRO_INVALID_JSON' }, name);
    }
    const back = body === undefined ? undefined : await committed(body);
    t.is(back !== undefined, isKept, name);
    seen[isKept ? 'kept' : 'refused'] += 1;
    if (back === undefined) continue;
    const [printed] = await storedText([text]);
    if (back !== printed) seen.different += 1;
    t.true(back === printed, name);
  }
  for (const [name, body] of Object.entries(HOSTILE_VALUES)) {
    const back = await committed(body);
    seen[back === undefined ? 'refused' : 'kept'] += 1;
    if (back === undefined || name.startsWith('a getter')) continue;
    const [printed] = await storedText([textOf(body)]);
    if (back !== printed) seen.different += 1;
    t.is(back, printed ?? '', name);
  }
  stop();
  t.is(({} as Record<string, unknown>)['polluted'], undefined);
  figure(
    'hostile JSON bodies',
    `${seen.kept + seen.refused}: ${seen.kept} stored, ${seen.refused} refused before SQL, ${seen.different} came back different`,
  );
});

test('append takes the same texts, from a file, and refuses the same with exit code 2', async (t) => {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  const file = join(folder, 'events.ndjson');
  for (const [text, isKept] of [
    ...KEPT.filter((text) => !/[\r\n]/.test(text)).map((text) => [text, true] as const),
    ...REFUSED.filter((text) => !/[\r\n]/.test(text)).map((text) => [text, false] as const),
  ]) {
    const name = text.length > 60 ? `${text.slice(0, 60)}… (${text.length})` : text;
    const id = anId();
    writeFileSync(file, `{"type":"told","body":${text}}\n`);
    const { code, stderr } = await runCli(['append', id.hex, '--file', file], { env });
    t.is(code, isKept ? 0 : 2, `${name}: ${stderr.slice(0, 300)}`);
    const [stored] = await collect(database.store().streamStoredEvents(id, 1));
    const [printed] = isKept ? await storedText([text]) : [undefined];
    t.true(stored?.body === printed, name);
  }
});
