import test from 'ava';
import { aProjectedLog, writeConfigurations } from '../../../support/cli/projection-commands.js';
import { anEvent } from '../../../support/data/factories.js';
import { useSchemas, useTemporaryFolder } from '../../../support/database.js';
import { buildSchemasOf } from '../../../support/projection/read-models.js';

const { knex, aSchema } = useSchemas(test);
const folder = useTemporaryFolder(test);
writeConfigurations(folder);
/** A folder without a configuration, as of code that has the projections no longer. */
const without = { cwd: '/' };

/** A log whose projections have run, with an aggregate that `owners` has parked. */
async function aLog(options: { partitions?: number } = {}) {
  const log = await aProjectedLog({ knex, folder }, aSchema(), options);
  const [ada] = await log.open('Ada', 'Grace', 'bad Bob');
  if (ada === undefined) throw new Error('nobody');
  await log.maestro(['projections', 'run', '--once']);
  /** Rows of each table that tell of a projection or subscription. */
  const left = async (name: string) => {
    const copies = await knex('maestro_projections')
      .withSchema(log.schema)
      .where({ name })
      .select<{ id: number }[]>('id');
    const counts: number[] = [];
    for (const table of ['maestro_positions', 'maestro_parked', 'maestro_skipped', 'maestro_workers'])
      counts.push(
        (
          await knex(table)
            .withSchema(log.schema)
            .whereIn(
              'copy',
              copies.map(({ id }) => id),
            )
        ).length,
      );
    return [copies.length, ...counts];
  };
  const hasTable = async () => await knex.schema.withSchema(log.schema).hasTable('owners');
  return { ...log, ada, left, hasTable };
}

for (const partitions of [1, 3])
  test(`drop shows what it would remove, and removes it with --execute: ${partitions} partitions`, async (t) => {
    const log = await aLog({ partitions });
    const before = await log.left('owners');
    t.deepEqual(before, [1, 3, 1, 0, 0]);
    const plan = await log.maestro(['projections', 'drop', 'owners'], without);
    t.is(plan.code, 0, plan.stderr);
    t.is(
      plan.stdout.replace(/ {2,}/g, ' | '),
      `projection | owners\nversions to drop | 1 (live)\ntables to drop | ${log.schema}.owners\npositions to drop | 3\n`,
    );
    t.is(plan.stderr, 'note: nothing was changed; to execute this plan, add --execute\n');
    t.deepEqual([await log.left('owners'), await log.hasTable()], [before, true]);

    const done = await log.maestro(['projections', 'drop', 'owners', '--execute', '-o', 'json'], without);
    t.deepEqual([done.code, done.stderr], [0, '']);
    t.deepEqual(JSON.parse(done.stdout), {
      name: 'owners',
      kind: 'projection',
      executed: true,
      copies: [{ version: 1, status: 'live', tables: [`${log.schema}.owners`], positions: 3 }],
      left: 0,
    });
    t.deepEqual([await log.left('owners'), await log.hasTable()], [[0, 0, 0, 0, 0], false]);
    t.deepEqual(await buildSchemasOf(knex, log.schema), []);
    t.deepEqual(await log.left('mails'), [1, 3, 0, 0, 0], 'no other is touched');
    t.is((await log.store.getEvents(log.ada, 1)).length, 1);

    const again = await log.maestro(['projections', 'drop', 'owners', '--execute'], without);
    t.is(again.code, 3);
    t.regex(again.stderr, /^error: The database knows no projection and no subscription "owners"\./);
  });

test('a projection that the code has no longer is named by doctor and erase with its remedy, and by neither once it is dropped', async (t) => {
  const log = await aLog();
  await log.store.commitEvents([anEvent(log.ada, { sequence: 2, type: 'renamed', body: { owner: 'Ada L.' } })]);
  const erase = () => log.maestro(['erase', log.ada.hex, '--reason', 'asked to', '--execute'], without);
  const refused = await erase();
  t.is(refused.code, 5);
  t.regex(refused.stderr.replaceAll(/\s+/g, ' '), /no longer has: `maestro projections drop owners`/);
  const plan = await log.maestro(['erase', log.ada.hex], without);
  t.regex(plan.stderr.replaceAll(/\s+/g, ' '), /no longer has: `maestro projections drop owners`/);
  const doctor = async () => (await log.maestro(['doctor'], without)).stdout.replaceAll(/\s+/g, ' ');
  t.regex(await doctor(), /no code has it any more, `maestro projections drop owners`/);
  for (const name of ['owners', 'mails'])
    t.is((await log.maestro(['projections', 'drop', name, '--execute'], without)).code, 0);
  t.notRegex(await doctor(), /projections/);
  const erased = await erase();
  t.is(erased.code, 0, erased.stderr);
});

