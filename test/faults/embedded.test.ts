import { writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import { openEmbedded } from '../../src/connection/embedded/embedded.js';
import { Clock } from '../../src/hlc/clock.js';
import { appendEvents } from '../../src/store/append.js';
import { driverOf } from '../../src/store/driver/driver-of.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { useTemporaryFolder } from '../support/database.js';
import { anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { type Child, useProcesses } from '../support/children/processes.js';
import { outcomeOf, startProgram } from '../support/cli/program.js';

const KILLS = rounds(3, 50);
const OPENERS = rounds(2, 20);
const folder = useTemporaryFolder(test);
const processes = useProcesses(test, 'embedded-child.ts');
const program = useProcesses(test, 'cli-child.ts');

test('killed while it appends: every acknowledged event is there, no gap, nothing twice, nobody waits for the lock', async (t) => {
  t.timeout(600_000);
  const dataDir = join(folder, 'killed');
  const id = anId();
  const acknowledged: string[] = [];
  let [lost, unasked] = [0, 0];
  /** Asserts that the log begins with the acknowledged events; the append under way at the kill may have made it or not. */
  const assertKept = (stored: readonly string[]) => {
    lost += acknowledged.filter((line, index) => stored[index] !== line).length;
    t.is(stored.slice(0, acknowledged.length).join('\n'), acknowledged.join('\n'));
    const unacknowledged = stored.slice(acknowledged.length);
    unasked += unacknowledged.length;
    t.true(unacknowledged.length <= 1, `stored, but never acknowledged: ${unacknowledged.join(', ')}`);
    acknowledged.push(...unacknowledged);
    t.true(
      acknowledged.every((line, index) => line.startsWith(`${index + 1} `)),
      'a gap',
    );
    t.is(new Set(acknowledged).size, acknowledged.length);
  };

  let reclaimed = 0;
  for (let round = 1; round <= KILLS; round += 1) {
    // What the killed process wrote into the lock file is no lock, not even when a process of that number lives again.
    if (round > 1) writeFileSync(`${dataDir}.lock`, `{"pid":${process.pid},"host":"${hostname()}"}\n`);
    // It opens the database without waiting, or fails.
    const writer = processes.start('append', dataDir, id.hex);
    const stored: string[] = [];
    for (let line = await writer.line(); line !== 'appending'; line = await writer.line())
      stored.push(line ?? 'the writer ended');
    if (round > 1) reclaimed += 1;
    assertKept(stored);
    for (let heard = 0; heard < 10; heard += 1) acknowledged.push((await writer.line()) ?? 'the writer ended');
    // The kill falls into a later append, at another point of it every time.
    await delay(Math.random() * 10);
    const killed = writer.kill();
    for (let line = await writer.line(); line !== undefined; line = await writer.line()) acknowledged.push(line);
    await killed;
  }

  const count = acknowledged.length;
  const database = await openEmbedded(dataDir, { schema: 'public', timeout: 0 });
  t.teardown(() => database.close());
  reclaimed += 1;
  const events = await database.store.getEvents(id, 1);
  assertKept(events.map(({ sequence, timestamp }) => `${sequence} ${timestamp.hex}`));
  t.true(events.length >= KILLS * 10);
  t.is(reclaimed, KILLS);
  figure(
    'embedded database, kill -9',
    `${KILLS} rounds, ${count} acknowledged, ${lost} lost, ${events.length - new Set(events.map(({ sequence }) => sequence)).size} duplicated, ${unasked} stored that were cut off before they were acknowledged`,
  );
  figure('embedded database, stale lock reclaimed', `${reclaimed}/${KILLS} at once`);
});

test('the thread of an engine that is ended while it appends: every acknowledged event is there, and it goes on', async (t) => {
  t.timeout(600_000);
  const id = anId();
  const database = await openEmbedded(join(folder, 'thread'), { schema: 'public', statementTimeout: 0 });
  t.teardown(() => database.close());
  await migrate(database.knex);
  const clock = new Clock();
  const acknowledged: string[] = [];
  const append = async () => {
    const [event] = await appendEvents(database.store, clock, id, [
      { type: 'counted', body: { pad: 'x'.repeat(500) } },
    ]);
    acknowledged.push(`${event?.sequence} ${event?.timestamp.hex}`);
  };
  let [lost, unasked, cutOff] = [0, 0, 0];
  for (let round = 1; round <= KILLS; round += 1) {
    for (let count = 0; count < 10; count += 1) await append();
    const appending = (async () => {
      for (;;) await append();
    })().catch(() => (cutOff += 1));
    await delay(Math.random() * 10);
    driverOf(database.knex).cancel();
    await appending;
    // Another thread has the folder open now.
    const events = await database.store.getEvents(id, 1);
    const stored = events.map(({ sequence, timestamp }) => `${sequence} ${timestamp.hex}`);
    lost += acknowledged.filter((line, index) => stored[index] !== line).length;
    unasked += stored.length - acknowledged.length;
    t.true(stored.length - acknowledged.length <= 1);
    acknowledged.splice(0, Infinity, ...stored);
  }
  t.is(lost, 0);
  t.is(cutOff, KILLS);
  const { rows } = await database.knex.raw<{ rows: { sequence: number }[] }>(
    'SELECT sequence FROM event_log ORDER BY sequence',
  );
  t.deepEqual(
    rows.map(({ sequence }) => sequence),
    acknowledged.map((_line, index) => index + 1),
    'the table holds what its indexes do',
  );
  figure(
    'embedded database, its thread ended',
    `${KILLS} rounds, ${acknowledged.length} acknowledged, ${lost} lost, ${unasked} stored that were cut off before they were acknowledged`,
  );
});

test('a second opener waits, or gives up with exit code 4 and names the holder; the first is unharmed', async (t) => {
  t.timeout(600_000);
  const dataDir = join(folder, 'shared');
  const id = anId();
  const seen = { waited: 0, refused: 0 };
  const acknowledged: string[] = [];
  const second = async (timeout: string) =>
    await outcomeOf(
      startProgram(
        ['append', id.hex, '--type', 'second', '--body', '{}', '-q', '--data-dir', dataDir, '--timeout', timeout],
        { cwd: folder, env: {}, program: program.file },
      ),
    );
  const tell = async (first: Child) => {
    first.tell(id.hex);
    acknowledged.push((await first.line()) ?? 'the holder ended');
  };
  let first: Child | undefined;
  for (let round = 1; round <= OPENERS; round += 1) {
    if (first === undefined) {
      first = processes.start('hold', dataDir);
      t.is(await first.line(), 'open');
    }
    await tell(first);
    if (round % 2 === 1) {
      const opening = second('0.2');
      await tell(first);
      const { code, stdout, stderr } = await opening;
      t.deepEqual([code, stdout], [4, ''], stderr);
      t.true(stderr.includes(`process ${first.pid} on ${hostname()}`), stderr);
      seen.refused += 1;
    } else {
      const opening = second('60');
      await delay(Math.random() * 500);
      await tell(first);
      first.tell('close');
      t.is(await first.line(), 'closed');
      await first.ended();
      first = undefined;
      const { code, stderr } = await opening;
      t.is(code, 0, stderr);
      seen.waited += 1;
    }
  }
  await first?.kill();

  const database = await openEmbedded(dataDir, { schema: 'public', timeout: 0 });
  t.teardown(() => database.close());
  const events = await database.store.getEvents(id, 1);
  t.deepEqual(
    events.map(({ sequence }) => sequence),
    events.map((_event, index) => index + 1),
  );
  const ofTheFirst = events.filter(({ type }) => type === 'counted');
  const kept = ofTheFirst.map(({ sequence, timestamp }) => `${sequence} ${timestamp.hex}`);
  t.deepEqual(kept, acknowledged);
  t.is(events.length - ofTheFirst.length, seen.waited, 'those that waited appended, those that were refused did not');
  figure(
    'embedded database, second opener',
    `${seen.waited + seen.refused}/${OPENERS}: ${seen.waited} waited and got in, ${seen.refused} exited 4; ${acknowledged.length} acknowledged to the first, ${acknowledged.filter((line) => !kept.includes(line)).length} lost`,
  );
});
