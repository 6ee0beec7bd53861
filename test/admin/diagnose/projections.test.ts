import test from 'ava';
import type { ComparisonBound } from '../../../src/admin/diagnose/compare-positions.js';
import { checkProjections } from '../../../src/admin/diagnose/projections.js';
import { projectionTables } from '../../../src/store/projection-tables.js';
import { fillFollowedLog, type Followed } from '../../support/data/followed-log.js';
import { runCli } from '../../support/cli/cli.js';
import {
  ONE_AT_A_TIME,
  type TestDatabase,
  testKnex,
  testUrl,
  useEmbeddedDatabase,
  useTestDatabase,
} from '../../support/database.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const [rights, tables] = [useTestDatabase(test), useTestDatabase(test)];
const embedded = useEmbeddedDatabase(test);

type Place = Pick<TestDatabase, 'knex' | 'schema'>;

/** A projection, copy 1, and a subscription, copy 2, beside a log. */
async function follow({ knex, schema }: Place, all: readonly Followed[]): Promise<ReturnType<typeof projectionTables>> {
  const names = projectionTables(schema);
  await knex.raw(`TRUNCATE ${names.projections}, ${names.workers} RESTART IDENTITY`);
  await fillFollowedLog({ knex, schema }, all);
  await knex.raw(`INSERT INTO ${names.projections} (name, version, kind, status) VALUES
('owners', 7, 'projection', 'live'), ('mails', 1, 'subscription', 'live')`);
  return names;
}

const current: Followed = { length: 2, positions: [2, 2], isParked: false };

async function found({ knex, schema }: Place, bound?: ComparisonBound): Promise<string[]> {
  return (await checkProjections({ knex, schema }, bound)).map(({ status, found }) => `${status}: ${found}`);
}

for (const [layout, database] of Object.entries(layouts)) {
  test.serial(`a projection that is behind and that nobody runs is warned of (${layout})`, async (t) => {
    const { workers } = await follow(database, [current, { ...current, positions: [0, 2] }, current]);
    const warning =
      'warning: owners (version 7): 2 events of 1 aggregate not taken in, and no worker was seen for 30 seconds';
    t.deepEqual(await found(database), [warning]);
    const [{ remedy } = { remedy: '' }] = await checkProjections(database);
    t.regex(remedy ?? '', /`runProjections`, or `maestro projections run owners` if your configuration lists it; or/);
    await database.knex.raw(`INSERT INTO ${workers} VALUES (gen_random_uuid(), 2, now(), now(), 0, 0)`);
    t.deepEqual(await found(database), [warning]);
    await database.knex.raw(`INSERT INTO ${workers} VALUES (gen_random_uuid(), 1, now(), now(), 0, 0)`);
    t.deepEqual(await found(database), ['ok: mails, owners (version 7)']);
    await database.knex.raw(`UPDATE ${workers} SET seen_at = now() - interval '31 seconds'`);
    t.deepEqual(await found(database), [warning]);
  });

  test.serial(`a comparison that ends before the log does says how far it came (${layout})`, async (t) => {
    const { log } = await follow(database, [current, current, { ...current, positions: [0, 0] }]);
    const part = (text: string) =>
      `note: positions were compared with a part of the log only, which would have taken too long: ${text}`;
    const [rows, leaps] = [2, 2];
    t.deepEqual(await found(database, { patience: 0, size: { rows, leaps } }), [part('2 events')]);
    await database.knex.raw(`ANALYZE ${log}`);
    t.deepEqual(await found(database, { patience: 0, size: { rows, leaps } }), [part('2 events, about 33 %')]);
    t.deepEqual(
      (await found(database, { patience: 0, size: { rows: 7, leaps } })).map((each) => each.split(':')[0]),
      ['warning', 'warning'],
      'what fits into the bound is whole',
    );
  });

  test.serial(
    `parked aggregates and positions beyond the log are warned of, without a worker too (${layout})`,
    async (t) => {
      const { parked } = await follow(database, [
        { length: 2, positions: [0, 3], isParked: true },
        { length: 0, positions: [1, 0], isParked: false },
      ]);
      t.deepEqual(await found(database), [
        'warning: mails: 1 aggregate with a position beyond the last event: events were removed, and later ones with these sequences will not be taken in',
        'warning: owners (version 7): 1 aggregate parked, because an event of each could not be taken in',
        'warning: owners (version 7): 1 aggregate with a position beyond the last event: events were removed, and later ones with these sequences will not be taken in',
      ]);
      await database.knex.raw(`UPDATE ${parked} SET reason = 'gap'`);
      t.true(
        (await found(database)).includes(
          'warning: owners (version 7): 1 aggregate parked, because an event is missing before the next one',
        ),
      );
    },
  );
}

test('tables that are gone fail, and copies that were replaced are noted; other kinds of copies are named', async (t) => {
  const { projections } = await follow(tables, [current]);
  const { knex, schema } = tables;
  await knex.raw(`CREATE TABLE "${schema}".kept ()`);
  await knex.raw(`UPDATE ${projections} SET live_schema = ?, tables = '{kept}' WHERE name = 'owners'`, [schema]);
  await knex.raw(
    `INSERT INTO ${projections} (name, version, kind, status, live_schema, build_schema, tables) VALUES
('owners', 8, 'projection', 'building', ?, 'nowhere', '{kept,"a b"}'), ('owners', 6, 'projection', 'retired', ?, 'nowhere', '{gone}')`,
    [schema, schema],
  );
  t.deepEqual(await found(tables), [
    'warning: owners (version 7): no worker has its handlers, and its tables, which queries find until version 8 is filled, get only what commits of that version take in',
    'failure: owners (version 8, building): there is no table nowhere.a b, nowhere.kept any more',
    'warning: owners (version 8, building): 2 events of 1 aggregate not taken in, and no worker was seen for 30 seconds',
    'note: owners (version 6, retired) was replaced, and has not been removed yet',
  ]);
  const { code, stdout } = await runCli(['doctor', '-q', '--schema', schema], {
    env: { MAESTRO_DATABASE_URL: testUrl() },
  });
  t.is(code, 1);
  t.true(stdout.split('\n').includes('projections'));
});

test('without projections, or without tables for them, nothing is said; without the right to read them, that', async (t) => {
  const { knex, schema } = rights;
  t.deepEqual(await found(rights), []);
  const role = `"${schema}_reader"`;
  await knex.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  const url = Object.assign(new URL(testUrl()), { username: `${schema}_reader`, password: 'secret' });
  const reader = testKnex({ connection: url.href });
  t.teardown(async () => {
    await reader.destroy();
    await knex.raw(`${ONE_AT_A_TIME}; DROP OWNED BY ${role}`);
    await knex.raw(`DROP ROLE ${role}`);
  });
  await knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO ${role}`);
  const [finding] = await checkProjections({ knex: reader, schema });
  t.like(finding, { status: 'note', remedy: '`maestro migrate sql --roles` prints what each role needs.' });
  await knex.raw(`DROP TABLE "${schema}".maestro_parked`);
  t.deepEqual(await found(rights), []);
});

test('on the embedded database the same is found', async (t) => {
  const place = { knex: embedded.get().knex, schema: 'public' };
  await follow(place, [{ ...current, positions: [1, 2] }]);
  t.deepEqual(await found(place), [
    'warning: owners (version 7): 1 event of 1 aggregate not taken in, and no worker was seen for 30 seconds',
  ]);
});
