import { randomBytes } from 'node:crypto';
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fc } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import { exitCodeFor, UNAVAILABLE, USAGE } from '../../../src/cli/exit-codes.js';
import { openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { EmbeddedCorruptError, EmbeddedFolderError } from '../../../src/connection/errors.js';
import type { MaestroError } from '../../../src/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { useTemporaryFolder } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { contentsOf, linkFolder } from '../../support/folders.js';

const temporary = useTemporaryFolder(test);
const seed = join(temporary, 'seed');
const id = anId();

test.before(async () => {
  const database = await openEmbedded(seed, { schema: 'public' });
  await migrate(database.knex);
  await database.store.commitEvents(aHistory(id, 3));
  await database.close();
});

/** A new folder, with nothing else around. */
function aFolder(): string {
  const folder = join(temporary, randomBytes(6).toString('hex'));
  mkdirSync(folder);
  return folder;
}

/** A copy of a database with three events. */
function aDatabase(): string {
  const dataDir = join(aFolder(), 'data');
  cpSync(seed, dataDir, { recursive: true });
  return dataDir;
}

/** The same without the cost, for what is refused before it is opened. */
function aLinkedDatabase(): string {
  const dataDir = join(aFolder(), 'data');
  linkFolder(seed, dataDir);
  return dataDir;
}

/** Opening is refused with a readable error. */
async function assertRefused(
  t: ExecutionContext,
  dataDir: string,
  kind: new (...args: never[]) => MaestroError,
  message: RegExp,
): Promise<void> {
  const error = await t.throwsAsync(openEmbedded(dataDir, { schema: 'public', timeout: 0 }), {
    instanceOf: kind as new (...args: unknown[]) => MaestroError,
    message,
  });
  t.true(error?.message.includes(dataDir), error?.message);
  t.regex(error?.message ?? '', /^[^\n]+\.$/);
  t.regex(error?.hint ?? '', /^[A-Z][^\n]+\.$/);
  t.is(exitCodeFor(error), kind === EmbeddedFolderError ? USAGE : UNAVAILABLE);
}

/** Opening is refused, and nothing in the folder or beside it is changed, made or gone. */
async function assertRefusedUntouched(t: ExecutionContext, dataDir: string, ...expected: Refusal): Promise<void> {
  const before = contentsOf(dirname(dataDir));
  await assertRefused(t, dataDir, ...expected);
  t.deepEqual(contentsOf(dirname(dataDir)), before);
}

type Refusal = [kind: new (...args: never[]) => MaestroError, message: RegExp];

test("somebody else's folder is refused and left untouched, whatever is in it", async (t) => {
  const name = fc.oneof(
    fc.stringMatching(/^[a-z]{1,8}$/),
    fc.constantFrom('PG_VERSION', 'base', 'global', 'postgresql.conf', 'postmaster.pid', '.git', 'maestro.json.bak'),
  );
  const files = fc.dictionary(name, fc.oneof(fc.string(), fc.constantFrom(undefined, '18\n')), { minKeys: 1 });
  await fc.assert(
    fc.asyncProperty(files, async (entries) => {
      const dataDir = join(aFolder(), 'data');
      mkdirSync(dataDir);
      for (const [entry, content] of Object.entries(entries))
        if (content === undefined) mkdirSync(join(dataDir, entry));
        else writeFileSync(join(dataDir, entry), content);
      await assertRefusedUntouched(
        t,
        dataDir,
        EmbeddedFolderError,
        /not empty, and is not an embedded database of Maestro/,
      );
    }),
    { numRuns: 50 },
  );
});

test('a database of PostgreSQL that Maestro did not make is refused and left untouched', async (t) => {
  const dataDir = aLinkedDatabase();
  rmSync(join(dataDir, 'maestro.json'));
  await assertRefusedUntouched(t, dataDir, EmbeddedFolderError, /not an embedded database of Maestro/);
});

test('a file in place of the folder is refused and left untouched', async (t) => {
  const dataDir = join(aFolder(), 'data');
  writeFileSync(dataDir, 'my diary');
  await assertRefusedUntouched(t, dataDir, EmbeddedFolderError, /is a file/);
});

test('a file on the way to the folder is refused and left untouched', async (t) => {
  const file = join(aFolder(), 'diary.txt');
  writeFileSync(file, 'my diary');
  const error = await t.throwsAsync(openEmbedded(join(file, 'data'), { schema: 'public' }), {
    instanceOf: EmbeddedFolderError,
  });
  t.true(error?.message.includes(file));
  t.is(readFileSync(file, 'utf8'), 'my diary');
});

for (const version of ['17', '19'])
  test(`a database of PostgreSQL ${version} is refused and left untouched`, async (t) => {
    const dataDir = aLinkedDatabase();
    rmSync(join(dataDir, 'PG_VERSION'));
    writeFileSync(join(dataDir, 'PG_VERSION'), `${version}\n`);
    await assertRefusedUntouched(t, dataDir, EmbeddedFolderError, new RegExp(`PostgreSQL ${version};.*PostgreSQL 18`));
  });

test('a database of a later Maestro, with a format that this one does not know, is refused and left untouched', async (t) => {
  const dataDir = aLinkedDatabase();
  rmSync(join(dataDir, 'maestro.json'));
  writeFileSync(join(dataDir, 'maestro.json'), '{"format":3,"postgres":"18","engine":"pglite"}\n');
  await assertRefusedUntouched(t, dataDir, EmbeddedFolderError, /./);
});

test('a database of an earlier Maestro, with the databases that others are copied from, is opened as it is', async (t) => {
  const dataDir = aDatabase();
  writeFileSync(join(dataDir, 'maestro.json'), '{"format":1,"postgres":"18","engine":"pglite"}\n');
  await assertRefused(
    t,
    dataDir,
    EmbeddedCorruptError,
    /damaged: base\/1\/PG_VERSION, .*, base\/4\/pg_filenode\.map are/,
  );
  for (const name of ['1', '4']) cpSync(join(dataDir, 'base/5'), join(dataDir, 'base', name), { recursive: true });
  const database = await openEmbedded(dataDir, { schema: 'public' });
  t.is((await database.store.getEvents(id)).length, 3);
  await database.close();
  t.is(readFileSync(join(dataDir, 'maestro.json'), 'utf8'), '{"format":1,"postgres":"18","engine":"pglite"}\n');
});

/** Damage that shows without opening the database: what is put in place of a path, if anything. */
const VISIBLE: Readonly<Record<string, readonly [path: string, content?: Buffer | 'folder']>> = {
  'without PG_VERSION': ['PG_VERSION'],
  'with letters in PG_VERSION': ['PG_VERSION', Buffer.from('eighteen\n')],
  'with other bytes in PG_VERSION': ['PG_VERSION', Buffer.from([0xff, 0x00, 0x31, 0x38])],
  'with an empty PG_VERSION': ['PG_VERSION', Buffer.alloc(0)],
  'with a folder as PG_VERSION': ['PG_VERSION', 'folder'],
  'without pg_control': ['global/pg_control'],
  'with a truncated pg_control': ['global/pg_control', Buffer.alloc(100, 1)],
  'with an empty pg_control': ['global/pg_control', Buffer.alloc(0)],
  'with zeros as pg_control': ['global/pg_control', Buffer.alloc(8192)],
  'with a folder as pg_control': ['global/pg_control', 'folder'],
  'without base': ['base'],
  'without pg_wal': ['pg_wal'],
  'without pg_xact': ['pg_xact'],
};

for (const [damage, [path, content]] of Object.entries(VISIBLE))
  test(`a database ${damage} is refused as damaged and left untouched`, async (t) => {
    const dataDir = aLinkedDatabase();
    rmSync(join(dataDir, path), { recursive: true });
    if (content === 'folder') mkdirSync(join(dataDir, path));
    else if (content !== undefined) writeFileSync(join(dataDir, path), content);
    await assertRefusedUntouched(t, dataDir, EmbeddedCorruptError, new RegExp(`damaged: .*${path}`));
  });

test('other bytes as pg_control are refused as damage, and the folder is left untouched', async (t) => {
  const dataDir = aLinkedDatabase();
  rmSync(join(dataDir, 'global/pg_control'));
  writeFileSync(join(dataDir, 'global/pg_control'), randomBytes(8192));
  const before = contentsOf(dataDir);
  await assertRefused(t, dataDir, EmbeddedCorruptError, /damaged/);
  t.deepEqual(contentsOf(dataDir), before);
});

test('after other bytes as write-ahead log are refused as damage and put right, the events are there', async (t) => {
  const dataDir = aDatabase();
  for (const file of segments(dataDir)) writeFileSync(file, randomBytes(16 * 1024 * 1024));

  await assertRefused(t, dataDir, EmbeddedCorruptError, /damaged/);

  for (const file of segments(seed)) cpSync(file, join(dataDir, 'pg_wal', basename(file)));
  const database = await openEmbedded(dataDir, { schema: 'public', timeout: 0 });
  t.teardown(() => database.close());
  t.is((await database.store.getEvents(id, 1)).length, 3);
});

test('a database whose tables are gone is refused as damage, and again the next time', async (t) => {
  const dataDir = aDatabase();
  rmSync(join(dataDir, 'base', '5'), { recursive: true });
  await assertRefused(t, dataDir, EmbeddedCorruptError, /damaged/);
  await assertRefused(t, dataDir, EmbeddedCorruptError, /damaged/);
});

function segments(dataDir: string): string[] {
  const files = readdirSync(join(dataDir, 'pg_wal')).filter((file) => /^[0-9A-F]{24}$/.test(file));
  return files.map((file) => join(dataDir, 'pg_wal', file));
}
