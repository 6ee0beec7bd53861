import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { mergePatch } from '../../../src/json/compare/merge-patch.js';
import type { JsonValue } from '../../../src/json/types.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { useTestDatabase } from '../../support/database.js';
import { anId } from '../../support/data/factories.js';
import { aHistoryOf, CHESS_CONFIG, chessGame, FAULTY_CONFIG } from '../../support/data/histories.js';

const database = useTestDatabase(test);

function bisect(
  id: { readonly hex: string },
  where: string,
  argv: readonly string[] = [],
  options: CliOptions = {},
): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(['bisect', id.hex, '--where', where, ...argv], { ...options, env: { ...env, ...options.env } });
}

/** After which sequences it holds, and after which it holds no more. */
async function turns(id: { readonly hex: string }, where: string, ...argv: string[]): Promise<[number, boolean][]> {
  const { stdout } = await bisect(id, where, ['-o', 'json', ...argv]);
  return (JSON.parse(stdout) as { sequence: number; holds: boolean }[]).map(({ sequence, holds }) => [sequence, holds]);
}

interface State {
  readonly n?: unknown;
  readonly tags?: unknown;
}

/** Paths, and what they ask, in words that PostgreSQL has no part in. */
const PATHS: readonly (readonly [path: string, holds: (state: State) => boolean])[] = [
  ['$.n > 1', ({ n }) => typeof n === 'number' && n > 1],
  ['$.n', (state) => 'n' in state && state.n !== false],
  ['!exists($.n)', (state) => !('n' in state)],
  ['$.tags[*] ? (@ == "x")', ({ tags }) => tags === 'x' || (Array.isArray(tags) && tags.includes('x'))],
  [
    '$.n == 0 || $.tags == "x"',
    ({ n, tags }) => n === 0 || tags === 'x' || (Array.isArray(tags) && tags.includes('x')),
  ],
];

const bodies = fc.record(
  { n: fc.constantFrom(null, false, 0, 1, 2, 3, 'two'), tags: fc.constantFrom(null, 'x', ['x'], ['y'], ['y', 'x']) },
  { requiredKeys: [], noNullPrototype: true },
);

testProp(
  'the turns are those of looking at the state after every event',
  [fc.array(bodies, { minLength: 1, maxLength: 8 }), fc.constantFrom(...PATHS)],
  async (t, all, [path, holds]) => {
    const id = await aHistoryOf(
      database.store(),
      all.map((body) => ({ body })),
    );
    const states: JsonValue[] = [{}];
    for (const body of all) states.push(mergePatch(structuredClone(states.at(-1) ?? {}), body));
    const naive = states.map((state) => holds(state as State));
    const expected = naive.flatMap((held, sequence): [number, boolean][] =>
      held === (naive[sequence - 1] ?? false) ? [] : [[sequence, held]],
    );
    if (expected.length === 0) t.like(await bisect(id, path), { code: 3, stdout: '' });
    else t.deepEqual(await turns(id, path), expected, path);
  },
  { numRuns: 20 },
);

test('a long history is looked at whole, in one pass', async (t) => {
  const length = 2500;
  const id = await aHistoryOf(
    database.store(),
    Array.from({ length }, (_, index) => ({ body: { n: index + 1 } })),
  );
  t.deepEqual(await turns(id, '$.n > 2100'), [[2101, true]]);
  t.deepEqual(
    await turns(id, '$.n % 2 == 1'),
    Array.from({ length }, (_, index) => [index + 1, index % 2 === 0]),
  );
});

test('json is a list of turns, ndjson one per line, and a table says the same', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'opened', body: { n: 1 } },
    { body: { n: 0 } },
    { body: { n: 5 } },
  ]);
  const [first, second, third] = (await database.store().getEvents(id, 1)).map(({ timestamp }) => timestamp.toString());
  const expected = [
    { aggregateId: id.hex, sequence: 1, timestamp: first, type: 'opened', holds: true },
    { aggregateId: id.hex, sequence: 2, timestamp: second, type: 'happened', holds: false },
    { aggregateId: id.hex, sequence: 3, timestamp: third, type: 'happened', holds: true },
  ];
  const json = await bisect(id, '$.n > 0', ['-o', 'json']);
  t.deepEqual([json.code, JSON.parse(json.stdout)], [0, expected]);
  t.regex(json.stderr, /^note: no aggregate is configured, so the bodies were merged in order/);
  const ndjson = await bisect(id, '$.n > 0', ['-o', 'ndjson']);
  t.deepEqual(
    ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    expected,
  );
  t.is((await bisect(id, '$.n > 0', ['-q'])).stdout, `${first}\n${second}\n${third}\n`);
  t.is(
    (await bisect(id, '$.n > 0')).stdout,
    [
      `SEQUENCE  ${'TIMESTAMP'.padEnd(46)}  TYPE      HOLDS`,
      `       1  ${first}  opened    yes`,
      `       2  ${second}  happened  no`,
      `       3  ${third}  happened  yes`,
      '',
    ].join('\n'),
  );
});

