import { defineConfig } from 'maestro-store';
import { ChessGame } from './chess-game.js';

export default defineConfig({ aggregates: [ChessGame] });
