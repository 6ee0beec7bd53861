import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
/** A server that nobody reaches: what is refused on it with exit 2 was refused before any database was opened. */
const NOWHERE = { MAESTRO_DATABASE_URL: 'postgres://nobody@127.0.0.1:1/nowhere' };

function maestro(argv: readonly string[], { env, ...options }: CliOptions = {}): Promise<CliResult> {
  const here = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(argv, { cwd: folder, env: { ...here, ...env }, ...options });
}

async function historyOf(id: string): Promise<{ sequence: number; timestamp: string; type: string; body: unknown }[]> {
  const { stdout } = await maestro(['events', id, '-o', 'json']);
  return stdout === '' ? [] : JSON.parse(stdout);
}

function aFile(content: string | Uint8Array): string {
  const name = `${anId().hex}.ndjson`;
  writeFileSync(join(folder, name), content);
  return name;
}

test('append new makes an aggregate and prints its id and sequence', async (t) => {
  const { code, stdout, stderr } = await maestro(['append', 'new', '--type', 'opened', '--body', '{"owner": "Ada"}']);

  t.deepEqual([code, stderr], [0, '']);
  const [, id = ''] = /^aggregate {2}([0-9a-f]{32})\nsequence {3}1\n$/.exec(stdout) ?? [];
  t.like(await historyOf(id), [{ sequence: 1, type: 'opened', body: { owner: 'Ada' } }]);
});

test('with json it prints the id and every sequence, with -q only the id', async (t) => {
  const file = aFile('{"type":"a","body":{}}\n{"type":"b","body":{}}\n');
  const id = anId().hex;

  const json = await maestro(['append', id, '--file', file, '-o', 'json']);
  t.is(json.stdout, `{"aggregateId":"${id}","sequences":[1,2]}\n`);
  t.is(
    (await maestro(['append', id, '--file', file, '-o', 'ndjson'])).stdout,
    `{"aggregateId":"${id}","sequences":[3,4]}\n`,
  );
  t.is((await maestro(['append', id, '--file', file])).stdout, `aggregate  ${id}\nsequences  5 to 6\n`);
  t.is((await maestro(['append', id, '--file', file, '-q'])).stdout, `${id}\n`);
});

test('every form of an id names the same aggregate', async (t) => {
  const id = anId();
  const uuid = id.hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
  for (const form of [id.hex, id.hex.toUpperCase(), `\\x${id.hex}`, uuid, id.toString()])
    t.is((await maestro(['append', form, '--type', 'a', '--body', '{}', '-q'])).stdout, `${id.hex}\n`);
  t.is((await historyOf(id.hex)).length, 5);
});

test('the lines of a file become one history, in order, with empty lines and both line ends', async (t) => {
  const id = anId().hex;
  const file = aFile('\n{"type":"a","body":{"n":1}}\r\n\n  {"body":{"n":2},"type":"b"}  \n{"type":"c","body":{}}');

  t.is((await maestro(['append', id, '--file', file])).code, 0);

  t.like(await historyOf(id), [
    { sequence: 1, type: 'a', body: { n: 1 } },
    { sequence: 2, type: 'b', body: { n: 2 } },
    { sequence: 3, type: 'c', body: {} },
  ]);
});

test('--file - reads standard input', async (t) => {
  const id = anId().hex;
  const stdin = '{"type":"a","body":{"text":"Grüße 👋"}}\n{"type":"b","body":{}}\n';

  t.is((await maestro(['append', id, '--file', '-'], { stdin })).code, 0);

  t.like(await historyOf(id), [{ type: 'a', body: { text: 'Grüße 👋' } }, { type: 'b' }]);
});

test('--file - says in a terminal what it waits for, and refuses to with --no-input', async (t) => {
  const stdin = '{"type":"a","body":{}}\n';
  const argv = ['append', 'new', '--file', '-'];

  const waiting = await maestro(argv, { stdin, terminal: 80 });
  t.is(waiting.code, 0);
  t.regex(waiting.stderr, /reading from the terminal; end with Ctrl-D/);

  const refused = await maestro([...argv, '--no-input'], { stdin, terminal: 80, env: NOWHERE });
  t.is(refused.code, 2);
  t.regex(refused.stderr, /^error: .*--no-input.*\nhint: Pipe the input in/);

  t.is((await maestro([...argv, '--no-input'], { stdin })).code, 0, 'piped input needs nobody who types');
});

