import test from 'ava';
import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { eraseFromCopies } from '../../../src/projection/apply/erase-from-copies.js';
import { park, skip } from '../../../src/projection/apply/parked.js';
import type { Copy } from '../../../src/projection/copies/copy.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { cancelRebuild } from '../../../src/projection/rebuild/cancel-rebuild.js';
import { cleanUpRetired } from '../../../src/projection/rebuild/clean-up-retired.js';
import { missingInBuilding } from '../../../src/projection/rebuild/missing-in-building.js';
import { recordMoves } from '../../../src/projection/rebuild/record-moves.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { switchTables } from '../../../src/projection/rebuild/switch-tables.js';
import { markOf } from '../../../src/store/positions/recorded-moves.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { aJournal, takeAll } from '../../support/projection/journal.js';
import { useReadModels } from '../../support/projection/read-models.js';

const database = useReadModels(test);
const { schema, knex } = database;
const store = new PostgresStore(knex, { schema });

/** A live copy, and one that is being built and has taken in as much: the first event of some aggregates. */
async function aRebuild(count = 4) {
  const journal = aJournal();
  const next = aJournal({ table: journal.table, version: 2 });
  const ids = Array.from({ length: count }, anId);
  for (const id of ids) await store.commitAll([anEvent(id)], [journal.definition]);
  const [live] = (await registerCopy(knex, schema, journal.definition)) as [Copy];
  const building = (await startRebuild(knex, schema, next.definition)) as Copy;
  await takeAll(database, building, next, ids);
  return { journal, next, ids, live, building, copies: { live: live.id, building: building.id } };
}

/** Has the moves of a copy be recorded, however long others are in the way. */
async function recorded({ id }: Copy): Promise<string> {
  for (;;) {
    const record = await recordMoves(knex, schema, id);
    if (record !== undefined) return record;
  }
}

const hexes = (ids: readonly Timestamp[]) => ids.map(({ hex }) => hex).toSorted();
/** The number of rows of a record: on a cluster those of its moves are positions. */
const moves = async (copy: Copy) =>
  (await knex('maestro_moves').where({ copy: copy.id })).length +
  (await knex('maestro_positions').where({ copy: markOf(copy.id) })).length;

/** The number of positions that a connection has read. */
async function readRows(on: Knex): Promise<number> {
  const sql = `SELECT seq_tup_read::integer + idx_tup_fetch::integer AS read FROM pg_stat_xact_user_tables WHERE relid = 'maestro_positions'::regclass`;
  return (await on.raw<{ rows: [{ read: number }] }>(sql)).rows[0].read;
}

test.serial('whoever moves a position after a search is found by the next one, which reads nothing else', async (t) => {
  const { journal, ids, live, copies } = await aRebuild();
  const [committed, taken, skipped] = ids as [Timestamp, Timestamp, Timestamp];
  await knex.raw(
    `INSERT INTO maestro_positions (copy, aggregate_id, sequence)
SELECT ?, decode(lpad(to_hex(n), 32, '0'), 'hex'), 1 FROM generate_series(1, 10000) AS n`,
    [live.id],
  );
  await knex.raw('VACUUM ANALYZE maestro_positions');
  await recorded(live);
  const searched = await missingInBuilding(knex, schema, copies, 10);
  t.deepEqual(searched.found, []);

  await store.commitAll([anEvent(committed, { sequence: 2 })], [journal.definition]);
  for (const id of [taken, skipped]) await store.commitEvents([anEvent(id, { sequence: 2 })]);
  const created = anId();
  await store.commitEvents([anEvent(created)]);
  await takeAll(database, live, journal, [taken, created]);
  const place = { copy: live.id, aggregateId: skipped, sequence: 2 };
  await park(knex, schema, live.id, { ...place, reason: 'failed', error: 'bad' });
  await skip(knex, schema, { ...place, reason: 'a test' });

  await knex.transaction(async (transaction) => {
    const before = await readRows(transaction);
    const { found } = await missingInBuilding(transaction, schema, copies, 10, searched);
    t.deepEqual(hexes(found), hexes([committed, taken, created, skipped]));
    t.true((await readRows(transaction)) - before <= 8);
  });
});

test.serial('an erasure that sets back only the copy that is being built is found by the next search', async (t) => {
  const { next, ids, live, copies } = await aRebuild();
  const [id] = ids as [Timestamp];
  await recorded(live);
  const searched = await missingInBuilding(knex, schema, copies, 10);
  t.deepEqual(searched.found, []);
  await knex.transaction((transaction) =>
    eraseFromCopies(transaction, schema, [next.definition], id, { rewritten: true }),
  );
  t.deepEqual(hexes((await missingInBuilding(knex, schema, copies, 10, searched)).found), [id.hex]);
});

