import fs, { closeSync, openSync, unlinkSync, writeSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { argv, exit, kill, pid, stdin } from 'node:process';
import { createInterface } from 'node:readline';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { commandTryLock, lockFile } from '../../../src/connection/embedded/file-lock.js';
import { Clock } from '../../../src/hlc/clock.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { appendEvents } from '../../../src/store/append.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import type { PostgresStore } from '../../../src/store/postgres-store.js';

/** The other process of the tests of the embedded database and its lock. It says what it did, line by line. */

// Optimizing the engine takes longer than a test runs.
setFlagsFromString('--liftoff-only');

const [, , task = '', path = '', ...rest] = argv;
// Listened to from the beginning: what comes before somebody listens is lost.
const orders = createInterface({ input: stdin })[Symbol.asyncIterator]();
stdin.once('end', () => exit(1));
const options = { schema: 'public', timeout: 60_000 };

/** Written at once, so that what was said is heard even if this process is killed in the next moment. */
function say(line: string): void {
  const text = Buffer.from(`${line}\n`);
  let written = 0;
  while (written < text.length) {
    try {
      written += writeSync(1, text, written);
    } catch (error) {
      // The test has not read yet what was said before.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1);
    }
  }
}

async function append(store: PostgresStore, id: Timestamp): Promise<void> {
  const [event] = await appendEvents(store, new Clock(), id, [{ type: 'counted', body: { pad: 'x'.repeat(500) } }]);
  say(`${event?.sequence} ${event?.timestamp.hex}`);
}

const tasks: Readonly<Record<string, () => Promise<void>>> = {
  /** Opens the database and keeps it open; appends when told to; closes it when told to or when the test has gone. */
  async hold() {
    const database = await openEmbedded(path, { ...options, purpose: 'a test that holds' });
    await migrate(database.knex);
    say('open');
    for (let order = await orders.next(); !order.done && order.value !== 'close'; order = await orders.next())
      await append(database.store, Timestamp.parse(order.value));
    await database.close();
    say('closed');
  },

  /** Opens the database without waiting for anybody, says which events there are, then appends without end. */
  async append() {
    const id = Timestamp.parse(rest[0] ?? '');
    const database = await openEmbedded(path, { ...options, timeout: 0 });
    await migrate(database.knex);
    for (const { sequence, timestamp } of await database.store.getEvents(id, 1)) say(`${sequence} ${timestamp.hex}`);
    say('appending');
    for (;;) {
      await append(database.store, id);
      // The engine answers without a turn of the event loop, which would never see that the test has gone.
      await setImmediate();
    }
  },

  /** Opens the database, but is killed just before it calls a function of the file system for the nth time. */
  async make() {
    const [name, count] = rest as ['writeFileSync' | 'renameSync', string];
    const original = fs[name] as (...values: unknown[]) => void;
    let calls = 0;
    Object.assign(fs, {
      [name]: (...values: unknown[]) => {
        calls += 1;
        if (calls === Number(count)) kill(pid, 'SIGKILL');
        return original(...values);
      },
    });
    syncBuiltinESMExports();
    await openEmbedded(path, options);
    say('open');
  },

  /** Takes a lock and keeps it until it is told something or the test has gone. */
  async lock() {
    const file = await lockFile(path, { timeout: 10_000, ...mechanism() });
    say(file === undefined ? 'not locked' : 'locked');
    await orders.next();
    await file?.close();
  },

  /** Takes a lock and gives it back, again and again; fails when somebody else is in there at the same time. */
  async contend() {
    for (let round = Number(rest[1]); round > 0; round -= 1) {
      const file = await lockFile(path, { timeout: 60_000, ...mechanism() });
      if (file === undefined) throw new Error('never got the lock');
      closeSync(openSync(`${path}.inside`, 'wx'));
      unlinkSync(`${path}.inside`);
      await file.close();
    }
    say('done');
  },
};

function mechanism() {
  return rest[0] === 'command' ? { tryLock: commandTryLock } : {};
}

await tasks[task]?.();
exit(0);
