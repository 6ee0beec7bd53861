import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import test from 'ava';
import { openEmbedded } from '../../src/connection/embedded.js';
import { useTemporaryFolder } from '../support/database.js';
import { anId } from '../support/factories.js';
import { useProcesses } from '../support/processes.js';

// Optimizing the embedded engine takes longer than this test runs.
setFlagsFromString('--liftoff-only');

const dataDir = join(useTemporaryFolder(test), 'data');
const processes = useProcesses(test, 'embedded-child.ts');

test('20 times killed while it appends: every acknowledged event is there, no gap, nothing twice', async (t) => {
  t.timeout(240_000);
  const id = anId();
  const acknowledged: string[] = [];
  /** What is stored begins with what was acknowledged; the append under way at the kill may have made it or not. */
  const assertKept = (stored: readonly string[]) => {
    const unacknowledged = stored.slice(acknowledged.length);
    t.is(stored.slice(0, acknowledged.length).join('\n'), acknowledged.join('\n'));
    t.true(unacknowledged.length <= 1, `stored, but never acknowledged: ${unacknowledged.join(', ')}`);
    acknowledged.push(...unacknowledged);
    t.true(
      acknowledged.every((line, index) => line.startsWith(`${index + 1} `)),
      'a gap',
    );
    t.is(new Set(acknowledged).size, acknowledged.length);
  };

  for (let round = 1; round <= 20; round += 1) {
    const writer = processes.start('append', dataDir, id.hex);
    const stored: string[] = [];
    for (let line = await writer.line(); line !== 'appending'; line = await writer.line())
      stored.push(line ?? 'the writer ended');
    assertKept(stored);
    for (let heard = 0; heard < 10; heard += 1) acknowledged.push((await writer.line()) ?? 'the writer ended');
    // The kill falls into a later append, at another point of it every time.
    await delay(Math.random() * 10);
    const killed = writer.kill();
    for (let line = await writer.line(); line !== undefined; line = await writer.line()) acknowledged.push(line);
    await killed;
  }

  const database = await openEmbedded(dataDir, { schema: 'public' });
  t.teardown(() => database.close());
  const events = await database.store.getEvents(id, 1);
  assertKept(events.map(({ sequence, timestamp }) => `${sequence} ${timestamp.hex}`));
  t.true(events.length >= 200);
});
