import { defineAggregate } from 'maestro-store';

type Side = 'white' | 'black';
/** The rows of a printed diagram: `row1` is rank 8, where Black starts. */
type Rows = Readonly<Record<string, string>>;

/** Body of `game_started`. */
export interface Start {
  readonly game: string;
  readonly white: string;
  readonly black: string;
  readonly turn: Side;
  readonly board: Rows;
}

/** Body of `move_played`: the move, and the rows of the board that it changed. */
export interface Move {
  readonly ply: number;
  readonly by: Side;
  readonly turn: Side;
  readonly san: string;
  readonly board: Rows;
}

/** Body of `game_finished`. */
export interface Finish {
  readonly result: string;
  readonly reason: string;
}

/** A game as it stands: its board, its moves, and whose turn it is. */
export interface Game {
  readonly game: string;
  readonly players: Readonly<Record<Side, string>>;
  readonly turn: Side | null;
  readonly board: Rows;
  readonly moves: readonly string[];
  readonly result: string | null;
}

/** A game of chess: the board is its state. */
export const ChessGame = defineAggregate({
  name: 'chess-game',
  initialState: (): Game => ({
    game: '',
    players: { white: '', black: '' },
    turn: null,
    board: {},
    moves: [],
    result: null,
  }),
  commands: {
    start: (_game, start: Start, { sequence, reject }) =>
      sequence > 0 ? reject('already_started') : [{ type: 'game_started', body: start }],
    play: (game, move: Move, { reject }) => {
      if (game.turn === null) return reject('not_being_played');
      if (game.turn !== move.by || game.moves.length + 1 !== move.ply) return reject('not_your_turn');
      return [{ type: 'move_played', body: move }];
    },
    finish: (game, finish: Finish, { reject }) =>
      game.turn === null ? reject('not_being_played') : [{ type: 'game_finished', body: finish }],
  },
  events: {
    game_started: (state, { game, white, black, turn, board }: Start) => ({
      ...state,
      game,
      players: { white, black },
      turn,
      board,
    }),
    move_played: (state, { san, turn, board }: Move) => ({
      ...state,
      turn,
      board: { ...state.board, ...board },
      moves: [...state.moves, san],
    }),
    game_finished: (state, { result, reason }: Finish) => ({ ...state, turn: null, result: `${result}, ${reason}` }),
  },
  owns: { firstEvents: ['game_started'] },
  render: ({ game, players, turn, board, moves, result }) => {
    if (turn === null && result === null) return 'The game has not begun.';
    const rows = Object.keys(board).sort();
    const diagram = rows.map((row, index) => `${8 - index}  ${board[row]}`);
    const standing = result ?? `${turn} to move`;
    return [
      `${game}: ${players.white} - ${players.black}`,
      '',
      ...diagram,
      '   a b c d e f g h',
      '',
      `${lastMove(moves)}${standing}`,
    ].join('\n');
  },
});

/** The last move as players write it: `17.Nd5 `, or `17...Rxg1 ` for Black's. */
function lastMove(moves: readonly string[]): string {
  const san = moves.at(-1);
  if (san === undefined) return '';
  return `${Math.ceil(moves.length / 2)}${moves.length % 2 === 1 ? '.' : '...'}${san}, `;
}