test('timestamps increase within the commit and are later than the aggregate’s last, also when that is ahead', async (t) => {
  const id = anId();
  const ahead = Timestamp.of({ time: Date.now() + 120_000, counter: 7 });
  await database.store().commitEvents([anEvent(id, { timestamp: ahead })]);

  t.is(
    (await maestro(['append', id.hex, '--file', aFile('{"type":"a","body":{}}\n{"type":"b","body":{}}\n')])).code,
    0,
  );

  const times = (await historyOf(id.hex)).map(({ timestamp }) => Timestamp.parse(timestamp).hex);
  t.is(times.length, 3);
  t.deepEqual(times, [...new Set(times)].sort());
});

test('an aggregate whose last event lies ten minutes ahead is refused and left as it is', async (t) => {
  const id = anId();
  const ahead = Timestamp.of({ time: Date.now() + 600_000 });
  await database.store().commitEvents([anEvent(id, { timestamp: ahead })]);

  const { code, stdout, stderr } = await maestro(['append', id.hex, '--type', 'a', '--body', '{}']);

  t.deepEqual([code, stdout], [5, '']);
  t.regex(
    stderr,
    new RegExp(
      `^error: Event 1 of ${id.hex}: its timestamp .* is [\\d.]+ minutes ahead of this machine's clock; at most 5 minutes`,
    ),
  );
  t.regex(stderr, /^hint: Compare the clocks.*--max-drift/m);
  t.true(stderr.includes(ahead.toString()));
  t.is((await historyOf(id.hex)).length, 1);
});

test('--max-drift appends after an event that is further ahead, right behind it, and says what that costs', async (t) => {
  const id = anId();
  const ahead = Timestamp.of({ time: Date.now() + 365 * 86_400_000, counter: 5 });
  await database.store().commitEvents([anEvent(id, { timestamp: ahead })]);
  const append = (...options: string[]) => maestro(['append', id.hex, '--type', 'a', '--body', '{}', ...options]);

  t.is((await append('--max-drift', '31000000')).code, 5);
  const { code, stderr } = await append('--max-drift', '31536000');

  t.is(code, 0, stderr);
  t.regex(
    stderr,
    new RegExp(
      `^warning: The last event of ${id.hex} is now 364\\.9 days in the future\\. Until then, everybody who appends to this aggregate has to allow that much drift`,
    ),
  );
  const [, second] = await historyOf(id.hex);
  t.is(Timestamp.parse(second?.timestamp ?? '').time, ahead.time);
  t.is((await append()).code, 5);
  t.is((await append('--max-drift', '1.5')).code, 2);
});

test('an event far ahead that a later one has overtaken does not keep anybody from appending', async (t) => {
  const id = anId();
  const ahead = Timestamp.of({ time: Date.now() + 365 * 86_400_000, counter: 6 });
  await database.store().commitEvents([anEvent(id, { timestamp: ahead }), anEvent(id, { sequence: 2 })]);
  const { code, stderr } = await maestro(['append', id.hex, '--type', 'a', '--body', '{}']);
  t.deepEqual([code, stderr], [0, '']);
  const [, second, third] = await historyOf(id.hex);
  t.true((third?.timestamp ?? '') > (second?.timestamp ?? '') && (third?.timestamp ?? '') < ahead.toString());
});

test('--expect appends when it names the last sequence', async (t) => {
  const id = anId().hex;
  const append = (expect: number) =>
    maestro(['append', id, '--type', 'a', '--body', '{}', '--expect', String(expect), '-o', 'json']);

  t.is((await append(0)).stdout, `{"aggregateId":"${id}","sequences":[1]}\n`);
  t.is((await append(1)).stdout, `{"aggregateId":"${id}","sequences":[2]}\n`);
  t.is((await maestro(['append', 'new', '--type', 'a', '--body', '{}', '--expect', '0'])).code, 0);
});

test('--expect with another sequence than the last writes nothing', async (t) => {
  const id = anId().hex;
  const append = (...argv: string[]) => maestro(['append', id, '--type', 'a', '--body', '{}', ...argv]);
  await append();
  await append();

  for (const wrong of ['0', '1', '3', '2147483647']) {
    const { code, stdout, stderr } = await append('--expect', wrong);
    t.deepEqual([code, stdout], [5, '']);
    t.true(stderr.includes(`expected to be ${wrong}, but it is 2; nothing was committed`), stderr);
  }
  t.is((await historyOf(id)).length, 2);
});

