import { randomBytes } from 'node:crypto';
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { chown, stat } from 'node:fs/promises';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { openDatabase } from '../../src/connection/open-database.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import {
  ConnectionLostError,
  DatabaseFullError,
  DatabaseStoppedError,
  DatabaseUnreachableError,
  OutcomeUnknownError,
} from '../../src/store/errors.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { runCli } from '../support/cli/cli.js';
import { aSchemaName, testKnex, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { failureOf } from '../support/cli/error-text.js';
import { anEvent, anId } from '../support/data/factories.js';
import { figure, isFull } from '../support/figures.js';
import { startPostgres } from '../../scripts/support/postgres.js';
import { type TinyDisk, tinyDisk } from '../support/servers/tiny-disk.js';
import { exported } from '../support/data/transfer.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);

/** A body that cannot be compressed. */
const aBody = (bytes: number) => ({ text: randomBytes(bytes / 2).toString('hex') });

/** A disk that is gone when the test is done; where there can be none, the figure says that nothing was shown. */
function aDisk(t: ExecutionContext, megabytes: number, name: string): TinyDisk | undefined {
  const disk = tinyDisk(megabytes);
  if (disk === undefined) {
    figure(name, 'NOT SHOWN: mounting a small disk is not permitted here (it is to root)');
    t.log('Mounting a small disk is not permitted here, so this shows nothing.');
    t.pass();
    return undefined;
  }
  t.teardown(() => disk.close());
  return disk;
}

test('disk full under the tables: exit 4, nothing half, and all is well when there is room again', async (t) => {
  const name = 'disk full: tables';
  const disk = aDisk(t, 3, name);
  if (disk === undefined) return;
  const space = aSchemaName();
  const schema = aSchemaName();
  const { knex } = database;
  const location = join(disk.folder, 'space');
  mkdirSync(location);
  // It belongs to whom the server runs as.
  const { rows } = await knex.raw<{ rows: { path: string }[] }>(`SELECT current_setting('data_directory') AS path`);
  const { uid, gid } = await stat(rows[0]?.path ?? '');
  await chown(location, uid, gid);
  await knex.raw(`CREATE TABLESPACE "${space}" LOCATION '${location}'`);
  const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: schema };
  try {
    await migrate(knex, { schema });
    for (const table of ['event_log', 'snapshots'])
      await knex.raw(`ALTER TABLE "${schema}".${table} SET TABLESPACE "${space}"`);
    const store = new PostgresStore(knex, { schema });
    const acknowledged: Timestamp[] = [];
    const fill = async (): Promise<never> => {
      for (;;) {
        const id = anId();
        await store.commitEvents([anEvent(id, { body: aBody(100_000) }), anEvent(id, { sequence: 2 })]);
        acknowledged.push(id);
      }
    };
    const error = await failureOf(fill());
    t.true(error instanceof DatabaseFullError, String(error));
    t.regex(error.message, /^The database has no room left: could not extend file .*: No space left on device\.$/);

    // Longer than what is left in a page.
    const body = JSON.stringify(aBody(100_000));
    const appended = ['append', 'new', '--type', 'a', '--body', body];
    const file = join(folder, 'log.ndjson');
    await database.store().commitEvents([anEvent(anId(), { body: aBody(200_000) })]);
    writeFileSync(file, await exported(database));
    const imported = ['import', '--file', file];
    const snapshot = ['snapshot', 'put', acknowledged[0]?.hex ?? '', '--sequence', '1', '--body', body];
    const commands = [appended, imported, snapshot];
    let longest = 0;
    for (const argv of commands) {
      const begin = performance.now();
      const { code, stdout, stderr } = await runCli(argv, { env });
      longest = Math.max(longest, performance.now() - begin);
      t.deepEqual([code, stdout], [4, ''], stderr);
      t.regex(stderr, /^error: The database has no room left: .*\nhint: Make room on the disk of the database/);
    }
    t.true(longest < 15_000);
    const stored = await knex.raw<{ rows: { id: string; events: string }[] }>(
      `SELECT encode(aggregate_id, 'hex') AS id, count(*) AS events FROM "${schema}".event_log GROUP BY 1`,
    );
    t.deepEqual(
      stored.rows.map(({ id, events }) => `${id} ${events}`).sort(),
      acknowledged.map(({ hex }) => `${hex} 2`).sort(),
    );
    disk.resize(30);
    for (const argv of commands) t.is((await runCli(argv, { env })).code, 0);
    figure(
      name,
      `a tablespace on a tmpfs of 3 MB: ${commands.length} commands exit 4, MAESTRO_DATABASE_FULL, ≤ ${(longest / 1000).toFixed(1)} s; ` +
        `${acknowledged.length} commits acknowledged, all of them and nothing else stored`,
    );
  } finally {
    await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await knex.raw(`DROP TABLESPACE "${space}"`);
  }
});

