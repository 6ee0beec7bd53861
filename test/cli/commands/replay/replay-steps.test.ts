import { stripVTControlCharacters } from 'node:util';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { applyPatch, type Operation } from 'rfc6902';
import stringWidth from 'string-width';
import { ChessGame } from '../../../../examples/chess/chess-game.js';
import { mergePatch } from '../../../../src/json/compare/merge-patch.js';
import type { JsonValue } from '../../../../src/json/types.js';
import { jsonBodies } from '../../../support/data/arbitraries.js';
import { LEAST_COLUMNS } from '../../../../src/cli/output/terminal.js';
import { type CliOptions, type CliResult, runCli } from '../../../support/cli/cli.js';
import { useTestDatabase } from '../../../support/database.js';
import { anId } from '../../../support/data/factories.js';
import { aHistoryOf, CHESS_CONFIG, chessGame, type EventPart, FAULTY_CONFIG } from '../../../support/data/histories.js';

const database = useTestDatabase(test);

/** A step as it is printed. */
interface PrintedStep {
  readonly aggregateId: string;
  readonly sequence: number;
  readonly timestamp: string;
  readonly type: string;
  readonly patch: Operation[];
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly gapAfter: number | null;
}

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return runCli(argv, { ...options, env: { ...env, ...options.env } });
}

function steps(id: { readonly hex: string }, ...argv: string[]): Promise<CliResult> {
  return maestro(['replay', id.hex, '--steps', ...argv]);
}

async function printed(id: { readonly hex: string }, ...argv: string[]): Promise<PrintedStep[]> {
  return JSON.parse((await steps(id, '-o', 'json', ...argv)).stdout) as PrintedStep[];
}

/** The state that a patch makes of another. */
function patched(state: unknown, patch: readonly Operation[]): unknown {
  const holder = { value: structuredClone(state) };
  const inside = patch.map((operation) => ({ ...operation, path: `/value${operation.path}` }));
  const failures = applyPatch(holder, inside).filter(Boolean);
  if (failures.length > 0) throw new Error('The patch does not fit the state.', { cause: failures[0] });
  return holder.value;
}

testProp(
  'the patch of each step makes the state before the event the one after it',
  [fc.array(jsonBodies(), { minLength: 1, maxLength: 6 })],
  async (t, bodies) => {
    const asJson = JSON.stringify(bodies, (_key, value: unknown) =>
      typeof value === 'bigint' ? Number(value) : value,
    );
    // The library that carries the patches out here passes over these keys.
    fc.pre(!/"(?:__proto__|constructor|prototype)"/.test(asJson));
    const id = await aHistoryOf(
      database.store(),
      bodies.map((body) => ({ body: body })),
    );
    let state: unknown = {};
    const all = await printed(id);
    t.is(all.length, bodies.length);
    for (const [index, body] of (JSON.parse(asJson) as JsonValue[]).entries()) {
      const after = mergePatch(structuredClone(state) as JsonValue, body);
      t.deepEqual(patched(state, all[index]?.patch ?? []), after);
      state = after;
    }
  },
  { numRuns: 12 },
);

test('the patches of a game lead through the states that its own handlers give', async (t) => {
  const game = chessGame('immortal-game');
  const id = await aHistoryOf(database.store(), game);
  const all = await printed(id, '--config', CHESS_CONFIG);
  let state: unknown = ChessGame.initialState();
  for (const [index, { sequence, patch }] of all.entries()) {
    state = patched(state, patch);
    t.is(sequence, index + 1);
    if (![24, 47].includes(sequence)) continue;
    const { stdout } = await maestro([
      ...['replay', id.hex, '--max-sequence', String(sequence)],
      ...['-o', 'json', '--config', CHESS_CONFIG],
    ]);
    t.deepEqual(state, (JSON.parse(stdout) as { state: unknown }).state);
  }
  t.is(all.length, game.length);
});