test('drop refuses while a worker runs it or the configuration has it, unless it is forced', async (t) => {
  const log = await aLog();
  const warned = await log.maestro(['projections', 'drop', 'owners']);
  t.is(warned.code, 0);
  t.regex(warned.stderr, /^warning: the configuration has owners: code .* Without --force it will not be dropped\.$/m);
  const configured = await log.maestro(['projections', 'drop', 'owners', '--execute']);
  t.is(configured.code, 5);
  t.regex(configured.stderr, /^error: owners was not dropped, because the configuration has owners\.\nhint: /);
  await knex.raw(
    `INSERT INTO ??.maestro_workers (id, copy, started_at, seen_at, taken, per_second)
SELECT gen_random_uuid(), id, now(), now(), 0, 0 FROM ??.maestro_projections WHERE name = 'owners'`,
    [log.schema, log.schema],
  );
  const run = await log.maestro(['projections', 'drop', 'owners', '--execute'], without);
  t.is(run.code, 5);
  t.regex(run.stderr, /^error: owners was not dropped, because 1 worker runs owners\.$/m);
  t.deepEqual(await log.owners(), ['Ada', 'Grace']);
  const forced = await log.maestro(['projections', 'drop', 'owners', '--execute', '--force']);
  t.is(forced.code, 0, forced.stderr);
  t.regex(forced.stderr, /^warning: 1 worker runs owners, and the configuration has owners: .* anew/m);
  t.false(await log.hasTable());
  t.is((await log.maestro(['projections', 'run', 'owners', '--once', '--config', 'fixed.config.ts'])).code, 0);
  t.deepEqual(await log.owners(), ['Ada', 'Grace', 'bad Bob'], 'code that has it makes it anew');
});

test('drop removes what a rebuild has filled, too', async (t) => {
  const log = await aLog();
  t.is((await log.maestro(['projections', 'rebuild', 'owners'])).code, 1, 'an aggregate is parked');
  t.is((await buildSchemasOf(knex, log.schema)).length, 1);
  const done = await log.maestro(['projections', 'drop', 'owners', '--execute'], without);
  t.is(done.code, 0, done.stderr);
  t.regex(done.stdout, /^versions dropped +1 \(live\), 1 \(being built\)$/m);
  t.deepEqual([await log.left('owners'), await log.hasTable()], [[0, 0, 0, 0, 0], false]);
  t.deepEqual(await buildSchemasOf(knex, log.schema), []);
});

test('drop refuses, with names, while others depend on the tables; an index that was added goes with them', async (t) => {
  const log = await aLog();
  await knex.raw('CREATE INDEX by_owner ON ??.owners (owner)', [log.schema]);
  await knex.raw('CREATE VIEW ??.names AS SELECT owner FROM ??.owners', [log.schema, log.schema]);
  const refused = await log.maestro(['projections', 'drop', 'owners', '--execute'], without);
  t.is(refused.code, 5);
  t.is(
    refused.stderr,
    `error: The tables of the projection "owners" cannot be dropped, because others depend on them: view ${log.schema}.names. Nothing was changed.
hint: They would be lost with the tables: drop them first.
`,
  );
  t.deepEqual(await log.owners(), ['Ada', 'Grace']);
  await knex.raw('DROP VIEW ??.names', [log.schema]);
  t.is((await log.maestro(['projections', 'drop', 'owners', '--execute'], without)).code, 0);
  t.false(await log.hasTable());
});

test('drop waits for transactions that take events in: it changes nothing, or what is left is removed when it is run again', async (t) => {
  const log = await aLog();
  const transaction = await knex.transaction();
  t.teardown(() => transaction.rollback());
  await transaction.raw('SELECT FROM ??.maestro_positions FOR UPDATE', [log.schema]);
  const drop = (name: string) => log.maestro(['projections', 'drop', name, '--execute', '--timeout', '1'], without);
  const refused = await drop('owners');
  t.is(refused.code, 4);
  t.regex(
    refused.stderr,
    /^error: Other transactions kept the tables locked for the whole 1 s: .* Nothing was changed\.$/m,
  );
  t.deepEqual(await log.owners(), ['Ada', 'Grace']);

  const half = await drop('mails');
  t.is(half.code, 1, half.stderr);
  t.regex(
    half.stderr,
    /^warning: mails is out of use, but transactions that began before still use what it had; run this again/m,
  );
  t.is((await log.left('mails'))[0], 1);
  t.regex((await log.maestro(['projections', 'status'], without)).stdout, /^mails .* replaced, and not yet removed$/m);
  await transaction.rollback();
  const rest = await drop('mails');
  t.is(rest.code, 0, rest.stderr);
  t.is(rest.stdout.replace(/ {2,}/g, ' | '), 'subscription | mails\npositions dropped | 3\n');
  t.deepEqual(await log.left('mails'), [0, 0, 0, 0, 0]);
});
