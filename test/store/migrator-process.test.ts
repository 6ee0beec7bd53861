import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { migrate } from '../../src/store/migrator.js';
import { migrationStatus } from '../../src/store/migration-status.js';
import { aSchemaName, testKnex, testUrl } from '../support/database.js';

const root = fileURLToPath(new URL('../..', import.meta.url));
const MAESTRO = `${root}/dist/bin/maestro.js`;
const STEPS = ['0001_create_event_log', '0002_create_snapshots'];

test('a runner that is killed in the middle leaves nothing, and does not hold up the next', async (t) => {
  const knex = testKnex();
  const schema = aSchemaName();
  t.teardown(async () => {
    await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await knex.destroy();
  });
  await knex.raw(`CREATE SCHEMA "${schema}"`);
  // A table of that name that is not committed yet: the runner waits for it, its first step taken.
  const obstacle = await knex.transaction();
  await obstacle.raw(`CREATE TABLE "${schema}".snapshots (n integer)`);
  const runner = spawn(process.execPath, [MAESTRO, 'migrate', '--url', testUrl(), '--schema', schema]);
  while ((await waiting(schema)) === 0) await delay(10);

  runner.kill('SIGKILL');
  await once(runner, 'exit');
  await obstacle.rollback();

  t.deepEqual(await migrate(knex, { schema }), { applied: STEPS, adopted: [] });
  t.true((await migrationStatus(knex, { schema })).upToDate);

  async function waiting(name: string): Promise<number> {
    const sql = `SELECT count(*)::int AS count FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ?`;
    const { rows } = await knex.raw<{ rows: { count: number }[] }>(sql, [`%"${name}"%`]);
    return rows[0]?.count ?? 0;
  }
});

test('knex’s own command line lists, takes and takes back the same steps', async (t) => {
  const admin = testKnex();
  const database = aSchemaName();
  const url = testUrl().replace(/\/postgres$/, `/${database}`);
  await admin.raw(`CREATE DATABASE "${database}"`);
  t.teardown(async () => {
    await admin.raw(`DROP DATABASE "${database}" WITH (FORCE)`);
    await admin.destroy();
  });
  const env = { ...process.env, DATABASE_URL: url, NODE_OPTIONS: '--import tsx' };
  const knex = async (command: string) =>
    (await promisify(execFile)(process.execPath, [`${root}/node_modules/knex/bin/cli.js`, command], { cwd: root, env }))
      .stdout;

  const before = await knex('migrate:list');
  for (const step of STEPS) t.regex(before, new RegExp(`Pending[\\s\\S]*${step}`));
  await knex('migrate:latest');
  const own = testKnex({ connection: url });
  t.true((await migrationStatus(own)).upToDate, 'Maestro sees what knex has done');
  await own.destroy();
  await knex('migrate:rollback');
  t.regex(await knex('migrate:list'), /Pending[\s\S]*0001_create_event_log/);
});