test('json is a list of steps, ndjson one per line, each with the event that it is of', async (t) => {
  const id = await aHistoryOf(database.store(), [{ type: 'opened', body: { a: 1 } }, { body: {} }]);
  const json = await steps(id, '-o', 'json');
  const ndjson = await steps(id, '-o', 'ndjson');
  const [first, second] = await database.store().getEvents(id, 1);
  t.deepEqual(JSON.parse(json.stdout), [
    {
      aggregateId: id.hex,
      sequence: 1,
      timestamp: first?.timestamp.toString(),
      type: 'opened',
      patch: [{ op: 'add', path: '/a', value: 1 }],
      error: null,
      gapAfter: null,
    },
    {
      aggregateId: id.hex,
      sequence: 2,
      timestamp: second?.timestamp.toString(),
      type: 'happened',
      patch: [],
      error: null,
      gapAfter: null,
    },
  ]);
  t.deepEqual(
    ndjson.stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as unknown),
    JSON.parse(json.stdout),
  );
  for (const { code, stderr } of [json, ndjson]) {
    t.is(code, 0);
    t.regex(stderr, /^note: no aggregate is configured, so the bodies were merged in order/);
  }
  t.is((await steps(id, '-q')).stdout, `${first?.timestamp.toString()}\n${second?.timestamp.toString()}\n`);
});

test('a number is shown to its last digit', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { body: { n: 9007199254740993n } },
    { body: { n: 9007199254740992n } },
  ]);
  t.regex((await steps(id)).stdout, /~ \/n 9007199254740993 → 9007199254740992/);
  t.true((await steps(id, '-o', 'ndjson')).stdout.includes('"value":9007199254740993}'));
});

test('a table says of each event what it added, replaced and removed, or that it changed nothing', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'opened', body: { owner: 'Ada', list: [1] } },
    { body: { owner: 'Bob', list: null } },
    { body: { owner: 'Bob' } },
  ]);
  const times = (await database.store().getEvents(id, 1)).map(({ timestamp }) => timestamp.toString());
  t.is(
    (await steps(id)).stdout,
    [
      `     1  ${times[0]}  opened`,
      '        + /list [1]',
      '        + /owner "Ada"',
      `     2  ${times[1]}  happened`,
      '        - /list [1]',
      '        ~ /owner "Ada" → "Bob"',
      `     3  ${times[2]}  happened`,
      '        (no change)',
      '',
    ].join('\n'),
  );
});

/** A history in which all handlers fail that can, between some that do not. */
const FAULTY: readonly EventPart[] = [
  { type: 'added', body: { by: 1 } },
  { type: 'thrown' },
  { type: 'added', body: { by: 2 } },
  { type: 'mutated' },
  { type: 'constructor' },
  { type: 'unshowable' },
  { type: 'added', body: { by: 4 } },
];

test('handlers that fail are shown and stepped over, and the exit code is 1', async (t) => {
  const id = await aHistoryOf(database.store(), FAULTY);
  const { code, stdout } = await steps(id, '-o', 'ndjson', '--config', FAULTY_CONFIG);
  const all = stdout
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as PrintedStep);
  t.is(code, 1);
  const replaced = (value: number) => [{ op: 'replace', path: '/total', value }];
  t.deepEqual(
    all.map(({ patch, error }) => error?.code ?? patch),
    [
      replaced(1),
      'MAESTRO_HANDLER',
      replaced(3),
      'MAESTRO_HANDLER',
      'MAESTRO_INVALID_HANDLER',
      'MAESTRO_HANDLER',
      'MAESTRO_HANDLER',
    ],
  );
  t.regex(all[1]?.error?.message ?? '', /event handler "thrown" of the aggregate tally at sequence 2/);
  for (const { patch, error } of all) if (error !== null) t.deepEqual(patch, []);

  const table = await steps(id, '--config', FAULTY_CONFIG);
  t.is(table.code, 1);
  t.regex(table.stdout, /^ {8}! The event handler "thrown" .*\\u001b\[2Jboom/m);
  t.regex(table.stderr, /^note: folded by the handlers of tally/);
  t.is((await steps(id, '-q', '--config', FAULTY_CONFIG)).code, 1);
  t.is((await steps(id, '--max-sequence', '1', '--config', FAULTY_CONFIG)).code, 0, 'before the first fault');
});

