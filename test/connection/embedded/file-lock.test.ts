import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { fstatSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fc } from '@fast-check/ava';
import test from 'ava';
import {
  commandTryLock,
  type FileLockOptions,
  lockFile,
  platformTryLock,
  tryLockWith,
} from '../../../src/connection/embedded/file-lock.js';
import { FileLockError } from '../../../src/connection/errors.js';
import { useTemporaryFolder } from '../../support/database.js';
import { useProcesses } from '../../support/children/processes.js';

const folder = useTemporaryFolder(test);
const processes = useProcesses(test, 'embedded-child.ts');
const aPath = () => join(folder, randomBytes(6).toString('hex'));

const hasCommand = spawnSync('flock', ['--version']).status === 0;
const mechanisms: Readonly<Record<string, Pick<FileLockOptions, 'tryLock'>>> = {
  platform: {},
  ...(hasCommand ? { command: { tryLock: commandTryLock } } : {}),
};

for (const [name, mechanism] of Object.entries(mechanisms)) {
  const lock = (path: string, options: Partial<FileLockOptions> = {}) =>
    lockFile(path, { timeout: 0, ...mechanism, ...options });

  test(`${name}: a second taker waits until its time is over, and is told once that it has to`, async (t) => {
    const path = aPath();
    const first = await lock(path);
    t.teardown(() => first?.close());
    let waits = 0;
    const onWait = () => {
      waits += 1;
    };
    t.is(await lock(path, { timeout: 120, onWait }), undefined);
    t.is(waits, 1);
  });

  test(`${name}: the lock is free after it is closed, also for one who waits already`, async (t) => {
    const path = aPath();
    const first = await lock(path);
    const second = await lock(path, { timeout: 60_000, onWait: () => void first?.close() });
    t.truthy(second);
    t.is(await lock(path), undefined);
    await second?.close();
    const third = await lock(path);
    t.truthy(third);
    await third?.close();
  });

  test(`${name}: nobody is told to wait for a lock that is free`, async (t) => {
    const file = await lock(aPath(), { onWait: () => t.fail() });
    t.truthy(file);
    await file?.close();
  });

  test(`${name}: one who waits gives up when it is told to`, async (t) => {
    const path = aPath();
    const first = await lock(path);
    t.teardown(() => first?.close());
    const giveUp = new AbortController();
    const waiting = lock(path, { timeout: 60_000, signal: giveUp.signal, onWait: () => giveUp.abort() });
    await t.throwsAsync(waiting, { name: 'AbortError' });
  });

  test(`${name}: a lock in another process holds here, and is free as soon as that one is killed`, async (t) => {
    const path = aPath();
    const holder = processes.start('lock', path, name);
    t.is(await holder.line(), 'locked');
    t.is(await lock(path), undefined);

    await holder.kill();

    const file = await lock(path);
    t.truthy(file);
    await file?.close();
  });

  test(`${name}: of several processes at most one is inside`, async (t) => {
    const path = aPath();
    const rounds = name === 'command' ? '10' : '40';
    const contenders = Array.from({ length: 3 }, () => processes.start('contend', path, name, rounds));
    for (const contender of contenders) t.is(await contender.line(), 'done');
  });

  test(`${name}: whatever is taken and given back, every path has at most one holder, and a free one is had`, async (t) => {
    const step = fc.record({ path: fc.nat(2), take: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 12 }), async (steps) => {
        const paths = [aPath(), aPath(), aPath()];
        const held = new Map<number, Awaited<ReturnType<typeof lock>>>();
        for (const { path, take } of steps)
          if (take) {
            // A process that other tests are just starting has the files of this one for a moment.
            const file = await lock(paths[path] ?? '', { timeout: held.has(path) ? 0 : 60_000 });
            t.is(file === undefined, held.has(path));
            if (file !== undefined) held.set(path, file);
          } else {
            await held.get(path)?.close();
            held.delete(path);
          }
        for (const file of held.values()) await file?.close();
      }),
      { numRuns: name === 'command' ? 10 : 100 },
    );
  });
}

test('of many takers in one process each gets its turn alone', async (t) => {
  const path = aPath();
  let inside = 0;
  await Promise.all(
    Array.from({ length: 6 }, async () => {
      const file = await lockFile(path, { timeout: 60_000 });
      inside += 1;
      t.is(inside, 1);
      await delay(0);
      inside -= 1;
      await file?.close();
    }),
  );
});

test('where there is no addon Linux has the command, and any other platform says what is missing', async (t) => {
  const missing = new Error('no addon for this platform');
  const load = () => Promise.reject(missing);
  t.is(await platformTryLock(load, 'linux'), commandTryLock);
  t.is((await t.throwsAsync(platformTryLock(load, 'darwin'), { instanceOf: FileLockError })).cause, missing);
  const asked: number[] = [];
  const tryLock = await platformTryLock(async () => ({ tryLock: (file) => asked.push(file) > 1 }), 'darwin');
  t.deepEqual([await tryLock(7), await tryLock(8), asked], [false, true, [7, 8]]);
});

test('a command that is not there, or is not what it should be, is an error and not a lock that somebody holds', async (t) => {
  for (const [name, reason] of [
    ['flock-that-is-not-there', /the command `flock-that-is-not-there` is not there either\.$/],
    ['env', /the command `env` ended with 125\.$/],
  ] as const) {
    const error = await t.throwsAsync(lockFile(aPath(), { timeout: 0, tryLock: (file) => tryLockWith(name, file) }), {
      instanceOf: FileLockError,
      message: reason,
    });
    t.regex(error?.hint ?? '', /install `flock` \(apk add flock.*or a server|use a server/);
  }
});

test.serial('a file that could not be locked is closed again', async (t) => {
  const files: number[] = [];
  const tryLock = async (file: number) => {
    files.push(file);
    if (files.length === 1) return false;
    throw new Error('broken');
  };
  t.is(await lockFile(aPath(), { timeout: 0, tryLock }), undefined);
  await t.throwsAsync(lockFile(aPath(), { timeout: 0, tryLock }), { message: 'broken' });
  for (const file of files) t.throws(() => fstatSync(file), { code: 'EBADF' });
});
