import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { lockPositions } from '../../../src/projection/apply/lock-positions.js';
import { batchGroups } from '../../../src/projection/apply/batch-groups.js';
import { readEvents } from '../../../src/projection/apply/read-events.js';
import { layoutAt } from '../../../src/store/layout/read-layout.js';
import { readStatements } from '../../../src/projection/apply/read-statements.js';
import { takeIn } from '../../../src/projection/apply/take-in.js';
import { listParked, retry } from '../../../src/projection/apply/parked.js';
import { byteaArray, integerArray, query, textArray } from '../../../src/store/read/rows.js';
import type { NewEvent } from '../../../src/events.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { isOnCluster, testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal, aLiveCopy, positionOf, seen, takeAll } from '../../support/projection/journal.js';

const own = useTestDatabase(test);
const { schema } = own;
const knex = testKnex({ searchPath: [schema] });
test.after.always(() => knex.destroy());
const database = { knex, schema };
const commitEvents = (events: NewEvent[]) => own.store().commitEvents(events);
const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
const raise = (code: string) => `DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '${code}'; END $$`;

for (const batch of [false, true])
  test(`events of many aggregates are taken in once, in order, ${batch ? 'in batches' : 'one by one'}`, async (t) => {
    const journal = aJournal({ batch });
    const copy = await aLiveCopy(database, journal);
    const ids = range(1, 150).map(() => anId());
    for (const [index, id] of ids.entries()) await commitEvents(aHistory(id, 1 + (index % 7)));
    await commitEvents(aHistory(ids[0] as Timestamp, 90).slice(1));

    const { taken, failed, gaps, locked } = await takeAll(database, copy, journal, ids, { maxEvents: 50 });

    t.deepEqual({ failed, gaps, locked }, { failed: [], gaps: [], locked: [] });
    t.is(taken, 89 + ids.reduce((sum, _, index) => sum + 1 + (index % 7), 0));
    for (const [index, id] of ids.entries()) {
      const length = index === 0 ? 90 : 1 + (index % 7);
      t.deepEqual(await seen(knex, journal, id), range(1, length));
      t.is(await positionOf(database, copy, id), length);
    }
    t.is((await takeAll(database, copy, journal, ids)).taken, 0);
  });

for (const batch of [false, true])
  test(`an event that fails parks its aggregate alone, and what is before it is kept, ${batch ? 'in batches' : 'one by one'}`, async (t) => {
    let isBroken = true;
    const [good, bad, worse, later] = [anId(), anId(), anId(), anId()];
    const journal = aJournal({
      batch,
      before: ({ aggregateId, sequence }) => {
        const fails = (aggregateId.equals(bad) && sequence === 3) || (aggregateId.equals(worse) && sequence === 1);
        if (isBroken && fails) throw new RangeError('it is too much');
      },
    });
    const copy = await aLiveCopy(database, journal);
    const ids = [good, bad, worse, later];
    for (const id of ids) await commitEvents(aHistory(id, 5));

    const { failed } = await takeAll(database, copy, journal, ids);

    const places = failed.map(({ aggregateId, sequence, attempts }) => [aggregateId.hex, sequence, attempts]);
    t.deepEqual(places.toSorted(), [[bad.hex, 3, 1], [worse.hex, 1, 1]].toSorted()); // prettier-ignore
    t.deepEqual(await seen(knex, journal, good), range(1, 5));
    t.deepEqual(await seen(knex, journal, bad), [1, 2]);
    t.deepEqual(await seen(knex, journal, worse), []);
    t.deepEqual(await seen(knex, journal, later), range(1, 5));
    const parked = await listParked(knex, schema, { copies: [copy.id] });
    t.deepEqual(parked.map(({ error, reason }) => [error, reason]), [['RangeError: it is too much', 'failed'], ['RangeError: it is too much', 'failed']]); // prettier-ignore

    // Until the next try they are left alone.
    await knex.raw(`UPDATE "${schema}".maestro_parked SET next_try = now() + interval '1 hour' WHERE copy = ?`, [
      copy.id,
    ]);
    t.like(await takeAll(database, copy, journal, ids), { taken: 0, failed: [], gaps: [] });
    t.is(await retry(knex, schema, copy.id, bad), 1);
    t.like((await takeAll(database, copy, journal, ids)).failed, [{ sequence: 3, attempts: 2 }]);
    isBroken = false;
    t.is(await retry(knex, schema, copy.id), 2);
    t.is((await takeAll(database, copy, journal, ids)).taken, 8);
    t.deepEqual(await listParked(knex, schema, { copies: [copy.id] }), []);
    for (const id of ids) t.deepEqual(await seen(knex, journal, id), range(1, 5));
  });