test('events that are missing are told, also at the beginning, and the exit code is 1', async (t) => {
  const id = await aHistoryOf(database.store(), [{ sequence: 2 }, { sequence: 3 }, { sequence: 7 }]);
  t.deepEqual(
    (await printed(id)).map(({ sequence, gapAfter }) => [sequence, gapAfter]),
    [
      [2, 0],
      [3, null],
      [7, 3],
    ],
  );
  const { code, stdout } = await steps(id);
  t.is(code, 1);
  t.regex(stdout, /! events 4 to 6 are missing\n {5}7 /);
});

test('--min-sequence and --max-sequence choose the steps that are shown, both inclusive; the fold begins at the first', async (t) => {
  const id = await aHistoryOf(
    database.store(),
    Array.from({ length: 300 }, (_, index) => ({ body: { n: index + 1 } })),
  );
  const shown = async (...argv: string[]) => (await printed(id, ...argv)).map(({ sequence }) => sequence);
  t.deepEqual(await shown('--min-sequence', '298'), [298, 299, 300]);
  t.deepEqual(await shown('--max-sequence', '2'), [1, 2]);
  t.deepEqual(await shown('--min-sequence', '7', '--max-sequence', '7'), [7]);
  t.deepEqual(await shown('--max-sequence', '0'), []);
  t.deepEqual(await shown('--min-sequence', '301'), []);
  const [seventh] = await printed(id, '--min-sequence', '7', '--max-sequence', '7');
  t.deepEqual(seventh?.patch, [{ op: 'replace', path: '/n', value: 7 }]);
});

test('wrong usage exits 2, and an aggregate that is not there 3', async (t) => {
  const id = await aHistoryOf(database.store(), [{}]);
  for (const argv of [
    ['--steps', '--min-sequence', '3', '--max-sequence', '2'],
    ['--steps', '--max-sequence', '1', '--at', 'now'],
    ['--steps', '--min-sequence', '0'],
    ['--min-sequence', '1'],
    ['--steps', '--aggregate', 'nobody'],
  ]) {
    const { code, stdout } = await maestro(['replay', id.hex, ...argv]);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
  }
  const unknown = await steps(anId());
  t.deepEqual([unknown.code, unknown.stdout], [3, '']);
});

test('in a terminal every line fits, faults are shown whole, and no stored text acts on it', async (t) => {
  const long = { text: '將棋 👩‍🚀 \u001b[2J\u202e'.repeat(30), ['鍵'.repeat(60)]: 1 };
  const id = await aHistoryOf(database.store(), [{ type: 'added', body: { by: 1 } }, ...FAULTY]);
  const other = await aHistoryOf(database.store(), [
    { type: '移動'.repeat(60), body: long },
    { body: { text: 'x'.repeat(999) } },
  ]);
  for (const columns of [LEAST_COLUMNS, 80])
    for (const argv of [
      ['replay', id.hex, '--steps', '--config', FAULTY_CONFIG],
      ['replay', other.hex, '--steps'],
    ]) {
      const { stdout } = await maestro(argv, { terminal: columns, env: { NO_COLOR: '1' } });
      for (const line of stdout.split('\n')) {
        t.true(stringWidth(line) <= columns, `${columns}: ${line}`);
        t.notRegex(line, /\p{Cc}|\u202e/u);
      }
      if (argv.includes(id.hex)) t.true(stdout.replaceAll(/\s+/g, '').includes('boom'), stdout);
    }
  const { stdout } = await maestro(['replay', other.hex, '--steps'], { terminal: 80 });
  t.not(stripVTControlCharacters(stdout), stdout, 'it has colours');
});
