import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import test from 'ava';
import { Chess } from 'chess.js';
import { scenario } from 'maestro-store/testing';
import { ChessGame } from '../../examples/chess/chess-game.js';
import { mergePatch } from '../../src/json/compare/merge-patch.js';
import type { JsonValue } from '../../src/json/types.js';
import { runCli } from '../support/cli/cli.js';
import { useTestDatabase } from '../support/database.js';
import { anId } from '../support/data/factories.js';

interface ChessEvent {
  readonly type: string;
  readonly body: Readonly<Record<string, unknown>>;
}

/** The board after a half-move. */
interface Position {
  readonly position: string;
  readonly board: Readonly<Record<string, string>>;
}

const examples = fileURLToPath(new URL('../../examples/chess/', import.meta.url));
const database = useTestDatabase(test);
const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema };
const games = new Map(
  readdirSync(examples)
    .filter((file) => file.endsWith('.ndjson'))
    .map((file) => [file, eventsOf(file)]),
);

test('there are at least five games', (t) => {
  t.true(games.size >= 5);
});

for (const [file, events] of games) {
  test(`${file} is a complete game in which every move is legal`, (t) => {
    const chess = new Chess();
    const [first, ...others] = events;
    const last = others.pop();
    t.like(first, {
      type: 'game_started',
      body: { position: chess.fen(), board: positionOf(chess).board, turn: 'white' },
    });
    for (const name of ['game', 'white', 'black']) t.is(typeof first?.body[name], 'string');

    for (const [index, { type, body }] of others.entries()) {
      const number = chess.moveNumber();
      const { san, from, to, promotion, color, captured } = chess.move(String(body['san']), { strict: true });
      t.is(type, 'move_played');
      t.like(body, {
        ply: index + 1,
        move: number,
        by: color === 'w' ? 'white' : 'black',
        turn: color === 'w' ? 'black' : 'white',
        san,
        from,
        to,
        captured: captured === undefined ? null : color === 'w' ? captured : captured.toUpperCase(),
        promotion: promotion === undefined ? null : color === 'w' ? promotion.toUpperCase() : promotion,
        check: chess.isCheck(),
        position: chess.fen(),
      });
    }

    const loser = chess.turn() === 'w' ? 'black' : 'white';
    t.is(last?.type, 'game_finished');
    t.true(['1-0', '0-1', '1/2-1/2'].includes(String(last?.body['result'])));
    t.is(last?.body['reason'] === 'checkmate', chess.isCheckmate());
    if (chess.isCheckmate()) t.is(last?.body['winner'], loser);
  });

  test(`merging the events of ${file} gives the position after every half-move`, (t) => {
    let state: JsonValue = {};
    for (const [ply, position] of positionsOf(events).entries()) {
      state = mergePatch(state, events[ply]?.body as JsonValue);
      t.like(state, position, `after half-move ${ply}`);
    }
  });
}

test('from-pgn.mjs makes the file of a game again', (t) => {
  const argv = [join(examples, 'from-pgn.mjs'), join(examples, 'pgn/immortal-game.pgn')];
  const made = execFileSync(process.execPath, argv, { encoding: 'utf8' });
  t.is(made, readFileSync(join(examples, 'immortal-game.ndjson'), 'utf8'));
});

test('a game that was appended can be looked at as it stood after any half-move', async (t) => {
  const maestro = (...argv: string[]) => runCli(argv, { env });
  for (const [file, sequences] of [
    ['immortal-game.ndjson', [2, 46]],
    ['opera-game.ndjson', [1, 34]],
  ] as const) {
    const events = games.get(file) ?? [];
    const id = anId().hex;

    const appended = await maestro('append', id, '--file', join(examples, file), '-o', 'json');
    t.is(appended.code, 0, appended.stderr);
    t.deepEqual(
      JSON.parse(appended.stdout).sequences,
      events.map((_, index) => index + 1),
    );

    const positions = positionsOf(events);
    for (const sequence of sequences) {
      const { stdout } = await maestro('replay', id, '--max-sequence', String(sequence), '-o', 'json');
      t.like(JSON.parse(stdout), { aggregateId: id, sequence, state: positions[sequence - 1] });
    }
  }
});

test('with the game as an aggregate, replay draws the board', async (t) => {
  const maestro = (...argv: string[]) => runCli([...argv, '--config', join(examples, 'maestro.config.ts')], { env });
  const id = anId().hex;
  await maestro('append', id, '--file', join(examples, 'immortal-game.ndjson'));

  const { stdout, stderr } = await maestro('replay', id, '--max-sequence', '34');

  t.is(stderr, '');
  const drawing = stdout.slice(stdout.indexOf('The Immortal Game'));
  t.is(
    drawing,
    `The Immortal Game: Adolf Anderssen - Lionel Kieseritzky

8  r n b . k . n r
7  p . . p . p p p
6  . . . . . q . .
5  . p b N . N . P
4  . . . . P B P .
3  . . . P . Q . .
2  P P P . . . . .
1  R . . . . K R .
   a b c d e f g h

17.Nd5, black to move
`,
  );
  const end = await maestro('replay', id);
  t.true(end.stdout.endsWith('23.Be7#, 1-0, checkmate\n'), end.stdout);
});

test('a game can be played by its commands, and only by its rules of turns', (t) => {
  for (const events of games.values()) {
    const [start, first, ...others] = events.map(({ body }) => body as never);
    const finish = others.pop() as never;
    const [second] = others as [never];

    let game = scenario(ChessGame)
      .when({ type: 'play', data: first as never })
      .thenRejected('not_being_played')
      .when({ type: 'start', data: start as never })
      .then({ type: 'game_started', body: start as never })
      .when({ type: 'start', data: start as never })
      .thenRejected('already_started')
      .when({ type: 'play', data: second })
      .thenRejected('not_your_turn');
    for (const move of [first as never, ...others])
      game = game.when({ type: 'play', data: move }).then({ type: 'move_played', body: move });
    t.deepEqual(game.state.board, positionsOf(events).at(-1)?.board);
    game
      .when({ type: 'finish', data: finish })
      .then({ type: 'game_finished', body: finish })
      .when({ type: 'finish', data: finish })
      .thenRejected('not_being_played');
  }
});

function eventsOf(file: string): ChessEvent[] {
  const lines = readFileSync(join(examples, file), 'utf8').trimEnd().split('\n');
  return lines.map((line) => JSON.parse(line) as ChessEvent);
}

/** The positions of a game as chess.js has them, the one before the first move included. */
function positionsOf(events: readonly ChessEvent[]): Position[] {
  const chess = new Chess();
  const positions = [positionOf(chess)];
  for (const { body } of events.filter(({ type }) => type === 'move_played')) {
    chess.move(String(body['san']));
    positions.push(positionOf(chess));
  }
  return positions;
}

function positionOf(chess: Chess): Position {
  const rows = chess.board().map((squares) =>
    squares
      .map((square) => {
        if (square === null) return '.';
        return square.color === 'w' ? square.type.toUpperCase() : square.type;
      })
      .join(' '),
  );
  return { position: chess.fen(), board: Object.fromEntries(rows.map((row, index) => [`row${index + 1}`, row])) };
}
