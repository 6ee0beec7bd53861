import { setImmediate as immediate } from 'node:timers/promises';
import { inspect } from 'node:util';
import test from 'ava';
import type { Knex } from 'knex';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { InvalidArgumentError, type MaestroError } from '../../../src/errors.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { retry } from '../../../src/projection/apply/parked.js';
import { readCopies } from '../../../src/projection/copies/copy.js';
import { DependentObjectsError } from '../../../src/projection/copies/errors.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import type { AnyProjection } from '../../../src/projection/definition.js';
import { Alarm } from '../../../src/projection/worker/alarm.js';
import { EventParkedError, OlderProjectionError, WorkerFailedError } from '../../../src/projection/worker/errors.js';
import { OwnCopies } from '../../../src/projection/worker/own-copies.js';
import { Permits } from '../../../src/projection/worker/permits.js';
import { Reachability } from '../../../src/projection/worker/reachability.js';
import { runRetries } from '../../../src/projection/worker/refusals.js';
import { type ProjectionWorker, runProjections } from '../../../src/projection/worker/run-projections.js';
import { NotMigratedError } from '../../../src/store/errors.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aSchemaName, testKnex, useOwnDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { insertRows } from '../../support/data/transfer.js';
import { aJournal, seen, Thing } from '../../support/projection/journal.js';
import { startWorker, type TestWorker } from '../../support/projection/workers.js';

// A switch waits for whoever still reads in the database, so the other tests' readers had better be elsewhere.
const url = useOwnDatabase(test);
const schema = aSchemaName();
// Read models are made where names without a schema lead.
const onOwn = (options: Partial<Knex.Config> = {}) => testKnex({ connection: url, searchPath: [schema], ...options });
const knex = onOwn();
test.serial.before(() => migrate(knex, { schema }));
test.after.always(() => knex.destroy());
const database = { knex, schema };
const store = new PostgresStore(knex, { schema });

async function commit(id: Timestamp, length: number, after = 0): Promise<void> {
  await store.commitEvents(aHistory(id, after + length).slice(after));
}

/** Parts of a journal. */
function settings({ definition: { name, version, from, project, erased } }: ReturnType<typeof aJournal>) {
  return { name, version, from, project, erased } as Parameters<typeof defineProjection>[0];
}

test.serial('a worker takes in what is there, then what is committed, and ends when its signal says so', async (t) => {
  const ids = Array.from({ length: 50 }, anId);
  for (const id of ids) await commit(id, 3);
  const journal = aJournal();
  const worker = startWorker(t, database, [journal.definition]);

  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  for (const id of ids) t.deepEqual(await seen(knex, journal, id), [1, 2, 3]);

  await commit(ids[0] as Timestamp, 1, 3);
  await worker.caughtUp();
  t.deepEqual(await seen(knex, journal, ids[0] as Timestamp), [1, 2, 3, 4]);
  await worker.stop();
  t.deepEqual(worker.errors, []);
  t.is(await worker.caughtUp().catch((error: Error) => error.name), 'AbortError');
  t.deepEqual(
    await knex('maestro_workers').where({ copy: (await readCopies(knex, schema, [journal.table]))[0]?.id }),
    [],
  );
});

test.serial('commits of this process are taken in without anybody looking for them', async (t) => {
  const journal = aJournal();
  const worker = startWorker(t, database, [journal.definition], { interval: 1_000_000 });
  await worker.caughtUp();
  const id = anId();
  await commit(id, 2);
  await worker.until(async () => (await seen(knex, journal, id)).length === 2);
  t.deepEqual(worker.errors, []);
});

test.serial('rows that others insert are taken in, whatever their timestamps say', async (t) => {
  const journal = aJournal();
  const worker = startWorker(t, database, [journal.definition]);
  await worker.caughtUp();
  // As Elixir inserts them: nobody tells the worker, and the clocks are wrong by years.
  for (const year of [1970, 2014, 2090]) {
    const id = anId();
    const events = [1, 2].map((sequence) => ({
      ...anEvent(id, {
        sequence,
        timestamp: Timestamp.of({ time: Date.UTC(year, 1, sequence), nodeId: BigInt(year) }),
      }),
      body: '{}',
    }));
    await insertRows(database, { events, snapshots: [] });
    await worker.until(async () => (await seen(knex, journal, id)).length === 2);
    t.deepEqual(await seen(knex, journal, id), [1, 2]);
  }
});

