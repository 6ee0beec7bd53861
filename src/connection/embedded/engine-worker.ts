import { parentPort, workerData } from 'node:worker_threads';
import { refuseEngine, serveEngine } from '../../store/driver/pglite/serve-engine.js';
import { type EngineStart, startEngine } from './start-engine.js';

/** Program of the thread of an engine. */
if (parentPort !== null) {
  const port = parentPort;
  startEngine(workerData as EngineStart).then(
    (engine) => serveEngine(port, engine),
    (error: unknown) => refuseEngine(port, error),
  );
}