test.serial('nothing is recorded unless it is wanted, and no longer than that', async (t) => {
  const { journal, next, ids, live, building } = await aRebuild();
  const commit = async (sequence: number) => {
    for (const id of ids) await store.commitAll([anEvent(id, { sequence })], [journal.definition]);
  };
  await commit(2);
  t.is(await moves(live), 0);
  const record = await recorded(live);
  t.is(await recorded(live), record);
  await commit(3);
  t.is(await moves(live), 1 + ids.length);
  await cleanUpRetired(knex, schema);
  t.is(await moves(live), 1 + ids.length, 'it is still being built');

  await cancelRebuild(knex, schema, live.name);
  while ((await cleanUpRetired(knex, schema)) > 0);
  t.is(await moves(live), 0);
  const again = (await startRebuild(knex, schema, next.definition)) as Copy;
  await takeAll(database, again, next, ids);
  const searched = { found: [], since: '3:3:' };
  const attempt = (number: string) =>
    knex.transaction((transaction) =>
      switchTables(transaction, schema, next.definition, again, { ...searched, record: number }),
    );
  t.is(await attempt(record), 'blocked', 'there was a time in which nothing was recorded');
  t.not(again.id, building.id);
  t.is(await attempt(await recorded(live)), 'switched');
  while ((await cleanUpRetired(knex, schema)) > 0);
  t.is(await moves(live), 0);
});

test.serial('a search begins when all are done who moved a position without a record of it', async (t) => {
  const { journal, ids, live, copies } = await aRebuild();
  const [id] = ids as [Timestamp];
  const early = await knex.transaction();
  t.teardown(async () => {
    if (!early.isCompleted()) await early.rollback();
  });
  t.true((await store.commitAll([anEvent(id, { sequence: 2 })], [journal.definition], { transaction: early })).ok);
  t.is(await recordMoves(knex, schema, live.id), undefined);
  await early.commit();
  await recorded(live);
  t.is(await moves(live), 1, 'it was not recorded');
  t.deepEqual(hexes((await missingInBuilding(knex, schema, copies, 10)).found), [id.hex]);
});

test.serial('a search does not wait for those who vacuum the positions', async (t) => {
  const { live } = await aRebuild(1);
  await knex.transaction(async (vacuum) => {
    await vacuum.raw('LOCK TABLE maestro_positions IN SHARE UPDATE EXCLUSIVE MODE');
    t.truthy(await recordMoves(knex, schema, live.id));
  });
});

test.serial('a switch waits for who vacuums the positions, as PostgreSQL needs to cancel an autovacuum', async (t) => {
  const { next, live, building } = await aRebuild(1);
  const record = await recorded(live);
  const vacuum = await knex.transaction();
  t.teardown(async () => {
    if (!vacuum.isCompleted()) await vacuum.rollback();
  });
  await vacuum.raw('LOCK TABLE maestro_positions IN SHARE UPDATE EXCLUSIVE MODE');
  const waiting = async () => {
    const sql = `SELECT FROM pg_locks WHERE relation = 'maestro_positions'::regclass AND mode = 'ShareUpdateExclusiveLock' AND NOT granted`;
    while (!isOver && (await knex.raw<{ rows: unknown[] }>(sql)).rows.length === 0);
    await vacuum.rollback();
  };
  const searched = { found: [], since: '3:3:', record };
  let isOver = false;
  const outcome = knex
    .transaction((transaction) => switchTables(transaction, schema, next.definition, building, searched))
    .finally(() => (isOver = true));
  await Promise.all([outcome, waiting()]);
  t.is(await outcome, 'switched');
});

test.serial('a commit that sees the time before moves were recorded is refused, or moves nothing', async (t) => {
  const { journal, ids, live } = await aRebuild();
  const [one, two] = ids as [Timestamp, Timestamp];
  const inside = (work: (transaction: Knex.Transaction) => Promise<unknown>) =>
    knex.transaction(
      async (transaction) => {
        await transaction.raw('SELECT 1 FROM maestro_projections LIMIT 1');
        await recorded(live);
        await work(transaction);
      },
      { isolationLevel: 'repeatable read' },
    );
  for (const events of [
    [anEvent(one, { sequence: 2 })],
    [anEvent(one, { sequence: 2 }), anEvent(two, { sequence: 2 })],
  ]) {
    await knex('maestro_moves').where({ copy: live.id }).delete();
    const error = await t.throwsAsync(
      inside((transaction) => store.commitAll(events, [journal.definition], { transaction })),
    );
    t.regex(`${String(error)} ${String(error?.cause)}`, /40001|concurrent update/);
  }
  t.deepEqual((await store.getEvents(one, 1)).length, 1);
  t.true((await store.commitAll(aHistory(one, 2).slice(1), [journal.definition])).ok);
  t.is(await moves(live), 2);
});