test.serial(
  'disk full under the embedded database: an error and no hang, and what was acknowledged is there',
  async (t) => {
    const name = 'disk full: embedded database';
    const disk = aDisk(t, 44, name);
    if (disk === undefined) return;
    const dataDir = join(disk.folder, 'data');
    const embedded = await openDatabase({ dataDir });
    await migrate(embedded.knex);
    const acknowledged = new Set<string>();
    let last = anId();
    const fill = async (): Promise<never> => {
      for (;;) {
        last = anId();
        await embedded.store.commitEvents([anEvent(last, { body: aBody(1_000_000) })]);
        acknowledged.add(last.hex);
      }
    };
    const error = await failureOf(fill());
    // PostgreSQL stops itself when it cannot write its log: during a statement nothing was committed, during COMMIT who knows.
    const isUnknown = error instanceof OutcomeUnknownError;
    t.true(isUnknown || error instanceof DatabaseFullError, String(error));
    t.regex(error.message, /No space left on device/);
    const after = await failureOf(embedded.store.getEvents(last, 1));
    t.true(after instanceof DatabaseStoppedError, String(after));
    t.regex(after.message, /^The embedded database has stopped: .*No space left on device\.$/);
    await embedded.close();

    for (const argv of [
      ['events', last.hex],
      ['append', 'new', '--type', 'a', '--body', '{}'],
    ]) {
      const { code, stderr } = await runCli([...argv, '--data-dir', dataDir]);
      t.is(code, 4, stderr);
      t.regex(
        stderr,
        /^error: The embedded database in .* does not start, and its disk has only \d+ MiB left\.\nhint: /,
      );
    }
    disk.resize(200);
    const again = await openDatabase({ dataDir });
    t.teardown(() => again.close());
    const { rows } = await again.knex.raw<{ rows: { id: string }[] }>(
      `SELECT encode(aggregate_id, 'hex') AS id FROM event_log`,
    );
    const stored = new Set(rows.map(({ id }) => id));
    t.is(stored.size, rows.length, 'twice');
    const lost = [...acknowledged].filter((id) => !stored.has(id));
    t.deepEqual(lost, []);
    const more = [...stored].filter((id) => !acknowledged.has(id));
    t.true(more.every((id) => isUnknown && id === last.hex));
    t.true((await again.store.commitEvents([anEvent()])).ok);
    figure(
      name,
      `on a tmpfs of 44 MB: ${acknowledged.size} commits acknowledged, ${lost.length} lost, the last ${isUnknown ? 'unknown (exit 6)' : 'refused (exit 4)'}; ` +
        'opening it exits 4 until there is room, then it works on',
    );
  },
);

test.serial('disk full where the embedded database is to be made: exit 4, and nothing is left', async (t) => {
  const name = 'disk full: making the embedded database';
  const disk = aDisk(t, 2, name);
  if (disk === undefined) return;
  const argv = ['migrate', '--data-dir', join(disk.folder, 'data')];
  const { code, stdout, stderr } = await runCli(argv);
  t.deepEqual([code, stdout], [4, '']);
  t.regex(stderr, /^error: The embedded database .* cannot be created: ENOSPC\.\nhint: Make room on the disk/);
  t.deepEqual(readdirSync(disk.folder), ['data.lock']);
  writeFileSync(join(disk.folder, 'filler'), '');
  disk.resize(100);
  t.is((await runCli(argv)).code, 0);
  rmSync(join(disk.folder, 'filler'));
  figure(name, 'on a tmpfs of 2 MB: exit 4, MAESTRO_DATABASE_FULL, nothing left; works when there is room');
});

if (isFull)
  test.serial('disk full under a whole server, its write-ahead log included', async (t) => {
    const name = 'disk full: a whole server';
    const disk = aDisk(t, 90, name);
    if (disk === undefined) return;
    const server = await startPostgres(['-c', 'max_wal_size=2MB', '-c', 'min_wal_size=2MB'], {
      below: disk.folder,
      initdbFlags: ['--wal-segsize=1'],
    });
    t.teardown(() => server.stop());
    const knex = testKnex({ connection: server.url });
    t.teardown(() => knex.destroy());
    await migrate(knex);
    const store = new PostgresStore(knex, { recoveryTimeout: 3_000 });
    const acknowledged = new Set<string>();
    const unknown = new Set<string>();
    const kinds: Record<string, number> = {};
    await Promise.all(
      Array.from({ length: 4 }, async () => {
        for (let failures = 0; failures < 5;) {
          const id = anId();
          try {
            await store.commitEvents([anEvent(id, { body: aBody(300_000) })]);
            acknowledged.add(id.hex);
          } catch (error) {
            failures += 1;
            const kind = (error as Error).name;
            kinds[kind] = (kinds[kind] ?? 0) + 1;
            if (error instanceof OutcomeUnknownError) unknown.add(id.hex);
            else
              t.true(
                [DatabaseFullError, ConnectionLostError, DatabaseUnreachableError].some(
                  (each) => error instanceof each,
                ),
                String(error),
              );
          }
        }
      }),
    );
    disk.resize(400);
    await server.restart();
    const { rows } = await knex.raw<{ rows: { id: string }[] }>(
      `SELECT encode(aggregate_id, 'hex') AS id FROM event_log`,
    );
    const stored = new Set(rows.map(({ id }) => id));
    t.is(stored.size, rows.length, 'twice');
    const lost = [...acknowledged].filter((id) => !stored.has(id));
    t.deepEqual(lost, []);
    const untold = [...stored].filter((id) => !acknowledged.has(id) && !unknown.has(id));
    t.deepEqual(untold, [], 'stored, although it was said that it is not');
    t.true((await store.commitEvents([anEvent()])).ok);
    const failures = Object.entries(kinds).map(([kind, count]) => `${count} ${kind}`);
    figure(
      name,
      `on a tmpfs of 90 MB, 4 writers: ${acknowledged.size} acknowledged, ${lost.length} lost, ${failures.join(', ')}, ${untold.length} untold`,
    );
  });
