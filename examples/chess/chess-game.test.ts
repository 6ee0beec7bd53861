import test from 'node:test';
import { scenario } from 'maestro-store/testing';
import { ChessGame, type Move, type Start } from './chess-game.js';

const start: Start = { game: 'A short one', white: 'Ada', black: 'Grace', turn: 'white', board: { row2: 'p p p p' } };
const first: Move = { ply: 1, by: 'white', turn: 'black', san: 'e4', board: { row7: 'P P P .' } };
const answer: Move = { ply: 2, by: 'black', turn: 'white', san: 'e5', board: { row2: 'p p p .' } };
const finish = { result: '1-0', reason: 'resignation' };

const game = scenario(ChessGame).given({ type: 'game_started', body: start });

test('a game is started once, and played from then on', () => {
  scenario(ChessGame)
    .when({ type: 'play', data: first })
    .thenRejected('not_being_played')
    .when({ type: 'start', data: start })
    .then({ type: 'game_started', body: start })
    .when({ type: 'start', data: start })
    .thenRejected('already_started');
});

test('players take turns', () => {
  game
    .when({ type: 'play', data: answer })
    .thenRejected('not_your_turn')
    .when({ type: 'play', data: first })
    .then({ type: 'move_played', body: first })
    .when({ type: 'play', data: first })
    .thenRejected('not_your_turn')
    .when({ type: 'play', data: answer })
    .thenState({ ...game.state, moves: ['e4', 'e5'], board: { row2: 'p p p .', row7: 'P P P .' } });
});

test('a game that is over is over', () => {
  game
    .when({ type: 'finish', data: finish })
    .then({ type: 'game_finished', body: finish })
    .when({ type: 'play', data: first })
    .thenRejected('not_being_played')
    .when({ type: 'finish', data: finish })
    .thenRejected('not_being_played');
});