test('what holds before the first event does so at sequence 0', async (t) => {
  const id = await aHistoryOf(database.store(), [{ body: { n: 1 } }]);
  const { stdout } = await bisect(id, '!exists($.n)', ['-o', 'json']);
  t.like((JSON.parse(stdout) as unknown[])[0], { sequence: 0, timestamp: null, type: null, holds: true });
  t.deepEqual(await turns(id, '!exists($.n)'), [
    [0, true],
    [1, false],
  ]);
  t.regex((await bisect(id, '!exists($.n)')).stdout, /^ +0 .*\(before the first event\) +yes$/m);
});

test('with handlers it is the state of the application that is looked at', async (t) => {
  const id = await aHistoryOf(database.store(), chessGame('immortal-game'));
  const chess = ['--config', CHESS_CONFIG];
  t.deepEqual(await turns(id, '$.moves.size() >= 10', ...chess), [[11, true]]);
  t.deepEqual(await turns(id, '$.result like_regex "checkmate"', ...chess), [[47, true]]);
  t.deepEqual((await turns(id, '$.turn == "white"', ...chess)).slice(0, 3), [
    [1, true],
    [2, false],
    [3, true],
  ]);
  t.deepEqual((await turns(id, '$.check == true')).slice(0, 2), [
    [7, true],
    [8, false],
  ]);
  t.is((await bisect(id, '$.check == true', chess)).code, 3, 'which the handlers do not keep');
});

test('what never holds exits 3 and says so', async (t) => {
  const id = await aHistoryOf(database.store(), [{}, {}]);
  const { code, stdout, stderr } = await bisect(id, '$.balance < 0');
  t.deepEqual([code, stdout], [3, '']);
  t.regex(stderr, /error: \$\.balance < 0 never holds in the 2 events of /);
  t.regex(stderr, /hint: The state was made by merging bodies, .* Is --config missing, or are you in another folder/);
  const config = ['--config', CHESS_CONFIG];
  t.regex(
    (await bisect(id, '$.balance < 0', config)).stderr,
    /hint: The state was made by merging bodies, .* Is --aggregate missing\?/,
  );
  const own = await aHistoryOf(database.store(), chessGame('immortal-game'));
  t.regex((await bisect(own, '$.balance < 0', config)).stderr, /\nhint: See the state with/);
  const json = await bisect(id, '$.balance < 0', ['-o', 'json', '-q']);
  t.like((JSON.parse(json.stderr) as { error: object }).error, { code: 'MAESTRO_NOT_FOUND' });
  t.like(await bisect(anId(), '$.n'), { code: 3, stdout: '' });
});

test('what is no jsonpath exits 2 with what PostgreSQL says of it', async (t) => {
  const id = await aHistoryOf(database.store(), [{}]);
  for (const path of ['$.n =', '', 'balance < 0', "$.n == 'x'", '$.n > $limit)', '$[']) {
    const { code, stdout, stderr } = await bisect(id, path, ['-o', 'json', '-q']);
    t.deepEqual([code, stdout], [2, ''], path);
    t.like((JSON.parse(stderr) as { error: object }).error, { code: 'MAESTRO_INVALID_JSON_PATH' }, path);
  }
  t.regex((await bisect(id, '$.n =')).stderr, /error: "\$\.n =" is not a jsonpath: .*\nhint: Write it like/);
});

test('a handler that fails, and events that are missing, are told and stepped over', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'added', body: { by: 3 } },
    { type: 'thrown' },
    { type: 'added', body: { by: 3 }, sequence: 5 },
  ]);
  const { code, stdout, stderr } = await bisect(id, '$.total > 4', ['-o', 'json', '--config', FAULTY_CONFIG]);
  t.is(code, 0);
  t.like((JSON.parse(stdout) as unknown[])[0], { sequence: 5, holds: true });
  t.regex(stderr, /warning: Event 2 was skipped: The event handler "thrown" .*\\u001b/);
  t.regex(
    stderr,
    /warning: Events are missing after event 2, so later states may be wrong; see `maestro verify\b.*`\./,
  );
});

test('states that JSON of PostgreSQL cannot hold do not end it', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'added', body: { by: 3 } },
    { type: 'endless' },
    { type: 'added', body: { by: 4 } },
  ]);
  t.deepEqual(await turns(id, '$.total == 3', '--config', FAULTY_CONFIG), [
    [1, true],
    [2, false],
  ]);
});
