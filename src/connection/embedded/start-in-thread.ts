import { existsSync } from 'node:fs';
import { EngineThread } from '../../store/driver/pglite/engine-thread.js';
import { ConfigurationError } from '../errors.js';
import { SameFolder } from './same-folder.js';
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
  const file = programOfThread();
  const same = new SameFolder(folder);
  const engine = new EngineThread({
    file,
    data: { folder, readOnly } satisfies EngineStart,
    limit,
    check: () => same.check(),
    onStart,
    onClose: () => same.release(),
    startError: (cause) => startError(folder, cause),
  });
  try {
    await engine.start();
    return engine;
  } catch (error) {
    // Its thread has ended before the folder is given up.
    await engine.closeForGood();
    throw error;
  }
}

/** The built `engine-worker.ts`, whether this file runs from a chunk in `dist/src` or, in tests, from `src`. */
function programOfThread(): URL {
  const candidates = ['../connection/embedded/', './', '../../../dist/src/connection/embedded/'].map(
    (folder) => new URL(`${folder}engine-worker.js`, import.meta.url),
  );
  const found = candidates.find((file) => existsSync(file));
  if (found === undefined)
    throw new ConfigurationError(
      'The program for the thread of the embedded engine is missing from this installation.',
      {
        hint: 'In a checkout, run `npm run build`; else install maestro-store again.',
      },
    );
  return found;
}
