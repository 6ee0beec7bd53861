import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { applyPatch, type Operation } from 'rfc6902';
import stringWidth from 'string-width';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { mergePatch } from '../../../src/json/compare/merge-patch.js';
import type { JsonValue } from '../../../src/json/types.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';
import { aHistoryOf, CHESS_CONFIG, chessGame, FAULTY_CONFIG } from '../../support/data/histories.js';

const database = useTestDatabase(test);

function diff(
  id: { readonly hex: string },
  a: string,
  b: string,
  argv: readonly string[] = [],
  options: CliOptions = {},
): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['diff', id.hex, a, b, ...argv], { ...options, env: { ...env, ...options.env } });
}

/** Bodies that replace, remove and merge often. */
const bodies = fc.dictionary(
  fc.constantFrom('a', 'b', 'c/~', ''),
  fc.oneof(
    fc.constantFrom(null, 0, 1, 'x', [], [1, 2], [2], {}),
    fc.dictionary(fc.constantFrom('d', 'e'), fc.constantFrom(null, 1, [null]), { noNullPrototype: true }),
  ),
  { maxKeys: 3, noNullPrototype: true },
);

/** A point of a history of some length: a sequence, and how it is written. */
function points(length: number): fc.Arbitrary<{ sequence: number; text: (times: readonly Timestamp[]) => string }> {
  const sequences = fc.nat(length).map((sequence) => ({ sequence, text: () => String(sequence) }));
  const times = fc.integer({ min: 1, max: length });
  return fc.oneof(
    sequences,
    fc.constant({ sequence: length, text: () => 'last' }),
    times.map((sequence) => ({ sequence, text: (all: readonly Timestamp[]) => `${all[sequence - 1]?.toString()}` })),
    times.map((sequence) => ({
      sequence,
      text: (all: readonly Timestamp[]) => new Date(all[sequence - 1]?.time ?? 0).toISOString(),
    })),
  );
}

const LENGTH = 4;

testProp(
  'the JSON Patch makes the state at one point that at the other, whichever comes first; 1 says that they differ',
  [fc.array(bodies, { minLength: LENGTH, maxLength: LENGTH }), points(LENGTH), points(LENGTH), fc.nat(0xffff)],
  async (t, all, a, b, node) => {
    const base = anId();
    const times = all.map((_, index) =>
      Timestamp.of({ time: base.time + index, counter: base.counter, nodeId: base.nodeId ^ BigInt(node) }),
    );
    const id = await aHistoryOf(
      database.store(),
      all.map((body, index) => ({ body, timestamp: times[index] ?? base })),
    );
    const states: JsonValue[] = [{}];
    for (const body of all) states.push(mergePatch(structuredClone(states.at(-1) ?? {}), body));

    const { code, stdout } = await diff(id, a.text(times), b.text(times), ['-o', 'json']);

    // By way of text: a clone would keep one array for two members that share it, and the patch changes arrays in place.
    const holder = JSON.parse(JSON.stringify({ value: states[a.sequence] })) as { value: JsonValue };
    const patch = (JSON.parse(stdout) as Operation[]).map((operation) => ({
      ...operation,
      path: `/value${operation.path}`,
    }));
    t.deepEqual(applyPatch(holder, patch).filter(Boolean), []);
    t.deepEqual(holder.value, states[b.sequence]);
    t.is(code, patch.length > 0 ? 1 : 0);
  },
  { numRuns: 20 },
);

test('points are sequences from 0 on, times, timestamps and "last"', async (t) => {
  const hour = (n: number) => new Date(2020, 2, 3, n).getTime();
  const id = await aHistoryOf(
    database.store(),
    [9, 10, 11].map((n) => ({ body: { n }, timestamp: Timestamp.of({ time: hour(n), nodeId: anId().nodeId }) })),
  );
  const changed = async (a: string, b: string) =>
    ((await diff(id, a, b)).stdout.split('\n').find((line) => /^[~+-] /.test(line)) ?? 'none').trim();
  t.is(await changed('0', '1'), '+ /n 9');
  t.is(await changed('1', '0'), '- /n 9');
  t.is(await changed('2020-03-03 09:30', 'last'), '~ /n 9 → 11');
  t.is(await changed('2020-03-03', 'yesterday 14:34'), '+ /n 11');
  t.is(await changed('2020-03-03 10:00', 'now'), '~ /n 10 → 11');
  t.is(await changed('2020-03-03', '2020-03-04'), '+ /n 11', 'what that day changed');
  t.is(await changed('@0', '2020-03-03 09:59'), '+ /n 9');
  t.is(await changed('last', '3'), 'none');
});

test('a table says what is compared and how the states came about, then each change', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { body: { n: 1, gone: [1] } },
    { body: { n: 2, gone: null, new: 'x' } },
  ]);
  const [first, second] = (await database.store().getEvents(id, 1)).map(({ timestamp }) => timestamp.toString());
  const { code, stdout, stderr } = await diff(id, '1', '2');
  t.deepEqual([code, stderr], [1, '']);
  t.is(
    stdout,
    [
      `aggregate  ${id.hex}`,
      `from       sequence 1, ${first}`,
      `to         sequence 2, ${second}`,
      'state      no aggregate is configured, so the bodies were merged in order (JSON Merge Patch, RFC 7396)',
      'changes    3',
      '',
      '- /gone [1]',
      '+ /new "x"',
      '~ /n 1 → 2',
      '',
    ].join('\n'),
  );
  const equal = await diff(id, '0', '0');
  t.is(equal.code, 0);
  t.regex(equal.stdout, /^from +before the first event\n(.*\n)*changes +none\n$/m);
});

