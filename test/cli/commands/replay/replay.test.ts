import test from 'ava';
import { Timestamp } from '../../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../../support/cli/cli.js';
import { useTestDatabase } from '../../../support/database.js';
import { aHistory, anEvent, anId } from '../../../support/data/factories.js';

const database = useTestDatabase(test);

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(argv, { env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema }, ...options });
}

/** Stores a history with these bodies, at these times if any are given. */
async function aStoredHistory(bodies: readonly object[], times: readonly number[] = []): Promise<Timestamp> {
  const id = anId();
  const events = bodies.map((body, index) => {
    const time = times[index];
    const timestamp =
      time === undefined ? {} : { timestamp: Timestamp.of({ time, nodeId: id.nodeId, counter: id.counter }) };
    return anEvent(id, { sequence: index + 1, body, ...timestamp });
  });
  await database.store().commitEvents(events);
  return id;
}

async function replayed(id: Timestamp, ...argv: string[]): Promise<Record<string, unknown>> {
  const { stdout } = await maestro(['replay', id.hex, ...argv, '-o', 'json']);
  return JSON.parse(stdout) as Record<string, unknown>;
}

async function stateOf(id: Timestamp, ...argv: string[]): Promise<unknown> {
  return (await replayed(id, ...argv))['state'];
}

const MERGES: readonly (readonly [name: string, bodies: readonly object[], state: unknown])[] = [
  ['later keys replace earlier ones', [{ a: 1, b: 1 }, { b: 2 }], { a: 1, b: 2 }],
  ['null removes a key', [{ a: 1, b: 1 }, { a: null }], { b: 1 }],
  ['null for a key that is not there changes nothing', [{ a: 1 }, { b: null }], { a: 1 }],
  [
    'null is nowhere in a state that only objects were merged into',
    [{ a: { b: null, c: { d: null } } }],
    { a: { c: {} } },
  ],
  [
    'objects are merged level by level',
    [{ a: { x: 1, y: { z: 1 } } }, { a: { y: { w: 2 } } }],
    { a: { x: 1, y: { z: 1, w: 2 } } },
  ],
  ['null removes deep inside', [{ a: { x: 1, y: 2 } }, { a: { x: null } }], { a: { y: 2 } }],
  ['lists are replaced as a whole', [{ a: [1, 2, 3] }, { a: [9] }], { a: [9] }],
  ['null stays inside a list', [{ a: [null, { b: null }] }], { a: [null, { b: null }] }],
  ['an object replaces a scalar', [{ a: 1 }, { a: { b: 1 } }], { a: { b: 1 } }],
  ['a scalar replaces an object', [{ a: { b: 1 } }, { a: 'x' }], { a: 'x' }],
  ['an object replaces a list', [{ a: [1] }, { a: { b: 1 } }], { a: { b: 1 } }],
  ['an empty body changes nothing', [{ a: 1 }, {}, {}], { a: 1 }],
  ['an empty object does not empty another', [{ a: { b: 1 } }, { a: {} }], { a: { b: 1 } }],
  [
    'false, 0 and "" are values',
    [
      { a: 1, b: 1, c: 1 },
      { a: false, b: 0, c: '' },
    ],
    { a: false, b: 0, c: '' },
  ],
  ['a key that was removed can come back', [{ a: 1 }, { a: null }, { a: 2 }], { a: 2 }],
];

for (const [name, bodies, state] of MERGES) {
  test(`merging: ${name}`, async (t) => {
    t.deepEqual(await stateOf(await aStoredHistory(bodies)), state);
  });
}

test('merging: a key __proto__ is a key like any other', async (t) => {
  const id = await aStoredHistory([JSON.parse('{"__proto__": {"a": 1}}'), JSON.parse('{"__proto__": {"b": 2}}')]);
  const { stdout } = await maestro(['replay', id.hex, '-o', 'json']);
  t.true(stdout.endsWith('"state":{"__proto__":{"a":1,"b":2}}}\n'), stdout);
  t.false('b' in {});
});

test('json has exactly the keys of a replay, ndjson is the same line', async (t) => {
  const id = await aStoredHistory([{ a: 1 }, { b: 2 }]);
  const last = (await database.store().getEvents(id, 2)).at(0)?.timestamp.toString();
  const expected = `{"aggregateId":"${id.hex}","sequence":2,"timestamp":"${last}","aggregate":null,"state":{"a":1,"b":2}}\n`;

  for (const format of ['json', 'ndjson']) {
    const { code, stdout, stderr } = await maestro(['replay', id.hex, '-o', format]);
    t.deepEqual([code, stdout], [0, expected]);
    t.regex(stderr, /^note: .*merged in order.*RFC 7396/, 'it says how the state was made');
    t.is((await maestro(['replay', id.hex, '-o', format, '-q'])).stdout, `${id.hex}\n`);
  }
});