test.serial('of several workers each takes in a part, and every event comes once, in order', async (t) => {
  const journal = aJournal();
  const ids = Array.from({ length: 200 }, anId);
  await Promise.all(ids.map((id) => commit(id, 4)));
  const workers = [1, 2, 3].map(() => startWorker(t, database, [journal.definition], { concurrency: 2 }));
  await Promise.all(ids.map((id) => commit(id, 3, 4)));
  for (const worker of workers) t.deepEqual(await worker.caughtUp(), { parked: 0 });
  for (const id of ids) t.deepEqual(await seen(knex, journal, id), [1, 2, 3, 4, 5, 6, 7]);
  t.deepEqual(
    workers.flatMap(({ errors }) => errors),
    [],
  );
});

test.serial(
  'a handler that fails for one aggregate holds up nobody else; after the fix a retry heals it',
  async (t) => {
    const [bad, good] = [anId(), anId()];
    await commit(bad, 3);
    let isFixed = false;
    const journal = aJournal({
      before: ({ aggregateId, sequence }) => {
        if (aggregateId.equals(bad) && sequence === 2 && !isFixed) throw new Error('no such owner');
      },
    });
    const worker = startWorker(t, database, [journal.definition]);
    t.deepEqual(await worker.caughtUp(), { parked: 1 });
    const error = await worker.toldError();
    t.true(error instanceof EventParkedError);
    t.like(error, { projection: journal.table, aggregateId: bad.hex, sequence: 2, attempts: 1 });
    t.is(((error as Error).cause as Error).message, 'no such owner');

    await commit(good, 2);
    await worker.caughtUp();
    t.deepEqual(await seen(knex, journal, good), [1, 2]);
    t.deepEqual(await seen(knex, journal, bad), [1]);

    isFixed = true;
    const [copy] = await readCopies(knex, schema, [journal.table]);
    await retry(knex, schema, copy?.id ?? 0);
    await worker.until(async () => (await seen(knex, journal, bad)).length === 3);
    t.deepEqual(await worker.caughtUp(), { parked: 0 });
  },
);

test.serial('a long transaction that has an aggregate holds up no search for others', async (t) => {
  const [held, other] = [anId(), anId()];
  await commit(held, 1);
  const journal = aJournal();
  const first = startWorker(t, database, [journal.definition]);
  await first.caughtUp();
  await first.stop();
  await commit(held, 1, 1);
  const long = await knex.transaction();
  t.teardown(() => long.rollback());
  const [copy] = await readCopies(knex, schema, [journal.table]);
  await long('maestro_positions').where({ copy: copy?.id, aggregate_id: held.encode() }).forUpdate();

  const worker = startWorker(t, database, [journal.definition]);
  let hasCaughtUp = false;
  const caughtUp = worker.caughtUp().finally(() => (hasCaughtUp = true));
  // A wrong clock: only a search finds it.
  const timestamp = Timestamp.of({ time: Date.UTC(1980, 1), nodeId: 1980n });
  await insertRows(database, {
    events: [{ ...anEvent(other, { sequence: 1, timestamp }), body: '{}' }],
    snapshots: [],
  });
  await worker.until(async () => (await seen(knex, journal, other)).length === 1);
  t.false(hasCaughtUp);
  await long.rollback();
  t.deepEqual(await caughtUp, { parked: 0 });
  t.deepEqual(await seen(knex, journal, held), [1, 2]);
});

test.serial('one connection is enough, also while the application commits', async (t) => {
  const one = onOwn({ pool: { min: 0, max: 1 } });
  t.teardown(() => one.destroy());
  const own = new PostgresStore(one, { schema });
  const journal = aJournal();
  const worker = startWorker(t, { knex: one, schema }, [journal.definition]);
  const ids = Array.from({ length: 30 }, anId);
  for (const id of ids) await own.commitEvents(aHistory(id, 2));
  await worker.caughtUp();
  for (const id of ids) t.deepEqual(await seen(one, journal, id), [1, 2]);
});