test('every event may fail: each aggregate is parked at its first, with the attempts and pauses of its own', async (t) => {
  const journal = aJournal({ before: (_event, transaction) => transaction.raw('SELECT * FROM no_such_table') });
  const copy = await aLiveCopy(database, journal);
  const ids = range(1, 20).map(() => anId());
  for (const id of ids) await commitEvents(aHistory(id, 2));

  const { failed, taken } = await takeAll(database, copy, journal, ids);

  t.is(taken, 0);
  t.is(failed.length, 20);
  t.true(
    failed.every(({ sequence, error }) => sequence === 1 && /no_such_table/.test(error) && !error.includes('SELECT')),
  );
});

test('a handler that ignores the failure of a statement counts as failed', async (t) => {
  const bad = anId();
  const journal = aJournal({
    before: async ({ aggregateId }, transaction) => {
      if (aggregateId.equals(bad)) await transaction.raw('SELECT 1/0').catch(() => {});
    },
  });
  const copy = await aLiveCopy(database, journal);
  const swallowing = {
    ...journal,
    definition: {
      ...journal.definition,
      project: async (
        ...words: Parameters<Extract<typeof journal.definition.project, (...words: never) => unknown>>
      ) => {
        await (journal.definition.project as (...all: unknown[]) => Promise<void>)(...words).catch(() => {});
      },
    },
  };
  const other = anId();
  await commitEvents([...aHistory(bad, 1), ...aHistory(other, 2)]);

  const { failed } = await takeAll(database, copy, swallowing, [bad, other]);

  t.like(failed, [{ sequence: 1, error: 'A statement of a projection failed, and the projection ignored the error.' }]);
  t.deepEqual(await seen(knex, journal, other), [1, 2]);
});

test('a constraint that is checked at the end parks the one aggregate that breaks it', async (t) => {
  const bad = anId();
  await knex.raw('CREATE TABLE unique_at_the_end (value integer, UNIQUE (value) DEFERRABLE INITIALLY DEFERRED)');
  const journal = aJournal({
    before: async ({ aggregateId, sequence }, transaction) => {
      const isTwice = aggregateId.equals(bad) && sequence === 2;
      if (isTwice) await transaction.raw('INSERT INTO unique_at_the_end VALUES (1), (1)');
    },
  });
  const copy = await aLiveCopy(database, journal);
  const ids = [anId(), bad, anId()];
  for (const id of ids) await commitEvents(aHistory(id, 3));

  t.like((await takeAll(database, copy, journal, ids)).failed, [{ sequence: 2 }]);
  t.deepEqual(await Promise.all(ids.map((id) => seen(knex, journal, id))), [range(1, 3), [1], range(1, 3)]);
});

for (const code of ['40P01', '40001', '55P03'])
  test(`what passes by itself (${code}) is tried again and parks nothing`, async (t) => {
    let failures = 3;
    const journal = aJournal({
      before: async (_event, transaction) => {
        if ((failures -= 1) >= 0)
          await transaction.raw(raise(code)).catch((cause: unknown) => Promise.reject(new Error('mine', { cause })));
      },
    });
    const copy = await aLiveCopy(database, journal);
    const ids = [anId(), anId()];
    for (const id of ids) await commitEvents(aHistory(id, 3));

    t.like(await takeAll(database, copy, journal, ids), { taken: 6, failed: [] });
    t.deepEqual(await listParked(knex, schema, { copies: [copy.id] }), []);
  });

