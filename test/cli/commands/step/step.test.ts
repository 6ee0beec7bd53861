import test from 'ava';
import { runCli } from '../../../support/cli/cli.js';
import { useTestDatabase } from '../../../support/database.js';
import { anEvent, anId } from '../../../support/data/factories.js';
import { aHistoryOf, CHESS_CONFIG, chessGame, type EventPart, FAULTY_CONFIG } from '../../../support/data/histories.js';
import { type PseudoTerminal, type TerminalOptions, usePseudoTerminals } from '../../../support/cli/pseudo-terminal.js';

const database = useTestDatabase(test);
/** Databases whose tables are locked, or gone, in the midst of a test. */
const [locked, broken] = [useTestDatabase(test), useTestDatabase(test)];
const terminals = usePseudoTerminals(test);

const KEY = {
  right: '\u001b[C',
  left: '\u001b[D',
  down: '\u001b[B',
  home: '\u001b[H',
  end: '\u001b[F',
  ctrlC: '\u0003',
};
/** The last line of a screen that waits for a key. */
const KEYS = /q quit$/;

function step(
  id: { readonly hex: string },
  argv: readonly string[] = [],
  { env = {}, ...options }: TerminalOptions = {},
): PseudoTerminal {
  const here = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  return terminals.maestro(['step', id.hex, ...argv], { ...options, env: { ...here, ...env } });
}

/** The terminal after the end: `isClean` when its own screen, its cursor and the editing of lines are back. */
async function left(terminal: PseudoTerminal): Promise<{ code: number; isClean: boolean; screen: string }> {
  const code = await terminal.ended();
  const screen = terminal.screen.join('\n');
  return {
    code,
    isClean:
      !terminal.isAlternate &&
      terminal.isCursorShown &&
      terminal.wraps &&
      terminal.resets === 0 &&
      screen.startsWith('before it\n') &&
      / icanon\b/.test(screen) &&
      / echo\b/.test(screen) &&
      /\bisig\b/.test(screen),
    screen,
  };
}

test('a game is walked through: on and back, to a sequence, to a type, to a time, and with two points compared', async (t) => {
  const id = await aHistoryOf(database.store(), chessGame('immortal-game'));
  const terminal = step(id, ['--config', CHESS_CONFIG]);
  const first = await terminal.shows('event 1 of 47', id.hex, 'chess-game', 'game_started', KEYS);
  t.true(terminal.isAlternate);
  t.false(terminal.isCursorShown);
  t.true(
    first.some((line) => /│ ~ {3}"game": "The Immortal Game" {2}was ""/.test(line)),
    first.join('\n'),
  );

  terminal.press('n');
  const second = await terminal.shows('event 2 of 47', 'move_played', /"san": "e4"/, /\+ {5}"e4"/);
  t.true(
    second.some((line) => /│ ~ {5}"row5": "\. \. \. \. P \. \. \."/.test(line)),
    second.join('\n'),
  );
  terminal.press(KEY.right);
  await terminal.shows('event 3 of 47');
  terminal.press(' ');
  await terminal.shows('event 4 of 47');
  terminal.press(KEY.left);
  await terminal.shows('event 3 of 47');
  terminal.press('p');
  t.deepEqual(await terminal.shows('event 2 of 47', KEYS), second, 'the same as on the way there');
  terminal.press('ph');
  await terminal.shows('before the first event of 47', '(before the first event)', 'nothing changed');
  terminal.press('p');
  await terminal.shows('This is the beginning.');

  terminal.press('g');
  await terminal.shows('Go to sequence or time: █');
  terminal.press('2x\u007f4\r');
  await terminal.shows('event 24 of 47');
  terminal.press('g99\r');
  await terminal.shows('event 47 of 47', 'There is no event 99; 47 is the last one before it.');
  terminal.press('n');
  await terminal.shows('This is the last event.');
  terminal.press('gnever\r');
  await terminal.shows('never is not a sequence or a time');
  terminal.press(KEY.home);
  await terminal.until(
    ([title = '', ...others]) => title.includes('before the first event of 47') && others.at(-2) === '',
  );
  terminal.press('gnow\r');
  await terminal.shows('event 47 of 47');
  terminal.press('g2000-01-01 00:00\r');
  await terminal.shows('before the first event of 47');

  terminal.press('/FINISH\r');
  await terminal.shows('event 47 of 47', 'game_finished', /~ +"turn": null {2}was "black"/, '2 lines changed');
  terminal.press('c');
  await terminal.shows(/~ +"result": "1-0, checkmate" {2}was null/);
  terminal.press('c');
  await terminal.shows(/~ +"turn": null/);
  terminal.press('.');
  await terminal.shows('No other event contains "FINISH" in its type or body.');
  terminal.press('/no such text\r');
  await terminal.shows('No event contains "no such text" in its type or body.');
  terminal.press('/started\r');
  await terminal.shows('event 1 of 47', 'game_started', 'and continued from the first.', 'n/N next/previous "started"');
  terminal.press('/EXF4\r');
  await terminal.shows('event 5 of 47', '"san": "exf4"');
  terminal.press('\u001b');
  await terminal.shows('d compare');
  terminal.press('r');
  await terminal.shows(/│ +8 /, /a b c d e f g h/);
  terminal.press('r');
  await terminal.shows('"game": "The Immortal Game"');

  terminal.press('g2\rm');
  await terminal.shows('event 2 of 47  marked 2', 'Event 2 is marked');
  terminal.press('lld');
  await terminal.shows('event 4 of 47', 'STATE 2 → 4', /"row4": "\. \. \. \. p \. \. \."/);
  terminal.press('c');
  const compared = await terminal.shows(/\+ +"f4"/, /\+ +"e5"/);
  t.false(
    compared.some((line) => /\+ +"e4"/.test(line)),
    'which was there before both',
  );
  terminal.press(KEY.end);
  await terminal.shows('STATE 2 → 47');
  terminal.press('d');
  await terminal.shows('event 47 of 47', 'STATE AFTER IT');
  terminal.press('?');
  await terminal.shows('Keys (press any key', 'the next event', 'removed');
  terminal.press('x');
  await terminal.until((screen) => !screen.join('\n').includes('Keys (press'));

  terminal.press('q');
  t.like(await left(terminal), { code: 0, isClean: true });
  t.is(terminal.scrolled, 0, 'nothing left the screen');
});

