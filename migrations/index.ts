import type { Migration } from '../src/store/migrate/migration.js';
import { createEventLog } from './0001_create_event_log.js';
import { createSnapshots } from './0002_create_snapshots.js';
import { createCommands } from './0003_create_commands.js';
import { createProjections } from './0004_create_projections.js';
import { createMoves } from './0005_create_moves.js';

/** Every step of the schema, first to last. A released step never changes; a new one goes at the end. */
export const migrations: readonly Migration[] = [
  createEventLog,
  createSnapshots,
  createCommands,
  createProjections,
  createMoves,
];
