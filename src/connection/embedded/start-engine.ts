import type { PGlite } from '@electric-sql/pglite';
import { guardEngine } from '../../store/driver/pglite/engine-guard.js';
import { enginePackages } from './packages.js';

/** Facts that an engine needs to start. */
export interface EngineStart {
  /** The data folder. */
  readonly folder: string;
  /** Refuse all writes. */
  readonly readOnly: boolean;
}

/**
 * Start parameters without PostgreSQL's timer for progress at start, which would keep the process running after a
 * failed start.
 */
const WITHOUT_TIMER = ['-c', 'log_startup_progress_interval=0'];
/**
 * Start parameters for a buffer of 64 MB: PostgreSQL writes to all of it at every start, and its usual 128 MB take time and
 * memory.
 */
const SMALL_BUFFER = ['-c', 'shared_buffers=64MB'];

/** Starts PostgreSQL in this thread, on a folder that nobody else has open. Rejects with what PGlite or Node.js says when it does not start. */
export async function startEngine({ folder, readOnly }: EngineStart): Promise<PGlite> {
  const PGlite = enginePackages().engine();
  const startParams = [...PGlite.defaultStartParams, ...WITHOUT_TIMER, ...SMALL_BUFFER];
  const engine = guardEngine(new PGlite(folder, { startParams }));
  await engine.waitReady;
  if (readOnly) await engine.exec('SET default_transaction_read_only = on');
  return engine;
}
