import test, { type ExecutionContext } from 'ava';
import knexFactory, { type Knex } from 'knex';
import pg from 'pg';
import type { ErrorCode } from '../../src/errors.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { migrationStatus } from '../../src/store/migrate/migration-status.js';
import { isConnectionLost, isPanic, isUnknownStatement } from '../../src/store/driver/driver-error.js';
import { storeError } from '../../src/store/failures/database-errors.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { findEvent } from '../../src/admin/find-event/find-event.js';
import { listAggregates } from '../../src/admin/list-aggregates/list-aggregates.js';
import { verifyLog } from '../../src/admin/verify-log/verify-log.js';
import { testKnex } from '../support/database.js';
import { aHistory, anEvent, anId, collect } from '../support/data/factories.js';
import { STEPS } from '../support/data/steps.js';
import { aRoleWith, type SetRole, type Settings } from '../support/servers/settings.js';

const admin = testKnex();
test.after.always(() => admin.destroy());

function pool(t: ExecutionContext, { url }: Pick<SetRole, 'url'>, changes: Partial<Knex.Config> = {}): Knex {
  const knex = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 4 }, ...changes });
  t.teardown(() => knex.destroy());
  return knex;
}

async function aMigratedRole(t: ExecutionContext, settings: Settings) {
  const role = await aRoleWith(t, admin, settings);
  const knex = pool(t, role);
  await migrate(knex, { schema: role.schema });
  return { ...role, knex, store: new PostgresStore(knex, { schema: role.schema }) };
}

for (const level of ['repeatable read', 'serializable']) {
  const settings = { default_transaction_isolation: `'${level}'` };

  test(`${level} by default: of four migrations at once one migrates and the others find it done`, async (t) => {
    const role = await aRoleWith(t, admin, settings);
    const pools = Array.from({ length: 4 }, () => pool(t, role));
    const reports = await Promise.all(pools.map((knex) => migrate(knex, { schema: role.schema, partitions: 4 })));
    t.is(reports.filter(({ applied }) => applied.length === STEPS.length).length, 1);
    t.is(reports.filter(({ applied, adopted }) => applied.length + adopted.length === 0).length, 3);
  });

  test(`${level} by default: of snapshots at once the newest stays, and nobody hears of the others`, async (t) => {
    const { store } = await aMigratedRole(t, settings);
    const id = anId();
    for (let round = 0; round < 10; round += 1) {
      const sequences = [1, 2, 3, 4].map((number) => round * 4 + number);
      const outcomes = await Promise.all(
        sequences.map((sequence) => store.commitSnapshot({ aggregateId: id, sequence, body: { sequence } })),
      );
      t.true(outcomes.includes('committed'));
      t.like(await store.getSnapshot(id, 1), { sequence: round * 4 + 4, body: { sequence: round * 4 + 4 } });
    }
  });

  test(`${level} by default: projections of commits at once all take effect`, async (t) => {
    const { schema, knex, store } = await aMigratedRole(t, settings);
    await knex.raw(`CREATE TABLE ${schema}.counts (n integer); INSERT INTO ${schema}.counts VALUES (0)`);
    const count = async (_event: unknown, transaction: Knex.Transaction) =>
      void (await transaction.raw(`UPDATE ${schema}.counts SET n = n + 1`));
    const results = await Promise.all(Array.from({ length: 12 }, () => store.commitAll([anEvent()], [count])));
    t.true(results.every(({ ok }) => ok));
    t.deepEqual(await knex.withSchema(schema).select('n').from('counts'), [{ n: 12 }]);
  });

  test(`${level} by default: of commits for one sequence one is committed, the others are told to retry`, async (t) => {
    const { store } = await aMigratedRole(t, settings);
    const id = anId();
    for (let sequence = 1; sequence <= 8; sequence += 1) {
      const results = await Promise.all(
        Array.from({ length: 4 }, () => store.commitEvents([anEvent(id, { sequence }), anEvent()])),
      );
      t.is(results.filter(({ ok }) => ok).length, 1);
      t.true(results.every((result) => result.ok || result.error === 'retry_command'));
    }
    t.is((await store.getEvents(id, 1)).length, 8);
  });
}

