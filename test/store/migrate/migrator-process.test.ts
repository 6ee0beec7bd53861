import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import test from 'ava';
import { migrationStatus } from '../../../src/store/migrate/migration-status.js';
import { STEPS } from '../../support/data/steps.js';
import { aSchemaName, testKnex, testUrl } from '../../support/database.js';

const root = fileURLToPath(new URL('../../..', import.meta.url));

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

  await knex('migrate:latest');
  const own = testKnex({ connection: url });
  t.teardown(() => own.destroy());
  t.true((await migrationStatus(own)).upToDate, 'Maestro sees what knex has done');
  await knex('migrate:rollback');
  const { steps } = await migrationStatus(own);
  t.deepEqual(
    steps.map(({ name, state }) => [name, state]),
    STEPS.map((step) => [step, 'pending']),
    'and what it has taken back',
  );
  const listed = await knex('migrate:list');
  for (const step of STEPS) t.regex(listed, new RegExp(`Pending[\\s\\S]*${step}`));
});
