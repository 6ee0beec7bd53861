import test from 'ava';
import { eraseAggregate } from '../../../../src/admin/erase-aggregate/erase-aggregate.js';
import { EraseRefusedError } from '../../../../src/admin/erase-aggregate/errors.js';
import { aProjectedLog, writeConfigurations } from '../../../support/cli/projection-commands.js';
import { anEvent } from '../../../support/data/factories.js';
import { useSchemas, useTemporaryFolder } from '../../../support/database.js';

const { knex, aSchema } = useSchemas(test);
const folder = useTemporaryFolder(test);
writeConfigurations(folder);
const WHY = ['--reason', 'GDPR request 4711'];
const uncovered = ['--config', 'uncovered.config.ts'];

async function aLog() {
  const log = await aProjectedLog({ knex, folder }, aSchema());
  const [ada, grace] = await log.open('Ada', 'Grace');
  if (ada === undefined || grace === undefined) throw new Error('nobody');
  await log.store.commitEvents([anEvent(ada, { sequence: 2, type: 'renamed', body: { owner: 'Ada L.' } })]);
  await log.maestro(['projections', 'run', '--once']);
  const positions = async () => {
    const { rows } = await knex.raw<{ rows: { name: string; sequence: number }[] }>(
      `SELECT p.name, q.sequence FROM ??.maestro_positions q JOIN ??.maestro_projections p ON p.id = q.copy WHERE aggregate_id = ? ORDER BY 1`,
      [log.schema, log.schema, ada.encode()],
    );
    return rows.map(({ name, sequence }) => `${name} ${sequence}`);
  };
  return { ...log, ada, positions };
}

test('erase removes an aggregate from the read models that the configuration has, in the same transaction', async (t) => {
  const log = await aLog();
  const plan = await log.maestro(['erase', log.ada.hex]);
  t.is(plan.code, 0, plan.stderr);
  t.regex(plan.stdout, /^read model +projection owners 1: to erase$/m);
  t.deepEqual(await log.owners(), ['Ada L.', 'Grace']);
  t.deepEqual(await log.positions(), ['mails 2', 'owners 2']);

  const done = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute', '-o', 'json']);
  t.is(done.code, 0, done.stderr);
  t.deepEqual((JSON.parse(done.stdout) as { projections: unknown }).projections, [
    { name: 'owners', version: 1, status: 'live', covered: true },
  ]);
  t.deepEqual(await log.owners(), ['Grace']);
  t.deepEqual(await log.positions(), []);
  const again = await log.maestro(['projections', 'run', '--once']);
  t.is(again.code, 0, again.stderr);
  t.deepEqual(await log.owners(), ['Grace']);
});

test('erase removes an aggregate from the record of moves, and leaves the rest of that', async (t) => {
  const log = await aLog();
  const [other] = await log.open('Bob');
  if (other === undefined) throw new Error('nobody');
  await knex.raw(
    `INSERT INTO ??.maestro_moves (copy, aggregate_id) SELECT id, moved
FROM ??.maestro_projections, (SELECT NULL::bytea UNION ALL SELECT unnest(?::bytea[])) AS moves(moved)`,
    [log.schema, log.schema, [log.ada.encode(), log.ada.encode(), other.encode()]],
  );
  const done = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute']);
  t.is(done.code, 0, done.stderr);
  const left = await knex('maestro_moves').withSchema(log.schema).orderBy('copy').pluck('aggregate_id');
  t.is(left.length, 4, 'of two copies each');
  t.deepEqual(left.filter(Boolean), [other.encode(), other.encode()]);
});

