import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { MemoryStore, type Store } from '../../src/index.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';
import { assertLog, someHandles, someSteps } from './model.js';
import { TallyModel, TallySystem } from './tally-system.js';

const database = useTestDatabase(test);
const embedded = useEmbeddedDatabase(test);

/** Runs histories of several processes on one store, each step compared with the model. */
async function obeysTheModel(t: ExecutionContext, createStore: () => Store, numRuns: number): Promise<void> {
  let events = 0;
  await fc.assert(
    fc.asyncProperty(someHandles(), someSteps(40), async (handles, steps) => {
      const model = new TallyModel();
      const system = new TallySystem(createStore(), handles);
      await fc.asyncModelRun(() => ({ model, real: system }), steps);
      await assertLog(model, system);
      for (const plain of model.tallies) events += plain.events.length;
    }),
    // A failure that takes long to shrink is told as it is.
    { numRuns, interruptAfterTimeLimit: 60_000 },
  );
  t.true(events > 0);
}

test('several processes on a MemoryStore are told what the model says', (t) =>
  obeysTheModel(t, () => new MemoryStore(), 100));

test('several processes on PostgreSQL are told what the model says', (t) =>
  obeysTheModel(t, () => database.store(), 40));

test('several processes on PGlite are told what the model says', (t) =>
  obeysTheModel(t, () => embedded.get().store, 15));