test.serial('no more connections are used than lanes, one to search and one to show that it is alive', async (t) => {
  let most = 0;
  const many = onOwn();
  t.teardown(() => many.destroy());
  const { pool } = many.client as { pool: { numUsed(): number } };
  many.on('query', () => (most = Math.max(most, pool.numUsed())));
  const ids = Array.from({ length: 100 }, anId);
  await Promise.all(ids.map((id) => commit(id, 2)));
  const worker = startWorker(t, { knex: many, schema }, [aJournal().definition, aJournal().definition], {
    concurrency: 2,
  });
  await worker.caughtUp();
  t.true(most > 0 && most <= 4, `${most} connections`);
});

test.serial('what commits take in themselves costs the worker a look, and no transaction', async (t) => {
  const own = onOwn();
  t.teardown(() => own.destroy());
  const journal = aJournal();
  const things = openAggregates(Thing, {
    store: new PostgresStore(own, { schema }),
    projections: [journal.definition],
  });
  const worker = startWorker(t, { knex: own, schema }, [journal.definition]);
  await worker.caughtUp();
  const id = anId();
  let locking = 0;
  own.on('query', ({ sql }: { readonly sql: string }) => (locking += sql.includes('SKIP LOCKED') ? 1 : 0));
  for (let n = 1; n <= 10; n += 1) {
    await things.evaluate(id, { type: 'happen', data: { n } });
    await worker.caughtUp();
  }
  t.true(locking <= 2, `${locking} transactions`);
  // What they leave is taken in all the same.
  await new PostgresStore(own, { schema }).commitEvents(aHistory(id, 12).slice(10));
  await worker.caughtUp();
  t.is((await seen(own, journal, id)).length, 12);
});

test.serial('it stops also while it sets up a projection, or waits for a lock when it starts', async (t) => {
  const [slow, other] = [aJournal(), aJournal()];
  let [hasBegun, goOn] = [(): void => {}, (): void => {}];
  const begun = new Promise<void>((resolve) => (hasBegun = resolve));
  const released = new Promise<void>((resolve) => (goOn = resolve));
  const setUp = async (transaction: Knex.Transaction) => {
    hasBegun();
    await released;
    await slow.definition.setUp?.(transaction);
  };
  const settingUp = startWorker(t, database, [defineProjection({ ...settings(slow), setUp })]);
  await begun;
  await settingUp.stop();
  goOn();

  const relation = `${schema}.maestro_projections`;
  await knex.transaction(async (transaction) => {
    await transaction.raw('LOCK TABLE ?? IN ACCESS EXCLUSIVE MODE', [relation]);
    const waiting = startWorker(t, database, [other.definition]);
    const waits = 'SELECT FROM pg_locks WHERE NOT granted AND relation = to_regclass(?)';
    while ((await transaction.raw<{ rows: unknown[] }>(waits, [relation])).rows.length === 0) await immediate();
    await waiting.stop();
  });

  const id = anId();
  await commit(id, 2);
  const worker = startWorker(t, database, [slow.definition, other.definition]);
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  for (const journal of [slow, other]) t.deepEqual(await seen(knex, journal, id), [1, 2]);
});

test.serial('it fails for good where the tables are missing', async (t) => {
  const worker = startWorker(t, { knex, schema: aSchemaName() }, [aJournal().definition]);
  await t.throwsAsync(worker.caughtUp(), { instanceOf: NotMigratedError });
  await t.throwsAsync(worker.stopped, { instanceOf: NotMigratedError });
});

test.serial('a projection that cannot be set up holds up no other, and is told; caughtUp tries it again', async (t) => {
  const [good, bad] = [aJournal(), aJournal()];
  let isFixed = false;
  const refused = defineProjection({
    ...settings(bad),
    setUp: async (transaction) => {
      if (!isFixed) throw new Error('no such right');
      await bad.definition.setUp?.(transaction);
    },
  });
  const worker = startWorker(t, database, [refused, good.definition]);
  const id = anId();
  await commit(id, 2);
  await worker.until(async () => worker.errors.length === 1 && (await seen(knex, good, id)).length === 2);
  t.like(await worker.toldError(), { code: 'MAESTRO_READ_MODEL_SET_UP', projection: bad.table });
  t.like(await t.throwsAsync(worker.caughtUp()), { code: 'MAESTRO_READ_MODEL_SET_UP', projection: bad.table });

  isFixed = true;
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  t.deepEqual(await seen(knex, bad, id), [1, 2]);
});

