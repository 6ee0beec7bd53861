// Turns one chess game in PGN into events, one JSON object per line:
//
//   node examples/chess/from-pgn.mjs game.pgn > game.ndjson
//
// The bodies are made for merging in order (JSON Merge Patch, RFC 7396): the merged state after event n is the
// position after n - 1 half-moves.

import { readFileSync } from 'node:fs';
import { Chess } from 'chess.js';

const COLOURS = { w: 'white', b: 'black' };
const WINNERS = { '1-0': 'white', '0-1': 'black', '1/2-1/2': null };

const [file] = process.argv.slice(2);
if (file === undefined) {
  console.error('usage: node from-pgn.mjs <game.pgn>');
  process.exit(2);
}

const chess = new Chess();
chess.loadPgn(readFileSync(file, 'utf8')); // throws at the first move that is not legal
for (const event of events(chess)) console.log(JSON.stringify(event));

function* events(game) {
  const tags = game.getHeaders();
  const moves = game.history({ verbose: true });

  yield { type: 'game_started', body: started(tags, moves[0]?.before ?? game.fen()) };
  for (const [index, move] of moves.entries()) yield { type: 'move_played', body: played(move, index + 1) };
  // The result '*' says that the game goes on, so there is no last event to write.
  if (tags.Result in WINNERS) yield { type: 'game_finished', body: finished(tags.Result, game) };
}

function started(tags, fen) {
  return {
    game: known(tags.Title) ?? `${tags.White} - ${tags.Black}`,
    white: known(tags.White),
    black: known(tags.Black),
    event: known(tags.Event),
    site: known(tags.Site),
    date: date(tags.Date),
    opening: known(tags.Opening),
    turn: turn(fen),
    position: fen,
    board: board(fen),
  };
}

// What one move sets, the next must set again or remove, else it would stay in the merged state. That is why `captured`
// and `promotion` are null, which removes the key, and not left out.
function played(move, ply) {
  return {
    ply,
    move: Number(move.before.split(' ')[5]),
    by: COLOURS[move.color],
    turn: turn(move.after),
    san: move.san,
    from: move.from,
    to: move.to,
    captured: piece(move.captured, move.color === 'w' ? 'b' : 'w'),
    promotion: piece(move.promotion, move.color),
    check: new Chess(move.after).isCheck(),
    position: move.after,
    board: changedRows(board(move.before), board(move.after)),
  };
}

function finished(result, game) {
  return { result, reason: reason(result, game), winner: WINNERS[result], turn: null };
}

// PGN does not say why a game ended. A mate is seen on the board; every other win counts as a resignation, so a win on
// time must be mended by hand.
function reason(result, game) {
  if (game.isCheckmate()) return 'checkmate';
  if (game.isStalemate()) return 'stalemate';
  return WINNERS[result] === null ? 'draw' : 'resignation';
}

// PGN writes '?' or '-' for what is not known or does not apply; JSON.stringify leaves out what is undefined.
function known(tag) {
  return tag === '?' || tag === '-' ? undefined : tag;
}

// '1858.??.??' is only sure of the year: '1858'.
function date(tag) {
  const sure = tag.split('.').filter((part) => !part.includes('?'));
  return sure.length > 0 ? sure.join('-') : undefined;
}

function turn(fen) {
  return COLOURS[fen.split(' ')[1]];
}

// The letters of FEN: upper case for White, lower case for Black.
function piece(type, color) {
  if (type === undefined) return null;
  return color === 'w' ? type.toUpperCase() : type;
}

// row1 is rank 8, so that the rows read like a printed diagram, with White at the bottom.
function board(fen) {
  const rows = fen.split(' ')[0].split('/');
  return Object.fromEntries(rows.map((row, index) => [`row${index + 1}`, squares(row).join(' ')]));
}

// In FEN a digit stands for that many empty squares.
function squares(row) {
  return [...row.replace(/\d/g, (count) => '.'.repeat(Number(count)))];
}

function changedRows(before, after) {
  return Object.fromEntries(Object.entries(after).filter(([name, row]) => row !== before[name]));
}