test('writers at the same time all append, without a gap', async (t) => {
  const id = anId().hex;
  const file = aFile('{"type":"a","body":{}}\n{"type":"b","body":{}}\n');
  const writers = Array.from({ length: 8 }, () => maestro(['append', id, '--file', file]));

  t.deepEqual(
    (await Promise.all(writers)).map(({ code }) => code),
    Array(8).fill(0),
  );

  const history = await historyOf(id);
  t.deepEqual(
    history.map(({ sequence }) => sequence),
    Array.from({ length: 16 }, (_, index) => index + 1),
  );
  for (let index = 0; index < 16; index += 2)
    t.deepEqual([history[index]?.type, history[index + 1]?.type], ['a', 'b'], 'a commit lies together');
});

test('an aggregate without room for another sequence is refused', async (t) => {
  const id = anId();
  await database.store().commitEvents([anEvent(id, { sequence: 2_147_483_647 })]);
  const { code, stderr } = await maestro(['append', id.hex, '--type', 'a', '--body', '{}']);
  t.is(code, 2);
  t.regex(stderr, /no room/);
});

const GOOD = '{"type":"a","body":{}}';
const BAD_LINES: Readonly<Record<string, readonly [line: string, complaint: RegExp]>> = {
  'no JSON': ['{"type":"a","body":{}', /is not valid JSON/],
  'an array': ['[1]', /is not a JSON object/],
  'a key that is neither type nor body': ['{"type":"a","body":{},"sequence":9}', /the unknown key "sequence"/],
  'a key __proto__': ['{"type":"a","body":{},"__proto__":{}}', /the unknown key "__proto__"/],
  'no type': ['{"body":{}}', /no "type"/],
  'a type that is no string': ['{"type":5,"body":{}}', /no "type", or one that is not a string/],
  'no body': ['{"type":"a"}', /no "body"/],
  'a body that is a list': ['{"type":"a","body":[]}', /"body", or one that is not an object/],
  'a body that is a number': ['{"type":"a","body":1.5}', /"body", or one that is not an object/],
  'a body that is null': ['{"type":"a","body":null}', /"body", or one that is not an object/],
  'one key twice': ['{"type":"a","body":{"x":1,"x":2}}', /"x" occurs twice/],
  'one type twice': ['{"type":"a","type":"b","body":{}}', /"type" occurs twice/],
  'a body that PostgreSQL cannot store': ['{"type":"a","body":{"x":"\\u0000"}}', /body\.x contains U\+0000/],
  'a type that the log cannot keep': ['{"type":"","body":{}}', /type is empty/],
};

for (const [name, [line, complaint]] of Object.entries(BAD_LINES)) {
  test(`a line with ${name} is named, and nothing is written`, async (t) => {
    const content = [GOOD, '', line, GOOD].join('\n');
    const id = anId().hex;
    for (const [argv, input] of [
      [['--file', aFile(content)], {}],
      [['--file', '-'], { stdin: content }],
    ] as const) {
      const { code, stdout, stderr } = await maestro(['append', id, ...argv], { env: NOWHERE, ...input });
      t.deepEqual([code, stdout], [2, '']);
      t.regex(stderr, complaint);
      t.regex(stderr, /^error: .*\bline 3\b/);
    }
    await maestro(['append', id, '--file', aFile(content)]);
    t.is((await maestro(['events', id])).code, 3);
  });
}

test('input that holds no events, cannot be read or is not UTF-8 is refused', async (t) => {
  for (const [file, complaint] of [
    [aFile(''), /contains no events/],
    [aFile(' \n\r\n'), /contains no events/],
    [aFile(Buffer.from('{"type":"a","body":{"t":"\xe9"}}\n', 'latin1')), /is not UTF-8/],
    ['missing.ndjson', /cannot be read: ENOENT/],
    ['.', /cannot be read: EISDIR/],
  ] as const) {
    const { code, stdout, stderr } = await maestro(['append', 'new', '--file', file], { env: NOWHERE });
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, complaint);
    t.true(stderr.includes(file));
  }
  const { code, stderr } = await maestro(['append', 'new', '--file', '-'], { env: NOWHERE });
  t.is(code, 2);
  t.regex(stderr, /Standard input contains no events/);
});