test.serial('it fails for good when none of its projections can be set up', async (t) => {
  const setUp = () => Promise.reject(new Error('no such right'));
  const worker = startWorker(t, database, [defineProjection({ ...settings(aJournal()), setUp })]);
  const error = await t.throwsAsync(worker.stopped, { code: 'MAESTRO_READ_MODEL_SET_UP' });
  t.is(worker.errors.length, 1);
  t.like(worker.errors[0], { code: 'MAESTRO_WORKER_FAILED', cause: error, hint: (error as MaestroError).hint });
});

test.serial(
  'a failure that the application has heard of ends no process, whatever it does with the worker then',
  async (t) => {
    const setUp = () => Promise.reject(new Error('no such right'));
    const definition = () => defineProjection({ ...settings(aJournal()), setUp });
    const unhandled: unknown[] = [];
    const note = (reason: unknown) => unhandled.push(reason);
    process.on('unhandledRejection', note);
    t.teardown(() => process.off('unhandledRejection', note));

    const stop = new AbortController();
    const waited = runProjections(database, [definition()], { signal: stop.signal });
    await t.throwsAsync(waited.caughtUp(), { code: 'MAESTRO_READ_MODEL_SET_UP' });
    stop.abort();
    const told: unknown[] = [];
    const alone = runProjections(database, [definition()], { onError: (error) => told.push(error) });

    // To wait for a promise would be to handle it.
    const isPending = ({ stopped }: ProjectionWorker) => inspect(stopped).includes('pending');
    while (isPending(waited) || isPending(alone)) await immediate();
    await immediate();
    t.true(told[0] instanceof WorkerFailedError);
    t.deepEqual(unhandled, []);
  },
);

/** Waits until a version is in use and the others are gone: a switch waits for whoever still reads what there was, other tests too. */
async function inUse(worker: TestWorker, name: string, version: number): Promise<void> {
  for (;;) {
    await worker.caughtUp();
    const copies = await readCopies(knex, schema, [name]);
    if (copies.length === 1 && copies[0]?.version === version && copies[0].status === 'live') return;
  }
}

test.serial('a rebuild that is refused is told, and begun as soon as nothing is in its way', async (t) => {
  const id = anId();
  await commit(id, 1);
  const old = aJournal();
  const first = startWorker(t, database, [old.definition]);
  await first.caughtUp();
  await first.stop();
  const view = `${old.table}_view`;
  await knex.raw('CREATE VIEW ?? AS SELECT * FROM ??', [view, old.table]);

  const fresh = aJournal({ table: old.table, version: 2 });
  const second = startWorker(t, database, [fresh.definition]);
  t.true((await second.toldError()) instanceof DependentObjectsError);
  await commit(id, 1, 1);
  await t.throwsAsync(second.caughtUp(), { instanceOf: DependentObjectsError });
  await knex.raw('DROP VIEW ??', [view]);
  await inUse(second, old.table, 2);
  t.deepEqual(await seen(knex, fresh, id), [1, 2]);
});

test.serial('what was refused is tried again now and then, without anybody asking', async (t) => {
  const old = aJournal();
  const first = startWorker(t, database, [old.definition]);
  await first.caughtUp();
  await first.stop();
  const view = `${old.table}_view`;
  await knex.raw('CREATE VIEW ?? AS SELECT * FROM ??', [view, old.table]);

  const told: unknown[] = [];
  const [stopping, alarm] = [new AbortController(), new Alarm()];
  let tellAgain = (): void => {};
  const onError = (error: unknown) => {
    told.push(error);
    tellAgain();
  };
  const { signal } = stopping;
  const { definition } = aJournal({ table: old.table, version: 2 });
  const copies = new OwnCopies(knex, schema, [definition], onError);
  const reach = new Reachability({ knex, signal, onError, onBack: () => {} });
  await copies.register();
  const again = new Promise<void>((resolve) => (tellAgain = resolve));
  const retries = runRetries({ copies, onError, reach, signal, working: new Permits(1) }, alarm);
  alarm.wake();
  await again;
  t.deepEqual(
    told.map((error) => error instanceof DependentObjectsError),
    [true, true],
  );

  await knex.raw('DROP VIEW ??', [view]);
  alarm.wake();
  // Once begun, it goes on to its end.
  await immediate();
  stopping.abort();
  await retries;
  t.deepEqual(
    (await readCopies(knex, schema, [old.table])).map(({ version, status }) => [version, status]),
    [
      [1, 'live'],
      [2, 'building'],
    ],
  );
});