test('-q prints the paths, and states that do not differ print nothing, or an empty list', async (t) => {
  const id = await aHistoryOf(database.store(), [{ body: { n: 1, 'a/b': 1 } }, { body: {} }]);
  t.is((await diff(id, '0', '1', ['-q'])).stdout, '/n\n/a~1b\n');
  t.deepEqual(await diff(id, '1', '2', ['-q']), { code: 0, stdout: '', stderr: '' });
  t.like(await diff(id, '1', '2', ['-o', 'json']), { code: 0, stdout: '[]\n' });
  t.like(await diff(id, '1', '2', ['-o', 'ndjson']), { code: 0, stdout: '' });
  t.is((await diff(id, '0', '1', ['-o', 'ndjson'])).stdout.split('\n').length, 3);
});

test('with handlers the states are those of the application', async (t) => {
  const id = await aHistoryOf(database.store(), chessGame('opera-game'));
  const { code, stdout } = await diff(id, '3', '5', ['--config', CHESS_CONFIG]);
  t.is(code, 1);
  t.regex(stdout, /^state +folded by the handlers of chess-game$/m);
  t.regex(stdout, /^\+ \/moves\/- "Nf3"$/m);
  const json = await diff(id, '0', 'last', ['-o', 'json', '--config', CHESS_CONFIG]);
  t.like(
    (JSON.parse(json.stdout) as Operation[]).find(({ path }) => path === '/result'),
    {
      op: 'replace',
      value: '1-0, checkmate',
    },
  );
});

test('a handler that fails before one of the points is an error that names it; after them it is not run', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'added', body: { by: 1 } },
    { type: 'added', body: { by: 2 } },
    { type: 'thrown' },
  ]);
  t.is((await diff(id, '1', '2', ['--config', FAULTY_CONFIG])).code, 1);
  const { code, stdout, stderr } = await diff(id, '1', 'last', ['--config', FAULTY_CONFIG]);
  t.deepEqual([code, stdout], [1, '']);
  t.regex(stderr, /^error: The event handler "thrown" of the aggregate tally at sequence 3/);
  t.is((await diff(id, '9', '9', ['--config', FAULTY_CONFIG])).code, 3, 'what is not there is told first');
});

test('a sequence beyond the last, and an aggregate that is not there, exit 3', async (t) => {
  const id = await aHistoryOf(database.store(), [{}, {}]);
  for (const [a, b] of [
    ['1', '3'],
    ['3', '1'],
    ['2147483647', 'last'],
  ] as const) {
    const { code, stdout, stderr } = await diff(id, a, b);
    t.deepEqual([code, stdout], [3, '']);
    t.regex(stderr, /^error: The aggregate's last sequence is 2, so there is no state at \d+\.\nhint: Write "last"/);
  }
  t.like(await diff(anId(), '1', '2'), { code: 3, stdout: '' });
});

test('what is no point is wrong usage', async (t) => {
  for (const text of ['first', '-1', '1.5', '2147483648', '', '2026-02-30', 'Last'])
    t.like(await diff(anId(), '1', text), { code: 2, stdout: '' }, text);
  const json = await diff(anId(), 'then', '1', ['-o', 'json']);
  t.is((JSON.parse(json.stderr) as { error: { code: string } }).error.code, 'MAESTRO_USAGE');
});

test('a time at which a clock ran backwards warns, for each of the points', async (t) => {
  const { nodeId } = anId();
  const times = [1, 5, 2, 9, 3].map((second) => Timestamp.of({ time: second * 1000, nodeId }));
  const id = await aHistoryOf(
    database.store(),
    times.map((timestamp, index) => ({ timestamp, body: { n: index } })),
  );
  const at = (second: number) => new Date(second * 1000).toISOString();
  const warnings = async (a: string, b: string) =>
    (await diff(id, a, b)).stderr.match(/warning: .*? after event \d;/g)?.map((text) => /\d(?=;)/.exec(text)?.[0]);
  t.deepEqual(await warnings(at(3), 'last'), ['1']);
  t.deepEqual(await warnings(at(3), at(6)), ['1', '3']);
  t.is(await warnings('1', '3'), undefined);
  t.is(await warnings(at(0), at(9)), undefined);
});

test('in a terminal every line fits, and no stored text acts on it', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { body: { text: '\u001b[2J\u202e將棋 👩‍🚀'.repeat(30), '\u001b]0;x\u0007': 1 } },
    { body: { text: 'x'.repeat(500) } },
  ]);
  for (const columns of [30, 80, 130])
    for (const argv of [[], ['-q']]) {
      const { stdout } = await diff(id, '1', '2', argv, { terminal: columns, env: { NO_COLOR: '1' } });
      for (const line of stdout.split('\n')) {
        t.true(stringWidth(line) <= columns, `${columns}: ${line}`);
        t.notRegex(line, /\p{Cc}|\u202e/u);
      }
    }
  const { stdout } = await diff(id, '0', 'last');
  t.true(stdout.includes('x'.repeat(500)), 'piped, in full');
  t.notRegex(stdout.replaceAll('\n', ''), /\p{Cc}/u);
});