test('a file that begins with a byte order mark is read without it', async (t) => {
  const { code, stdout } = await maestro(['append', 'new', '--file', aFile(`\ufeff${GOOD}\n`), '-q']);
  t.is(code, 0);
  t.like(await historyOf(stdout.trim()), [{ type: 'a' }]);
});

const BAD_BODIES: Readonly<Record<string, readonly [body: string, complaint: RegExp]>> = {
  'no JSON': ['{amount: 5}', /not valid JSON/],
  'an empty text': ['', /not valid JSON/],
  'a list': ['[]', /not a JSON object/],
  'a string': ['"text"', /not a JSON object/],
  'a number': ['12345678901234567890', /not a JSON object/],
  'U+0000 in a string': ['{"a":["x\\u0000"]}', /body\.a\[0\] contains U\+0000/],
  'U+0000 in a key': ['{"x\\u0000":1}', /body has a key that contains U\+0000/],
  'a lone surrogate': ['{"a":"\\ud83d"}', /body\.a contains a lone surrogate/],
  '501 levels': [`{"a":${'['.repeat(500)}${']'.repeat(500)}}`, /nested deeper than 500/],
  'a hundred thousand levels': [`{"a":${'['.repeat(1e5)}${']'.repeat(1e5)}}`, /nested too deeply/],
  'one key twice': ['{"a":1,"a":2}', /"a" occurs twice/],
  'one key twice, deep inside': ['{"a":[{"b":null,"b":0}]}', /"b" occurs twice/],
  'negative zero': ['{"a":-0}', /negative zero/],
  'more digits than PostgreSQL keeps': ['{"a":1e131073}', /more digits/],
};

for (const [name, [body, complaint]] of Object.entries(BAD_BODIES)) {
  test(`a body with ${name} is refused before the database is opened`, async (t) => {
    const { code, stdout, stderr } = await maestro(['append', 'new', '--type', 'a', '--body', body], { env: NOWHERE });
    t.deepEqual([code, stdout], [2, '']);
    t.regex(stderr, complaint);
  });
}

test('500 levels, and a key that names a prototype, are kept as they are', async (t) => {
  for (const body of [
    `{"a": ${'['.repeat(499)}${']'.repeat(499)}}`,
    '{"__proto__": {"polluted": true}, "constructor": {"prototype": {}}}',
  ]) {
    const { stdout } = await maestro(['append', 'new', '--type', 'a', '--body', body, '-q']);
    const [line = ''] = (await maestro(['events', stdout.trim(), '-o', 'ndjson'])).stdout.split('\n');
    t.deepEqual(JSON.parse(line).body, JSON.parse(body));
  }
  t.false('polluted' in {});
});

test('a type that the log cannot keep is refused before the database is opened', async (t) => {
  for (const [type, complaint] of [
    ['', /type is empty/],
    ['x '.repeat(2), /type ends with a space/],
    ['a\u001b[2J', /type contains a control character/],
    ['x'.repeat(257), /longer than 256/],
  ] as const) {
    const { code, stderr } = await maestro(['append', 'new', '--type', type, '--body', '{}'], { env: NOWHERE });
    t.is(code, 2);
    t.regex(stderr, complaint);
  }
  t.is((await maestro(['append', 'new', '--type', '👍'.repeat(256), '--body', '{}'])).code, 0);
});

test('the event is given with --type and --body or with --file, not with parts of both', async (t) => {
  const file = aFile(GOOD);
  for (const argv of [
    [],
    ['--type', 'a'],
    ['--body', '{}'],
    ['--file', file, '--type', 'a'],
    ['--file', file, '--body', '{}'],
    ['--file', file, '--type', 'a', '--body', '{}'],
  ]) {
    const { code, stdout, stderr } = await maestro(['append', 'new', ...argv], { env: NOWHERE });
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, /--file/);
  }
});

test('an id without events begins a history, which is said, since it may be mistyped', async (t) => {
  const id = anId();
  const argv = ['append', id.hex, '--type', 'opened', '--body', '{}'];
  const first = await maestro(argv);
  t.is(first.code, 0);
  t.regex(first.stderr, new RegExp(`^note: ${id.hex} had no events`));
  t.is((await maestro(argv)).stderr, '');
  t.is((await maestro(['append', anId().hex, '--expect', '0', '--type', 'opened', '--body', '{}'])).stderr, '');
});
