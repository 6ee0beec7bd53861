import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { exitCodeFor, UNAVAILABLE } from '../../../src/cli/exit-codes.js';
import type { Database } from '../../../src/connection/database.js';
import { type EmbeddedOptions, openEmbedded } from '../../../src/connection/embedded/embedded.js';
import { EmbeddedDatabaseBusyError, EmbeddedFolderError } from '../../../src/connection/errors.js';
import { NotMigratedError } from '../../../src/store/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { useTemporaryFolder } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { contentsOf } from '../../support/folders.js';
import { type Child, useProcesses } from '../../support/children/processes.js';

const temporary = useTemporaryFolder(test);
const processes = useProcesses(test, 'embedded-child.ts');

/** A place for a database, with nothing else around. */
function aPlace(): string {
  return join(temporary, randomBytes(6).toString('hex'), 'data');
}

/** Another process that has the database open. */
async function aHolder(t: ExecutionContext, dataDir: string): Promise<Child> {
  const holder = processes.start('hold', dataDir);
  t.is(await holder.line(), 'open');
  return holder;
}

async function opened(t: ExecutionContext, dataDir: string, options: Partial<EmbeddedOptions> = {}): Promise<Database> {
  const database = await openEmbedded(dataDir, { schema: 'public', timeout: 0, ...options });
  t.teardown(() => database.close());
  return database;
}

test('a second process gives up after its time, naming the holder, and gets in when the holder closes', async (t) => {
  const dataDir = aPlace();
  const id = anId();
  const holder = await aHolder(t, dataDir);

  const error = await t.throwsAsync(opened(t, dataDir, { timeout: 100 }), { instanceOf: EmbeddedDatabaseBusyError });

  for (const fact of [dataDir, `process ${holder.pid} `, hostname(), 'a test that holds', '0.1 s'])
    t.true(error?.message.includes(fact), `${fact} is not in: ${error?.message}`);
  t.regex(error?.hint ?? '', /--timeout/);
  t.is(exitCodeFor(error), UNAVAILABLE);

  const told: string[] = [];
  const onWait = (who: string) => {
    told.push(who);
    holder.tell(id.hex);
    holder.tell('close');
  };
  const database = await opened(t, dataDir, { timeout: 60_000, onWait });

  t.is(told.length, 1);
  t.regex(told[0] ?? '', new RegExp(`process ${holder.pid} on .* \\(a test that holds\\)`));
  const [event] = await database.store.getEvents(id, 1);
  t.is(await holder.line(), `1 ${event?.timestamp.hex}`, 'what the holder wrote after it was waited for');
  t.is(await holder.line(), 'closed');
  await holder.ended();
});

test('a holder that is killed frees the database at once, with all that it had acknowledged', async (t) => {
  const dataDir = aPlace();
  const id = anId();
  const holder = await aHolder(t, dataDir);
  holder.tell(id.hex);
  const acknowledged = await holder.line();

  await holder.kill();

  const database = await opened(t, dataDir, { timeout: 0, onWait: () => t.fail('had to wait') });
  const events = await database.store.getEvents(id, 1);
  t.deepEqual(
    events.map(({ sequence, timestamp }) => `${sequence} ${timestamp.hex}`),
    [acknowledged],
  );
});

test('whoever has it open is alone, in the same process too, and whichever link leads to it', async (t) => {
  const dataDir = aPlace();
  const first = await opened(t, dataDir, { purpose: 'the first' });
  await migrate(first.knex);
  const event = anEvent();
  t.true((await first.store.commitEvents([event])).ok);
  const link = join(dirname(dataDir), 'link');
  symlinkSync(dataDir, link, 'junction');

  await t.throwsAsync(opened(t, dataDir), { instanceOf: EmbeddedDatabaseBusyError, message: /the first/ });
  const giveUp = new AbortController();
  const waiting = opened(t, dataDir, { timeout: 60_000, signal: giveUp.signal, onWait: () => giveUp.abort() });
  await t.throwsAsync(waiting, { name: 'AbortError' });
  await t.throwsAsync(opened(t, link), { instanceOf: EmbeddedDatabaseBusyError });

  t.is((await first.store.getEvents(event.aggregateId, 1)).length, 1, 'the first is unharmed');
  await first.close();
  await t.notThrowsAsync(first.close(), 'closing twice is harmless');
  const second = await opened(t, dataDir);
  t.is((await second.store.getEvents(event.aggregateId, 1)).length, 1);
});