test('erase refuses when a read model would keep the aggregate, names it in the plan, and --force leaves it', async (t) => {
  const log = await aLog();
  for (const options of [uncovered, ['--config', 'next.config.ts']]) {
    const plan = await log.maestro(['erase', log.ada.hex, ...options]);
    t.is(plan.code, 0);
    t.regex(plan.stdout, /^read model +projection owners 1: not erased: no `erased` for it is configured$/m);
    t.regex(
      plan.stderr,
      /^warning: projection owners 1 is not covered: .* would stay\. Remove .*: `maestro projections drop owners.*\. Without --force the erasure will be refused/ms,
    );
    const refused = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute', ...options]);
    t.is(refused.code, 5);
    t.regex(refused.stderr, /^error: Projections have taken in events of \w+, .*: owners 1\.$/m);
  }
  const alone = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute'], { cwd: '/' });
  t.is(alone.code, 5, 'without any configuration');
  t.is((await log.store.getEvents(log.ada, 1)).length, 2);

  const forced = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute', '--force', ...uncovered]);
  t.is(forced.code, 0, forced.stderr);
  t.regex(forced.stderr, /^warning: projection owners 1 is not covered: .* of the aggregate stays\.$/ms);
  t.deepEqual(await log.owners(), ['Ada L.', 'Grace']);
  t.deepEqual(await log.positions(), []);
});

test('after paths are erased, read models take the rewritten history in again', async (t) => {
  const log = await aLog();
  const paths = ['--paths', '/owner', '--replace', '"gone"'];
  const refused = await log.maestro(['erase', log.ada.hex, ...paths, ...WHY, '--execute', ...uncovered]);
  t.is(refused.code, 5, refused.stderr);
  const done = await log.maestro(['erase', log.ada.hex, ...paths, ...WHY, '--execute']);
  t.is(done.code, 0, done.stderr);
  t.deepEqual(await log.owners(), ['Grace']);
  t.deepEqual(await log.positions(), ['mails 2', 'owners 0'], 'a subscription does not react again');
  t.is((await log.maestro(['projections', 'run', '--once'])).code, 0);
  t.deepEqual(await log.owners(), ['Grace', 'gone']);
});

test('after paths are erased, no error text repeats what was in a body, of whichever copy', async (t) => {
  const log = await aLog();
  const [bob] = await log.open('bad Bob');
  if (bob === undefined) throw new Error('nobody');
  await log.maestro(['projections', 'run', '--once']);
  for (const [table, columns, values] of [
    ['parked', 'reason, attempts, first_failed_at, failed_at, next_try', "'failed', 1, now(), now(), now()"],
    ['skipped', 'reason, skipped_at', "'a test', now()"],
  ] as const)
    await knex.raw(
      `INSERT INTO ??.maestro_${table} (copy, aggregate_id, sequence, error, ${columns})
SELECT id, ?, 1, 'no mail to bad Bob', ${values} FROM ??.maestro_projections WHERE name = 'mails'`,
      [log.schema, bob.encode(), log.schema],
    );
  const texts = async (table: string) =>
    (await knex(table).withSchema(log.schema).where({ aggregate_id: bob.encode() }).select<{ error: string }[]>()).map(
      ({ error }) => error,
    );
  t.is((await texts('maestro_parked')).filter((text) => text.includes('Bob')).length, 2);
  const paths = ['--paths', '/owner', '--replace', '"gone"', '--force', ...uncovered];
  const done = await log.maestro(['erase', bob.hex, ...paths, ...WHY, '--execute']);
  t.is(done.code, 0, done.stderr);
  t.deepEqual([await texts('maestro_parked'), await texts('maestro_skipped')], [[], ['erased']]);
  t.is((await log.maestro(['projections', 'run', '--once'])).code, 0);
  t.deepEqual(await log.owners(), ['Ada L.', 'Grace', 'gone']);
});

test('an erasure that fails changes no read model', async (t) => {
  const log = await aLog();
  await knex.raw(
    `CREATE FUNCTION ??.keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
CREATE TRIGGER keep BEFORE DELETE ON ??.event_log FOR EACH ROW EXECUTE FUNCTION ??.keep()`,
    [log.schema, log.schema, log.schema],
  );
  t.is((await log.maestro(['erase', log.ada.hex, ...WHY, '--execute'])).code, 5);
  t.deepEqual(await log.owners(), ['Ada L.', 'Grace']);
  t.deepEqual(await log.positions(), ['mails 2', 'owners 2']);
});

test('when a projection fails to remove the aggregate, nothing is erased', async (t) => {
  const log = await aLog();
  await knex.raw(
    `CREATE FUNCTION ??.refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''kept by law''; END';
CREATE TRIGGER refuse BEFORE DELETE ON ??.owners FOR EACH ROW EXECUTE FUNCTION ??.refuse()`,
    [log.schema, log.schema, log.schema],
  );
  for (const force of [[], ['--force']]) {
    const { code, stderr } = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute', ...force]);
    t.is(code, 5);
    t.regex(stderr, /^error: The projection owners cannot remove \w+: kept by law\. Nothing was erased\.$/m);
  }
  t.is((await log.store.getEvents(log.ada, 1)).length, 2);
  t.deepEqual(await log.positions(), ['mails 2', 'owners 2']);
});

test('erase reaches the copy that is being filled, too', async (t) => {
  const log = await aLog();
  await log.open('bad Bob');
  t.is((await log.maestro(['projections', 'rebuild', 'owners'])).code, 1);
  const { rows } = await knex.raw<{ rows: { build_schema: string }[] }>(
    `SELECT build_schema FROM ??.maestro_projections WHERE status = 'building'`,
    [log.schema],
  );
  const built = async () => {
    const found = await knex.raw<{ rows: { owner: string }[] }>('SELECT owner FROM ??.owners', [
      rows[0]?.build_schema ?? '',
    ]);
    return found.rows.map(({ owner }) => owner).sort();
  };
  t.deepEqual(await built(), ['Ada L.', 'Grace']);
  const done = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute']);
  t.is(done.code, 0, done.stderr);
  t.regex(done.stdout, /^read model +projection owners 1 \(being rebuilt\): erased$/m);
  t.deepEqual([await built(), await log.owners()], [['Grace'], ['Grace']]);
});

test('erase drops the tables that a rebuild has replaced, and refuses where it may not', async (t) => {
  const log = await aLog();
  const [copy] = await knex(`maestro_projections`).withSchema(log.schema).where({ name: 'owners' });
  const retired = `maestro_retired_${log.schema}_${(copy as { id: number }).id}`;
  await knex.raw('CREATE SCHEMA ??', [retired]);
  await knex.raw('CREATE TABLE ??.owners AS TABLE ??.owners', [retired, log.schema]);
  const replaced = { status: 'retired', build_schema: retired };
  await knex('maestro_projections').withSchema(log.schema).where({ name: 'owners' }).update(replaced);
  t.teardown(() => knex.raw('DROP SCHEMA IF EXISTS ?? CASCADE', [retired]));
  const there = async () =>
    (await knex.raw<{ rows: unknown[] }>('SELECT FROM pg_namespace WHERE nspname = ?', [retired])).rows.length;

  const refused = eraseAggregate({ knex, schema: log.schema }, { aggregateId: log.ada });
  await t.throwsAsync(refused, { instanceOf: EraseRefusedError, message: /: owners 1 \(replaced\)\.$/ });
  const plan = await log.maestro(['erase', log.ada.hex]);
  t.regex(plan.stdout, /^read model +projection owners 1 \(replaced\): to erase$/m);
  t.is(await there(), 1);
  const done = await log.maestro(['erase', log.ada.hex, ...WHY, '--execute']);
  t.is(done.code, 0, done.stderr);
  t.is(await there(), 0);
  t.deepEqual(await log.positions(), []);
});