test('what a handler does to its own connection, or says of the server while that answers, parks the one aggregate', async (t) => {
  const [bad, good] = [anId(), anId()];
  for (const sql of [raise('53100'), 'SELECT pg_terminate_backend(pg_backend_pid())']) {
    const journal = aJournal({
      before: async ({ aggregateId }, transaction) => {
        if (aggregateId.equals(bad)) await transaction.raw(sql);
      },
    });
    const copy = await aLiveCopy(database, journal);
    for (const id of [bad, good]) await commitEvents(aHistory(id, 3));
    t.like((await takeAll(database, copy, journal, [bad, good])).failed, [{ sequence: 1, attempts: 1 }]);
    t.deepEqual(await seen(knex, journal, good), [1, 2, 3]);
  }
});

test('a connection that breaks once parks nothing, and a server that is away is thrown', async (t) => {
  let breaks = 1;
  const journal = aJournal({
    before: async (_event, transaction) => {
      if ((breaks -= 1) >= 0) await transaction.raw('SELECT pg_terminate_backend(pg_backend_pid())');
    },
  });
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  await commitEvents(aHistory(id, 1));
  t.like(await takeAll(database, copy, journal, [id]), { taken: 1, failed: [] });
  const nowhere = testKnex({ connection: 'postgres://127.0.0.1:1/none' });
  t.teardown(() => nowhere.destroy());
  await t.throwsAsync(takeIn({ knex: nowhere, schema }, copy, journal.definition, [id]));
});

test('a gap is named, and heals when it is filled', async (t) => {
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const [near, far] = [anId(), anId()];
  const events = aHistory(near, 4);
  await commitEvents(events.filter(({ sequence }) => sequence === 1 || sequence === 4));
  await commitEvents([anEvent(far, { sequence: 5000 })]);

  const { gaps, failed } = await takeAll(database, copy, journal, [near, far]);

  t.deepEqual(failed, []);
  t.deepEqual(gaps.map(({ sequence, error }) => [sequence, error]).toSorted(), [
    [1, 'Events 1 to 4999 are missing in the log, which has event 5000.'],
    [2, 'Events 2 to 3 are missing in the log, which has event 4.'],
  ]);
  t.deepEqual(await seen(knex, journal, near), [1]);
  await commitEvents(events.filter(({ sequence }) => sequence === 2 || sequence === 3));
  t.is((await takeAll(database, copy, journal, [near])).taken, 3);
  t.deepEqual(await seen(knex, journal, near), range(1, 4));
  t.like(await listParked(knex, schema, { copies: [copy.id] }), [{ sequence: 1, reason: 'gap' }]);
});

test('an aggregate is parked no longer when nothing comes after its position any more', async (t) => {
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  await commitEvents(aHistory(id, 3).filter(({ sequence }) => sequence !== 2));
  t.like((await takeAll(database, copy, journal, [id])).gaps, [{ sequence: 2 }]);
  const behindGap = { aggregate_id: id.encode(), sequence: 3 };
  await knex.withSchema(schema).table('event_log').where(behindGap).delete();
  t.like(await takeAll(database, copy, journal, [id]), { taken: 0, gaps: [], failed: [] });
  t.deepEqual(await listParked(knex, schema, { copies: [copy.id] }), []);
});

test('an aggregate that another transaction has is left to it, also when its position is not committed yet', async (t) => {
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const [known, begun, free] = [anId(), anId(), anId()];
  for (const id of [known, begun, free]) await commitEvents(aHistory(id, 2));
  await takeAll(database, copy, journal, [known]);
  await commitEvents([anEvent(known, { sequence: 3 })]);

  await knex.transaction(async (transaction) => {
    const lock = `SELECT FROM "${schema}".maestro_positions WHERE copy = ? AND aggregate_id = ? FOR UPDATE`;
    await transaction.raw(lock, [copy.id, known.encode()]);
    await transaction.raw(`INSERT INTO "${schema}".maestro_positions VALUES (?, ?, 0)`, [copy.id, begun.encode()]);
    // Where all is slow, a wait for something else may be too long, too, and a batch small: then it is offered again.
    for (;;) {
      const { locked, behind } = await takeIn(database, copy, journal.definition, [known, begun, free]);
      for (const held of [known, begun]) t.true(locked.some((id) => id.equals(held)));
      if (![...locked, ...behind].some((id) => id.equals(free))) break;
    }
  });

  t.deepEqual(await seen(knex, journal, free), [1, 2]);
  t.is((await takeAll(database, copy, journal, [known, begun, free])).taken, 3);
});