test("in the application's own repeatable read a change of others is told as what it is", async (t) => {
  const { knex, schema, store } = await aMigratedRole(t, {});
  const aggregateId = anId();
  await store.commitSnapshot({ aggregateId, sequence: 1, body: {} });
  const error = await t.throwsAsync(
    knex.transaction(
      async (transaction) => {
        await transaction.raw('SELECT 1');
        await store.commitSnapshot({ aggregateId, sequence: 2, body: {} });
        await new PostgresStore(transaction, { schema }).commitSnapshot({ aggregateId, sequence: 3, body: {} });
      },
      { isolationLevel: 'repeatable read' },
    ),
    { code: 'MAESTRO_SERIALIZATION', message: /Another transaction changed data that this one uses/ },
  );
  t.regex((error as { hint?: string }).hint ?? '', /run the whole transaction again/);
});

test.serial("an application's own parsers of types change nothing", async (t) => {
  const { knex, schema, store } = await aMigratedRole(t, { bytea_output: 'escape', datestyle: "'German, DMY'" });
  const history = aHistory(anId(), 3);
  await store.commitEvents(history);
  await store.commitSnapshot({ aggregateId: anId(), sequence: 1, body: {} });
  const observe = async () => ({
    status: await migrationStatus(knex, { schema }),
    events: await store.getEvents(history[0]?.aggregateId ?? anId(), 1),
    last: await store.getLastEvent(history[0]?.aggregateId ?? anId()),
    aggregates: await collect(listAggregates({ knex, schema })),
    found: await findEvent({ knex, schema }, history[1]?.timestamp ?? anId()),
    violations: await collect(verifyLog({ knex, schema })),
    taken: await store.commitEvents([anEvent(history[0]?.aggregateId)]),
  });
  const usual = await observe();
  const parsers = new Map<number, (text: string) => unknown>();
  for (const type of [16, 17, 19, 20, 21, 23, 25, 114, 700, 701, 1043, 1082, 1114, 1184, 1700, 3802]) {
    parsers.set(type, pg.types.getTypeParser(type, 'text'));
    pg.types.setTypeParser(type, (text) => ({ of: 'the application', text }));
  }
  try {
    t.deepEqual(await observe(), usual);
  } finally {
    for (const [type, parser] of parsers) pg.types.setTypeParser(type, parser);
  }
  t.true(usual.status.upToDate);
  t.true(usual.status.steps.every(({ at }) => at !== undefined && Math.abs(at.getTime() - Date.now()) < 600_000));
});

/** An error as a server sends it that speaks another language; each was one in English. */
function inOtherWords(fields: object): Error {
  return Object.assign(new Error('Übersetzt'), { severity: 'FEHLER', ...fields });
}

test('what the server says is known by codes and fields, in any language', (t) => {
  t.true(isUnknownStatement(inOtherWords({ code: '0A000', routine: 'RevalidateCachedQuery' })));
  t.false(isUnknownStatement(inOtherWords({ code: '0A000', routine: 'transformSelectStmt' })));
  t.true(isPanic(inOtherWords({ severity: 'PANIK', code: '53100', routine: 'XLogWrite' })));
  t.false(isPanic(inOtherWords({ code: '53100', routine: 'mdextend' })));
  for (const code of ['57P01', '57P02', '57P04', '57P05', '25P03', '25P04'])
    t.true(isConnectionLost(inOtherWords({ severity: 'ВАЖНО', code })), code);
  const meanings: Readonly<Record<string, ErrorCode>> = {
    '28000': 'MAESTRO_LOGIN_REFUSED',
    '28P01': 'MAESTRO_LOGIN_REFUSED',
    '3D000': 'MAESTRO_LOGIN_REFUSED',
    '42P01': 'MAESTRO_NOT_MIGRATED',
    '42501': 'MAESTRO_PERMISSION_DENIED',
    '25006': 'MAESTRO_PERMISSION_DENIED',
    '53100': 'MAESTRO_DATABASE_FULL',
    '53300': 'MAESTRO_UNREACHABLE',
    '57014': 'MAESTRO_TIMEOUT',
    '57P03': 'MAESTRO_UNREACHABLE',
    '40001': 'MAESTRO_SERIALIZATION',
  };
  for (const [code, meaning] of Object.entries(meanings)) t.is(storeError(inOtherWords({ code })).code, meaning, code);
});