test('a table shows the facts, how the state was made, and the state', async (t) => {
  const id = await aStoredHistory([{ a: { b: [1] } }]);
  const { stdout, stderr } = await maestro(['replay', id.hex]);
  t.is(stderr, '');
  for (const fact of [
    id.hex,
    /^sequence +1$/m,
    /merged in order .*RFC 7396/,
    '{\n  "a": {\n    "b": [\n      1\n    ]\n  }\n}\n',
  ])
    t.true(typeof fact === 'string' ? stdout.includes(fact) : fact.test(stdout), `${fact} in ${stdout}`);
});

test('the facts fit a terminal', async (t) => {
  const id = await aStoredHistory([{ a: 1 }]);
  for (const columns of [80, 120]) {
    const { stdout } = await maestro(['replay', id.hex], { terminal: columns, env: { ...env(), NO_COLOR: '1' } });
    for (const line of stdout.split('\n')) t.true(line.length <= columns, `${line.length} of ${columns}: ${line}`);
    t.regex(stdout, /7396/, 'nothing is lost');
  }
});

test('--max-sequence gives the state after that event, 0 the one before the first', async (t) => {
  const id = await aStoredHistory([{ n: 1 }, { n: 2 }, { n: 3 }]);
  for (const n of [1, 2, 3]) {
    const result = await replayed(id, '--max-sequence', String(n));
    t.like(result, { sequence: n, state: { n } });
    const [event] = await database.store().getEvents(id, n, { maxSequence: n });
    t.is(result['timestamp'], event?.timestamp.toString());
  }
  t.like(await replayed(id, '--max-sequence', '0'), { sequence: 0, timestamp: null, state: {} });
  t.like(await replayed(id, '--max-sequence', '4'), { sequence: 3, state: { n: 3 } });
  t.like(await replayed(id, '--max-sequence', '2147483647'), { sequence: 3, state: { n: 3 } });
  t.regex((await maestro(['replay', id.hex, '--max-sequence', '0'])).stdout, /before the first event/);
});

test('--at gives the state after the last event that is not later', async (t) => {
  const at = (hour: number, ms = 0) => new Date(2020, 2, 3, hour, 0, 0, ms).getTime();
  const id = await aStoredHistory([{ n: 1 }, { n: 2 }, { n: 3 }], [at(9), at(10, 1), at(11)]);

  t.like(await replayed(id, '--at', '2020-03-03 08:59'), { sequence: 0, timestamp: null, state: {} });
  t.like(await replayed(id, '--at', '2020-03-03'), { sequence: 0 });
  t.like(await replayed(id, '--at', '2020-03-03 09:00'), { sequence: 1 });
  t.like(await replayed(id, '--at', '2020-03-03 10:00'), { sequence: 1 });
  t.like(await replayed(id, '--at', '2020-03-03 10:00:00.001'), { sequence: 2, state: { n: 2 } });
  t.like(await replayed(id, '--at', new Date(at(11)).toISOString()), { sequence: 3 });
  t.like(await replayed(id, '--at', 'yesterday 14:34'), { sequence: 3 });
});

test('--at stops before the first later event, also when a clock was behind after it', async (t) => {
  const id = await aStoredHistory([{ a: 1 }, { b: 2 }, { c: 3 }], [1_000_000, 5_000_000, 2_000_000]);
  const at = (time: number) => replayed(id, '--at', new Date(time).toISOString());
  t.like(await at(3_000_000), { sequence: 1, state: { a: 1 } });
  t.like(await at(5_000_000), { sequence: 3, state: { a: 1, b: 2, c: 3 } });
});

test('two moments at once, or what is no moment, is wrong usage', async (t) => {
  const id = await aStoredHistory([{ a: 1 }]);
  const both = await maestro(['replay', id.hex, '--max-sequence', '1', '--at', 'now']);
  t.deepEqual([both.code, both.stdout], [2, '']);
  t.regex(both.stderr, /--max and --at both say where to end/);
  for (const argv of [
    ['--max-sequence', '-1'],
    ['--max-sequence', '1.5'],
    ['--max-sequence', 'last'],
    ['--at', 'then'],
  ])
    t.is((await maestro(['replay', id.hex, ...argv])).code, 2, argv.join(' '));
});

test('an unknown aggregate exits 3, whatever moment is asked for', async (t) => {
  for (const argv of [[], ['--max-sequence', '0'], ['--at', 'now']]) {
    const { code, stdout, stderr } = await maestro(['replay', anId().hex, ...argv]);
    t.deepEqual([code, stdout], [3, '']);
    t.regex(stderr, /^error: There is no aggregate/);
  }
});

function env(): Record<string, string> {
  return { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
}

test('missing events are told when bodies are merged, and so is a sequence beyond the last', async (t) => {
  const id = anId();
  const [first = anEvent(), , third = anEvent()] = aHistory(id, 3);
  await database.store().commitEvents([first, third]);
  const { code, stdout, stderr } = await maestro(['replay', id.hex, '--max-sequence', '9', '-o', 'json']);
  t.is(code, 0);
  t.like(JSON.parse(stdout), { sequence: 3, state: { n: 3 } });
  t.regex(stderr, /^warning: Events are missing after event 1, /m);
  t.regex(stderr, /^note: the last sequence is 3, /m);
});