test.serial('it stops with its database, without an error', async (t) => {
  const own = onOwn();
  const worker = startWorker(t, { knex: own, schema }, [aJournal().definition]);
  await worker.caughtUp();
  await own.destroy();
  await worker.stopped;
  t.deepEqual(worker.errors, []);
});

test.serial('a signal that was aborted before runs nothing', async (t) => {
  const journal = aJournal();
  const worker = runProjections(database, [journal.definition], { signal: AbortSignal.abort() });
  await worker.stopped;
  t.deepEqual(await readCopies(knex, schema, [journal.table]), []);
});

test('what cannot be run is refused at once, with what to write', (t) => {
  const { definition } = aJournal();
  const refusals: readonly [definitions: unknown, options: object, message: RegExp][] = [
    [[], {}, /takes a list of projections and subscriptions, one or more/],
    [{}, {}, /takes a list/],
    [
      [definition, undefined],
      {},
      /^Item 1 of the list is no projection or subscription, but undefined; make it with defineProjection/,
    ],
    [[definition, definition], {}, /^Two projections or subscriptions have the name journal_\d+; rename one/],
    [[definition], { concurrency: 0 }, /^The option concurrency must be an integer, 1 to 1000; got 0/],
    [[definition], { interval: 1.5 }, /^The option interval must be an integer, 1 to \d+; got 1\.5/],
    [[definition], { lease: '10 s' }, /^The option lease must be an integer, 100 to \d+; got '10 s'/],
    [[definition], { signal: 'SIGTERM' }, /^The option signal must be an AbortSignal; got 'SIGTERM'/],
    [[definition], { onError: 'log' }, /^The option onError must be a function; got 'log'/],
    [[definition], { parallel: 4 }, /^runProjections has no option parallel; it has concurrency, signal/],
  ];
  for (const [definitions, options, message] of refusals)
    t.throws(() => runProjections(database, definitions as AnyProjection[], options), {
      instanceOf: InvalidArgumentError,
      message,
    });
  for (const other of [undefined, null, knex, store, {}])
    t.throws(() => runProjections(other as never, [definition]), {
      instanceOf: InvalidArgumentError,
      message: /^runProjections takes a database: what openDatabase\(\) gives, or {knex, schema}/,
    });
  t.throws(() => runProjections({ knex, schema: 'a"b' }, [definition]), { instanceOf: InvalidArgumentError });
});

test.serial('a higher version is filled beside the tables that are in use, and then takes their place', async (t) => {
  const ids = Array.from({ length: 20 }, anId);
  await Promise.all(ids.map((id) => commit(id, 2)));
  const old = aJournal();
  const first = startWorker(t, database, [old.definition]);
  await first.caughtUp();
  await first.stop();

  const fresh = aJournal({ table: old.table, version: 2 });
  const second = startWorker(t, database, [fresh.definition]);
  await Promise.all(ids.map((id) => commit(id, 1, 2)));
  await inUse(second, old.table, 2);
  for (const id of ids) t.deepEqual(await seen(knex, fresh, id), [1, 2, 3]);
  t.deepEqual(second.errors, []);

  // The old code finds out, says so once, and leaves the new tables alone.
  const late = startWorker(t, database, [old.definition]);
  t.true((await late.toldError()) instanceof OlderProjectionError);
  await commit(ids[0] as Timestamp, 1, 3);
  await late.caughtUp();
  await second.caughtUp();
  t.deepEqual(await seen(knex, fresh, ids[0] as Timestamp), [1, 2, 3, 4]);
});

test.serial('who meets a table that is not there is told how tables are made anew', async (t) => {
  const journal = aJournal();
  const definition = defineProjection({ ...settings(journal), setUp: journal.definition.setUp as () => unknown });
  const first = startWorker(t, database, [definition]);
  await first.caughtUp();
  await first.stop();
  await knex.schema.dropTable(journal.table);
  const worker = startWorker(t, database, [definition]);
  const id = anId();
  await commit(id, 1);
  const error = await worker.toldError();
  t.like(error, { projection: journal.table, version: 1, isLive: true, reason: 'failed', sequence: 1 });
  t.true((error as EventParkedError).hint?.includes(`maestro projections rebuild ${journal.table}`));
});
