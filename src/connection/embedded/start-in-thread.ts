import { existsSync } from 'node:fs';
import { EngineThread } from '../../store/driver/pglite/engine-thread.js';
import type { EngineStart } from './start-engine.js';
import { startError } from './start-failure.js';

/** Facts that the thread of an engine needs. */
export interface ThreadStart extends EngineStart {
  /** Longest time for one statement, in milliseconds; 0 for no limit. */
  readonly limit: number;
  /** Called each time that the engine has started. */
  readonly onStart: () => void;
}

/** Starts PostgreSQL in a thread of its own, on a folder that nobody else has open. Rejects with the error for what kept it from starting. */
export async function startInThread({ folder, readOnly, limit, onStart }: ThreadStart): Promise<EngineThread> {
  const engine = new EngineThread({
    file: programOfThread(),
    data: { folder, readOnly } satisfies EngineStart,
    limit,
    onStart,
    startError: (cause) => startError(folder, cause),
  });
  try {
    await engine.start();
    return engine;
  } catch (error) {
    // Its thread has ended before the folder is given up.
    await engine.close();
    throw error;
  }
}

/** The built `engine-worker.ts`, whether this file runs from a chunk in `dist/src` or, in tests, from `src`. */
function programOfThread(): URL {
  const candidates = ['../connection/embedded/', './', '../../../dist/src/connection/embedded/'].map(
    (folder) => new URL(`${folder}engine-worker.js`, import.meta.url),
  );
  return candidates.find((file) => existsSync(file)) ?? new URL(candidates[0] ?? '', import.meta.url);
}