test('a position that is made is right at the end, however little of its history was taken in', async (t) => {
  const bad = anId();
  const journal = aJournal({
    before: ({ aggregateId, sequence }) => {
      if (aggregateId.equals(bad) && sequence === 1) throw new Error('not today');
    },
  });
  const copy = await aLiveCopy(database, journal);
  const [long, short, gap, late] = [anId(), anId(), anId(), anId()];
  for (const id of [long, bad]) await commitEvents(aHistory(id, 9));
  await commitEvents([...aHistory(short, 1), ...aHistory(gap, 5).toSpliced(2, 1), ...aHistory(late, 2).slice(1)]);
  const ids = [long, short, gap, late, bad];

  const first = await takeIn(database, copy, journal.definition, [long, short], { maxEvents: 4 });
  t.is(await positionOf(database, copy, long), (await seen(knex, journal, long)).length);
  t.true(first.behind.some((id) => id.equals(long)));
  await takeAll(database, copy, journal, ids);

  for (const id of ids) t.is(await positionOf(database, copy, id), (await seen(knex, journal, id)).length);
  t.deepEqual(await Promise.all(ids.map((id) => positionOf(database, copy, id))), [9, 1, 2, 0, 0]);
});

test('aggregates that another transaction has made cost few waits', async (t) => {
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const ids = range(1, 64).map(() => anId());
  for (const id of ids) await commitEvents(aHistory(id, 1));
  const isBusy = (id: Timestamp) => ids.indexOf(id) % 2 === 1;
  const own = testKnex({ searchPath: [schema] });
  t.teardown(() => own.destroy());
  let waits = 0;
  own.on('query', ({ sql }: { readonly sql: string }) => (waits += sql.includes('SKIP LOCKED') ? 1 : 0));
  await knex.transaction(async (transaction) => {
    for (const id of ids.filter(isBusy))
      await transaction.raw(`INSERT INTO "${schema}".maestro_positions VALUES (?, ?, 0)`, [copy.id, id.encode()]);
    const { locked, taken } = await takeIn({ knex: own, schema }, copy, journal.definition, ids);
    // Where all is slow, a wait for something else may be too long, too.
    t.true(ids.filter(isBusy).every((id) => locked.includes(id)));
    t.is(taken + locked.length, ids.length);
  });
  // Seven divisions, of each shard on a cluster, and each one by itself; to divide until the end takes 127 attempts.
  t.true(waits <= 64 + 7 * (isOnCluster() ? 2 : 1), `${waits} attempts`);
});

test('handlers wait for locks as long as the session lets them', async (t) => {
  const patient = testKnex({ searchPath: [schema], pool: { min: 0, max: 2, afterCreate: (c: { query: (sql: string, done: (error: unknown) => void) => void }, done: (error: unknown) => void) => c.query("SET lock_timeout = '7s'", done) } }); // prettier-ignore
  t.teardown(() => patient.destroy());
  const found: unknown[] = [];
  const journal = aJournal({
    before: async (_event, transaction) => {
      const { rows } = await transaction.raw<{ rows: { value: string }[] }>(
        "SELECT current_setting('lock_timeout') AS value",
      );
      found.push(rows[0]?.value);
    },
  });
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  await commitEvents(aHistory(id, 1));
  await takeAll({ knex: patient, schema }, copy, journal, [id]);
  t.deepEqual(found, ['7s']);
});