test('without a configuration the bodies are merged, and any other point can be compared with', async (t) => {
  const id = await aHistoryOf(
    database.store(),
    [1, 2, 3].map((n) => ({ body: { n, [`k${n}`]: true } })),
  );
  const terminal = step(id, ['--from', '2'], { env: { NO_COLOR: '1' } });
  await terminal.shows('event 2 of 3', 'merged bodies', '~   "n": 2  was 1', KEYS);
  terminal.press('d');
  await terminal.shows('Compare with sequence or time: █');
  terminal.press('last\r');
  const screen = await terminal.shows('STATE 3 → 2', '~   "n": 2  was 3');
  t.true(
    screen.some((line) => /│ - {3}"k3": true/.test(line)),
    screen.join('\n'),
  );
  t.notRegex(terminal.written, /\u001b\[[\d;]*m/, 'no colour was asked for');
  await database.store().commitEvents([anEvent(id, { sequence: 4, body: { n: 4 } })]);
  terminal.press('dG');
  await terminal.shows('event 4 of 4', '~   "n": 4  was 3');
  terminal.press('q');
  t.like(await left(terminal), { code: 0, isClean: true });
});

test('a handler that fails is shown and stepped over, and so are events that are missing', async (t) => {
  const id = await aHistoryOf(database.store(), [
    { type: 'added', body: { by: 1 } },
    { type: 'thrown' },
    { type: 'added', body: { by: 2 }, sequence: 6 },
  ]);
  const terminal = step(id, ['--config', FAULTY_CONFIG]);
  await terminal.shows('event 1 of 6', /~ +"total": 1/);
  terminal.press('n');
  await terminal.shows(
    'event 2 of 6',
    '! The event handler "thrown" of the',
    'boom',
    'The event was skipped',
    /"total": 1/,
  );
  terminal.press('n');
  const after = await terminal.shows('event 6 of 6', '! events 3 to 5 are missing', /~ +"total": 3 {2}was 1/);
  t.false(after.join('\n').includes('handler'));
  terminal.press('q');
  t.like(await left(terminal), { code: 0, isClean: true });
  t.false(terminal.written.includes('\u001b[2Jboom'));
});

test('Ctrl-C leaves the terminal clean and exits 130, and Esc stops the work, also while a question or the database is waited for', async (t) => {
  const id = await aHistoryOf(database.store(), [{}, {}]);
  const waiting = step(id);
  await waiting.shows('event 1 of 2');
  waiting.press('g1');
  await waiting.shows('Go to sequence or time: 1█');
  waiting.press(KEY.ctrlC);
  t.like(await left(waiting), { code: 130, isClean: true });

  const other = await aHistoryOf(locked.store(), [{}, {}]);
  const reading = step(other, [], { env: { MAESTRO_SCHEMA: locked.schema } });
  await reading.shows('event 1 of 2');
  const transaction = await locked.knex.transaction();
  try {
    await transaction.raw(`LOCK TABLE "${locked.schema}".event_log IN ACCESS EXCLUSIVE MODE`);
    reading.press('n');
    await reading.shows('Reading the history; Esc stops this.');
    reading.press('\u001b');
    await reading.shows('event 1 of 2', 'Stopped.');
    reading.press('n');
    await reading.shows('Reading the history; Esc stops this.');
    reading.press(KEY.ctrlC);
    t.like(await left(reading), { code: 130, isClean: true });
  } finally {
    await transaction.rollback();
  }
});

test('being asked to end, and an error, leave the terminal clean too', async (t) => {
  const id = await aHistoryOf(database.store(), [{}, {}]);
  const terminated = step(id);
  await terminated.shows('event 1 of 2', KEYS);
  terminated.terminate();
  t.like(await left(terminated), { code: 143, isClean: true });

  const other = await aHistoryOf(broken.store(), [{}, {}]);
  const failing = step(other, [], { env: { MAESTRO_SCHEMA: broken.schema } });
  await failing.shows('event 1 of 2', KEYS);
  await broken.knex.raw(`ALTER TABLE "${broken.schema}".event_log RENAME TO elsewhere`);
  failing.press('n');
  const { screen, ...rest } = await left(failing);
  t.deepEqual(rest, { code: 2, isClean: true });
  t.regex(screen, /error: /);
});

test('another size is drawn anew without leftovers; one that is too small says so', async (t) => {
  const long = {
    type: '移動'.repeat(20),
    body: { text: '將棋 👩‍🚀 🎭 '.repeat(40), list: Array.from({ length: 60 }, (_, n) => n) },
  };
  const terminal = step(await aHistoryOf(database.store(), [long]));
  const usual = await terminal.shows('event 1 of 1', KEYS);
  for (const [columns, rows] of [
    [132, 43],
    [60, 12],
  ] as const) {
    terminal.resize(columns, rows);
    const screen = await terminal.until(
      (lines) =>
        lines[0]?.includes('event 1 of 1') === true &&
        /q quit/.test(lines[rows - 1] ?? '') &&
        lines.slice(2, rows - 2).every((line) => line.includes('│')),
    );
    t.is(screen.length, rows);
    t.is(screen[rows - 2], '', 'the line for messages');
  }
  terminal.resize(132, 20);
  await terminal.shows(/^▸ EVENTS.*EVENT.*STATE AFTER IT/m, /^▸ 1 /m);
  terminal.resize(40, 20);
  await terminal.shows(/^ {2}EVENT/m, /^▸ STATE AFTER IT/m, /^←.→ step {2}.*\? help {2}q quit$/m);
  terminal.resize(20, 6);
  await terminal.shows(/^▸ STATE AFTER IT/m, /^ event 1 of 1/m);
  terminal.resize(19, 5);
  await terminal.shows('Too small: 20×6 are');
  terminal.resize(1, 1);
  await terminal.until((lines) => lines.length === 1);
  terminal.resize(80, 24);
  t.deepEqual(await terminal.until((lines) => lines.join() === usual.join()), usual);
  t.is(terminal.scrolled, 0);
  terminal.press('q');
  t.like(await left(terminal), { code: 0, isClean: true });
});

test('in 80×24 the halves stand where they should beside any text, and no stored text acts on the terminal', async (t) => {
  const hostile = '\u001b[2J\u001b[H\u001b]0;title\u0007\u009b31m\r\n\u202eforged';
  const texts = [hostile, '將棋'.repeat(9), '👩‍🚀👍🏽🇩🇪❤️'.repeat(6), 'ｆｕｌｌ e\u0301 한국어'.repeat(3), '🎭'.repeat(15)];
  const events: EventPart[] = texts.map((text) => ({
    body: { [[...text].slice(0, 5).join('')]: text, list: [text, { text }] },
  }));
  const id = await aHistoryOf(database.store(), [...events, {}]);
  // Past the store, which would refuse such a type.
  await database.knex.raw(
    `UPDATE "${database.schema}".event_log SET type = ? WHERE aggregate_id = ? AND sequence = 1`,
    [hostile, id.encode()],
  );
  const terminal = step(id);
  for (let sequence = 1; sequence <= texts.length; sequence += 1) {
    const screen = await terminal.shows(`event ${sequence} of ${texts.length + 1}`, KEYS);
    t.is(screen.length, 24);
    for (let row = 2; row < 22; row += 1) t.is(terminal.columnOf('│', row), 33, screen[row]);
    for (const raw of ['\u009b', '\u202e', '\u0007', '\u001b]0', '\u001b[2J\u001b[H\u001b]'])
      t.false(terminal.written.includes(raw));
    terminal.press('n');
  }
  await terminal.shows(`event ${texts.length + 1} of`);
  t.is(terminal.scrolled, 0);
  terminal.press('q');
  t.like(await left(terminal), { code: 0, isClean: true });
});

test('a terminal that does not tell its size is drawn for as the usual one', async (t) => {
  const terminal = step(await aHistoryOf(database.store(), [{}]), [], { before: 'stty cols 0 rows 0' });
  await terminal.shows('event 1 of 1', 'q quit');
  terminal.press('q');
  t.like(await left(terminal), { code: 0, isClean: true });
});

test('without a terminal, for JSON, and for an aggregate that is not there it refuses', async (t) => {
  const id = await aHistoryOf(database.store(), [{}]);
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
  const piped = await runCli(['step', id.hex], { env });
  t.deepEqual([piped.code, piped.stdout], [2, '']);
  t.regex(piped.stderr, /^error: maestro step needs a terminal .*\nhint: See `maestro replay [0-9a-f]{32} --steps`/);
  for (const argv of [['-o', 'json'], ['--no-input'], ['--aggregate', 'nobody']])
    t.like(await runCli(['step', id.hex, ...argv], { env, terminal: 80 }), { code: 2, stdout: '' }, argv.join(' '));
  t.like(await runCli(['step', anId().hex], { env, terminal: 80 }), { code: 3, stdout: '' });
});