test('a link to an empty folder is followed, not replaced', async (t) => {
  const dataDir = aPlace();
  const elsewhere = join(dirname(dataDir), 'elsewhere');
  mkdirSync(elsewhere, { recursive: true });
  symlinkSync(elsewhere, dataDir, 'junction');
  await opened(t, dataDir);
  t.true(existsSync(join(elsewhere, 'PG_VERSION')), readdirSync(elsewhere).join());
});

test('without leave to create, nothing is made: no folder, no lock', async (t) => {
  const dataDir = aPlace();
  await t.throwsAsync(openEmbedded(dataDir, { schema: 'public', create: false }), {
    instanceOf: NotMigratedError,
    message: new RegExp(dataDir.replace(/[.\\]/g, '\\$&')),
  });
  t.false(existsSync(dirname(dataDir)));
  mkdirSync(dataDir, { recursive: true });
  await t.throwsAsync(openEmbedded(dataDir, { schema: 'public', create: false }), { instanceOf: NotMigratedError });
  t.deepEqual(readdirSync(dirname(dataDir)), ['data']);
});

test('of two processes that find no database one makes it, and both use it', async (t) => {
  const dataDir = aPlace();
  const holders = [processes.start('hold', dataDir), processes.start('hold', dataDir)];
  const id = anId();
  for (const holder of holders) {
    holder.tell(id.hex);
    holder.tell('close');
  }
  const said = await Promise.all(
    holders.map(async (holder) => [await holder.line(), await holder.line(), await holder.line()]),
  );
  t.deepEqual(said.map(([open, appended, closed]) => [open, appended?.split(' ')[0], closed]).sort(), [
    ['open', '1', 'closed'],
    ['open', '2', 'closed'],
  ]);
});

test('what a dead process left behind does not stand in the way: a lock file, a half-made folder', async (t) => {
  const dataDir = aPlace();
  const unfinished = `${dataDir}.new`;
  mkdirSync(join(unfinished, 'base', '1'), { recursive: true });
  writeFileSync(join(unfinished, 'maestro.json'), '{"format":1,"postgres":"18","engine":"pglite"}\n');
  writeFileSync(join(unfinished, 'PG_VERSION'), '1');
  writeFileSync(join(unfinished, 'base', '1', '1259'), randomBytes(1000));
  writeFileSync(`${dataDir}.lock`, `{"pid":${process.pid},"host":"${hostname()}","purpose":"long gone"}\n`);

  const database = await opened(t, dataDir, { onWait: () => t.fail('had to wait') });

  t.is(database.location, dataDir);
  await t.notThrowsAsync(migrate(database.knex));
  t.notRegex(readFileSync(`${dataDir}.lock`, 'utf8'), /long gone/);
});

test('a process that is killed while it makes the database leaves nothing that stands in the way', async (t) => {
  const dataDir = aPlace();
  for (const [call, count] of [
    ['writeFileSync', 1],
    ['writeFileSync', 200],
    ['renameSync', 1],
  ] as const) {
    const maker = processes.start('make', dataDir, call, String(count));
    await t.throwsAsync(maker.line(), { message: /SIGKILL/ }, `not killed at ${call} ${count}`);
    t.false(existsSync(dataDir));
  }
  const database = await opened(t, dataDir);
  await t.notThrowsAsync(migrate(database.knex));
  t.deepEqual(readdirSync(dirname(dataDir)).sort(), ['data', 'data.lock'], 'nothing is left beside it');
});

test("somebody else's folder whose name resembles ours is left untouched", async (t) => {
  const dataDir = aPlace();
  const theirs = `${dataDir}.new`;
  mkdirSync(theirs, { recursive: true });
  writeFileSync(join(theirs, 'thesis.txt'), 'ten years of work');
  const before = contentsOf(theirs);
  await opened(t, dataDir).catch(() => undefined);
  t.true(existsSync(theirs), 'gone');
  t.deepEqual(contentsOf(theirs), before);
});

test("somebody else's file whose name resembles ours is left untouched, and is no defect of Maestro", async (t) => {
  const dataDir = aPlace();
  mkdirSync(dirname(dataDir), { recursive: true });
  writeFileSync(`${dataDir}.new`, 'ten years of work');
  const failure = await opened(t, dataDir).catch((error: unknown) => error);
  t.is(readFileSync(`${dataDir}.new`, 'utf8'), 'ten years of work');
  if (failure instanceof Error) t.true(failure instanceof EmbeddedFolderError, String(failure));
});

test('a folder that the file system refuses is told as such, not as a defect', async (t) => {
  const name = 'x'.repeat(300);
  const error = await t.throwsAsync(openEmbedded(join(temporary, name), { schema: 'public' }), {
    instanceOf: EmbeddedFolderError,
  });
  t.regex(error.message, /ENAMETOOLONG/);
  t.regex(error.hint ?? '', /--data-dir/);
});