test('nothing is taken in for a copy that has another status by now', async (t) => {
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  await commitEvents(aHistory(id, 1));
  await knex.raw(`UPDATE "${schema}".maestro_projections SET status = 'retired' WHERE id = ?`, [copy.id]);

  t.like(await takeIn(database, copy, journal.definition, [id]), { taken: 0, isGone: true });

  t.deepEqual(await seen(knex, journal, id), []);
  const { rows } = await knex.raw<{ rows: unknown[] }>(`SELECT FROM "${schema}".maestro_positions WHERE copy = ?`, [
    copy.id,
  ]);
  t.is(rows.length, 0);
});

test('a signal rolls back what is under way', async (t) => {
  const controller = new AbortController();
  const journal = aJournal({ before: ({ sequence }) => sequence === 3 && controller.abort(new Error('enough')) });
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  await commitEvents(aHistory(id, 5));

  await t.throwsAsync(takeIn(database, copy, journal.definition, [id], { signal: controller.signal }), {
    message: 'enough',
  });

  t.deepEqual(await seen(knex, journal, id), []);
  t.is(await positionOf(database, copy, id), 0);
});

test('a connection that has lost its prepared statements takes in all the same', async (t) => {
  const single = testKnex({ searchPath: [schema], pool: { min: 0, max: 1 } });
  t.teardown(() => single.destroy());
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  const events = aHistory(id, 3);
  await commitEvents(events.slice(0, 1));
  t.is((await takeAll({ knex: single, schema }, copy, journal, [id])).taken, 1);
  await single.raw('DEALLOCATE ALL');
  await commitEvents(events.slice(1));
  t.is((await takeAll({ knex: single, schema }, copy, journal, [id])).taken, 2);
  t.deepEqual(await seen(knex, journal, id), [1, 2, 3]);
});

test('the setting for waits is as it was also when nothing is to be read', async (t) => {
  const journal = aJournal();
  const copy = await aLiveCopy(database, journal);
  const id = anId();
  for (const ids of [[id], []])
    await knex.transaction(async (transaction) => {
      await transaction.raw("SET LOCAL lock_timeout = '7s'");
      const found = await lockPositions(transaction, schema, copy, ids);
      t.is(found?.lockTimeout, '7s');
      const options = { limit: 10, types: [], lockTimeout: found?.lockTimeout };
      t.deepEqual((await readEvents(transaction, schema, copy.id, found?.positions ?? [], options)).events.flat(), []);
      t.deepEqual((await transaction.raw<{ rows: unknown[] }>('SHOW lock_timeout')).rows, [{ lock_timeout: '7s' }]);
    });
});

test('no join can bring the events of an aggregate in another order, however many are parked', async (t) => {
  const copy = await aLiveCopy(database, aJournal());
  await knex.raw(
    `INSERT INTO maestro_parked (copy, aggregate_id, sequence, error, reason, attempts, first_failed_at, failed_at, next_try)
SELECT ?, decode(lpad(to_hex(n), 32, '0'), 'hex'), 1, 'bad', 'failed', 1, now(), now(), now() + interval '1 hour' FROM generate_series(1, 2000) AS n`,
    [copy.id],
  );
  await knex.raw('ANALYZE maestro_parked');
  const [ids = []] = await batchGroups(
    knex,
    schema,
    range(1, 500).map(() => anId()),
  );
  const sequences = integerArray(ids.map(() => 5));
  const { read, putsBackTimeout } = readStatements(schema, await layoutAt(knex, schema));
  const bindings = [byteaArray(ids), sequences, sequences, textArray(['happened']), 501, copy.id, 501];
  const plan = await query<[string]>(
    knex,
    { sql: `EXPLAIN ${read.sql}` },
    putsBackTimeout ? [...bindings, null] : bindings,
  );
  const joins = plan.flatMap(([line]) => /(Hash|Merge|Nested Loop).*(Join|\()/.exec(line)?.[1] ?? []);
  t.deepEqual(new Set(joins), new Set(['Nested Loop']));
});
