import test from 'ava';
import { park } from '../../../src/projection/apply/parked.js';
import type { Copy } from '../../../src/projection/copies/copy.js';
import { DependentObjectsError } from '../../../src/projection/copies/errors.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { cancelRebuild } from '../../../src/projection/rebuild/cancel-rebuild.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { RebuildBlockedError } from '../../../src/projection/worker/errors.js';
import { Obstacles } from '../../../src/projection/worker/obstacles.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { anId } from '../../support/data/factories.js';
import { aSchemaName, testKnex, useOwnDatabase } from '../../support/database.js';
import { aJournal } from '../../support/projection/journal.js';

// What is looked at is who else is at work in the database.
const url = useOwnDatabase(test);
const schema = aSchemaName();
const knex = testKnex({ connection: url, searchPath: [schema] });
test.serial.before(() => migrate(knex, { schema }));
test.after.always(() => knex.destroy());

async function aRebuild() {
  const journal = aJournal();
  const { definition } = aJournal({ table: journal.table, version: 2 });
  await registerCopy(knex, schema, journal.definition);
  const copy = (await startRebuild(knex, schema, definition)) as Copy;
  const errors: unknown[] = [];
  const obstacles = new Obstacles({ knex, schema, onError: (error) => errors.push(error) });
  return { obstacles, errors, own: { copy, definition }, table: journal.table };
}

test.serial('nobody goes through the log for a copy in which something is parked', async (t) => {
  const { obstacles, own } = await aRebuild();
  t.is(await obstacles.find(own), undefined);
  const id = anId();
  await park(knex, schema, own.copy.id, { aggregateId: id, sequence: 1, reason: 'failed', error: 'bad' });
  t.is(await obstacles.find(own), 'passing');
  await knex('maestro_parked').where({ copy: own.copy.id }).delete();
  t.is(await obstacles.find(own), undefined);
});

test.serial('nor while what others have on the tables is there, which is told each time', async (t) => {
  const { obstacles, errors, own, table } = await aRebuild();
  await knex.raw('CREATE VIEW watched AS SELECT * FROM ??', [table]);
  t.is(await obstacles.find(own), undefined, 'nobody has been refused');
  obstacles.refused(own, new DependentObjectsError(table, ['view watched']));
  t.is(await obstacles.find(own), 'lasting');
  t.is(errors.length, 2);
  await knex.raw('DROP VIEW watched');
  t.is(await obstacles.find(own), undefined);
});

test.serial('nor until a transaction that was in the way has ended, which is named', async (t) => {
  const { obstacles, errors, own, table } = await aRebuild();
  const vacuum = await knex.transaction();
  t.teardown(() => vacuum.rollback());
  await vacuum.raw('LOCK TABLE maestro_positions IN SHARE UPDATE EXCLUSIVE MODE');
  const reader = await knex.transaction();
  t.teardown(() => reader.rollback());
  await reader.raw("SELECT set_config('application_name', 'a report', true)");
  await reader(table);
  const { rows } = await reader.raw<{ rows: [{ pid: number }] }>('SELECT pg_backend_pid() AS pid');
  while (!(await obstacles.isForLong(own.copy.name)));
  await obstacles.blocked(own);
  t.deepEqual(errors, [], 'it may have been a short one');
  t.is(await obstacles.find(own), 'passing');
  t.is(await obstacles.find(own), 'passing');
  t.is(errors.length, 1, 'the same is not told again so soon');
  const [error] = errors as [RebuildBlockedError];
  t.true(error instanceof RebuildBlockedError);
  t.like(error, { projection: table, version: 2, code: 'MAESTRO_REBUILD_BLOCKED' });
  t.like(error.blockers, [
    { reason: 'vacuums them' },
    { pid: rows[0].pid, applicationName: 'a report', reason: 'uses the tables' },
  ]);
  t.regex(
    error.message,
    /, are filled, and not in use yet: process .* vacuums them; process \d+ \("a report", \d+ seconds\) uses the tables\.$/,
  );
  await reader.rollback();
  await vacuum.rollback();
  t.is(await obstacles.find(own), undefined);
  t.truthy(await cancelRebuild(knex, schema, table));
});
