import { chmodSync, existsSync, mkdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { InputError, UsageError } from '../../../src/cli/errors.js';
import { writeWhole, type WriteText } from '../../../src/cli/output/whole-file.js';
import { aContext } from '../../../scripts/support/program.js';
import { useTemporaryFolder } from '../../support/database.js';
import { contentsOf } from '../../support/folders.js';

const root = useTemporaryFolder(test);
const aFolder = () => mkdtemp(join(root, 'a-'));

function write(folder: string, file: string, work: (write: WriteText) => Promise<void>, force = false): Promise<void> {
  return writeWhole(file, { context: aContext({ workingDirectory: folder }) }, { force }, work);
}

testProp(
  'a file holds all pieces in their order, and nothing lies beside it',
  [fc.array(fc.string({ unit: 'grapheme', maxLength: 200 }), { maxLength: 20 }), fc.boolean()],
  async (t, pieces, force) => {
    const folder = await aFolder();
    if (force) writeFileSync(join(folder, 'f'), 'old');
    await write(
      folder,
      'f',
      async (put) => {
        for (const piece of pieces) await put(piece);
      },
      force,
    );
    t.is(readFileSync(join(folder, 'f'), 'utf8'), pieces.join(''));
    t.deepEqual(Object.keys(contentsOf(folder)), ['f']);
  },
  { numRuns: 30 },
);

test('a file that is longer than what is buffered is written whole', async (t) => {
  const folder = await aFolder();
  await write(folder, 'f', async (put) => {
    for (let piece = 0; piece < 40; piece += 1) await put(String(piece % 10).repeat(100_000));
  });
  t.is(statSync(join(folder, 'f')).size, 4_000_000);
});

test('until it is whole the file is what it was, and it stays that when the work fails', async (t) => {
  for (const force of [false, true]) {
    const folder = await aFolder();
    const file = join(folder, 'f');
    if (force) writeFileSync(file, 'old');
    const before = contentsOf(folder);
    const failure = new Error('the work failed');
    const failing = write(
      folder,
      'f',
      async (put) => {
        await put('x'.repeat(3_000_000));
        t.is(existsSync(file), force);
        if (force) t.is(readFileSync(file, 'utf8'), 'old');
        throw failure;
      },
      force,
    );
    t.is(await t.throwsAsync(failing), failure);
    t.deepEqual(contentsOf(folder), before);
  }
});

test('what is there is refused before any work is done', async (t) => {
  const folder = await aFolder();
  writeFileSync(join(folder, 'f'), 'old');
  mkdirSync(join(folder, 'folder'));
  symlinkSync('f', join(folder, 'link'));
  symlinkSync('nowhere', join(folder, 'dangling'));
  const before = contentsOf(folder);
  const unworked = () => Promise.reject(new Error('worked'));
  for (const file of ['f', 'folder', 'link', 'dangling']) {
    const error = await t.throwsAsync(write(folder, file, unworked), { instanceOf: UsageError });
    t.is(error.message, `The file ${file} exists already.`);
  }
  for (const file of ['folder', 'dangling', '/dev/null']) {
    const error = await t.throwsAsync(write(folder, file, unworked, true), { instanceOf: UsageError });
    t.is(error.message, `${file} is not a regular file, so it cannot be replaced.`);
  }
  t.deepEqual(contentsOf(folder), before);
});

test('what a link points to is replaced, not the link', async (t) => {
  const folder = await aFolder();
  mkdirSync(join(folder, 'far'));
  writeFileSync(join(folder, 'far', 'f'), 'old');
  symlinkSync('far/f', join(folder, 'link'));
  await write(folder, 'link', (put) => put('new'), true);
  t.is(readFileSync(join(folder, 'far', 'f'), 'utf8'), 'new');
  t.deepEqual(Object.keys(contentsOf(folder)), ['far', 'far/f', 'link']);
  t.is(contentsOf(folder)['link'], 'link to far/f');
});

test('a file that is replaced keeps its permissions', async (t) => {
  const folder = await aFolder();
  writeFileSync(join(folder, 'f'), 'old');
  for (const mode of [0o600, 0o644, 0o640]) {
    chmodSync(join(folder, 'f'), mode);
    await write(folder, 'f', (put) => put('new'), true);
    t.is(statSync(join(folder, 'f')).mode & 0o777, mode);
  }
});

test('a file that somebody else makes meanwhile is not overwritten', async (t) => {
  const folder = await aFolder();
  const late = write(folder, 'f', async (put) => {
    await put('mine');
    writeFileSync(join(folder, 'f'), 'theirs');
  });
  t.regex((await t.throwsAsync(late, { instanceOf: UsageError })).message, /exists already/);
  t.is(readFileSync(join(folder, 'f'), 'utf8'), 'theirs');
  t.deepEqual(Object.keys(contentsOf(folder)), ['f']);
});

test('of several who write one file at the same time one succeeds, and its file is whole', async (t) => {
  const folder = await aFolder();
  const writers = Array.from({ length: 5 }, (_, writer) =>
    write(folder, 'f', async (put) => {
      for (let piece = 0; piece < 20; piece += 1) {
        await put(String(writer).repeat(1000));
        await setImmediate();
      }
    }),
  );
  const outcomes = await Promise.allSettled(writers);
  const winners = outcomes.flatMap(({ status }, writer) => (status === 'fulfilled' ? [writer] : []));
  t.is(winners.length, 1);
  t.is(readFileSync(join(folder, 'f'), 'utf8'), String(winners[0]).repeat(20_000));
  t.deepEqual(Object.keys(contentsOf(folder)), ['f']);
});

test('where no file can be made, it says so', async (t) => {
  const folder = await aFolder();
  writeFileSync(join(folder, 'f'), 'old');
  for (const [file, code] of [
    ['nowhere/f', 'ENOENT'],
    ['f/g', 'ENOTDIR'],
    [`${'x'.repeat(300)}`, 'ENAMETOOLONG'],
  ] as const) {
    const error = await t.throwsAsync(write(folder, file, () => Promise.reject(new Error('worked'))));
    t.true(error instanceof InputError, String(error));
    t.true(error.message.endsWith(`cannot be written: ${code}.`), error.message);
  }
});

test('a process that ends in the midst of it takes the unfinished file away', async (t) => {
  const folder = await aFolder();
  let cleanUp = () => {};
  let takenBack = false;
  const onExit = (given: () => void) => {
    cleanUp = given;
    return () => {
      takenBack = true;
    };
  };
  const context = aContext({ workingDirectory: folder, onExit });
  await writeWhole('f', { context }, {}, async (put) => {
    await put('x');
    t.is(Object.keys(contentsOf(folder)).length, 1);
    t.regex(Object.keys(contentsOf(folder))[0] ?? '', /^\.f\.[0-9a-f]{8}\.partial$/);
  });
  t.true(takenBack);

  const interrupted = writeWhole('g', { context }, {}, async (put) => {
    await put('x');
    cleanUp();
    t.deepEqual(Object.keys(contentsOf(folder)), ['f']);
    throw new Error('ended');
  });
  await t.throwsAsync(interrupted, { message: 'ended' });
});
