import { EventEmitter, once } from 'node:events';
import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { defineSubscription } from '../../../src/projection/define-subscription.js';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { isTransient } from '../../../src/store/failures/database-errors.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { useProcesses } from '../../support/children/processes.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { exported, imported, insertRows } from '../../support/data/transfer.js';
import { testKnex, testUrl, useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';
import { rounds } from '../../support/figures.js';
import { aJournal, seen, Thing } from '../../support/projection/journal.js';
import { startWorker } from '../../support/projection/workers.js';
import { startFaultProxy } from '../../support/servers/fault-proxy.js';
import { poolers } from '../../support/servers/pooler.js';

const processes = useProcesses(test, 'projection-child.ts');
const embedded = useEmbeddedDatabase(test);
const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const elsewhere = useTestDatabase(test);
const { schema } = layouts.plain;
const knex = testKnex({ searchPath: [schema] });
test.after.always(() => knex.destroy());
const store = new PostgresStore(knex, { schema });

async function commitTo(into: PostgresStore, ids: readonly Timestamp[], length: number, after = 0): Promise<void> {
  await Promise.all(ids.map((id) => into.commitEvents(aHistory(id, after + length).slice(after))));
}

test.serial(
  'a worker whose projection is registered starts while others keep the table of copies locked',
  async (t) => {
    const journal = aJournal();
    const first = startWorker(t, { knex, schema }, [journal.definition]);
    await first.caughtUp();
    await first.stop();
    const id = anId();
    await commitTo(store, [id], 3);
    await knex.transaction(async (transaction) => {
      await transaction.raw(`LOCK TABLE "${schema}".maestro_projections IN SHARE ROW EXCLUSIVE MODE`);
      const worker = startWorker(t, { knex, schema }, [journal.definition]);
      await worker.caughtUp();
      await worker.stop();
    });
    t.deepEqual(await seen(knex, journal, id), [1, 2, 3]);
  },
);

for (const [layout, database] of Object.entries(layouts))
  test.serial(`workers that are killed take in every event once, in order: ${layout}`, async (t) => {
    const own = testKnex({ searchPath: [database.schema] });
    t.teardown(() => own.destroy());
    const journal = aJournal();
    const ids = Array.from({ length: 60 }, anId);
    // Its tables are where the search_path of this process leads.
    const first = startWorker(t, { knex: own, schema: database.schema }, [journal.definition]);
    await first.caughtUp();
    await first.stop();
    const ROUNDS = rounds(4, 40);
    const transactions = new EventEmitter();
    const start = () => {
      const child = processes.start(testUrl(), database.schema, journal.table);
      const listen = async () => {
        while ((await child.line()) !== undefined) transactions.emit('one');
      };
      void listen();
      return child;
    };
    let worker = start();
    for (let round = 0; round < ROUNDS; round += 1) {
      const next = start();
      const begun = once(transactions, 'one');
      await commitTo(database.store(), ids, 5, round * 5);
      if (round % 3 > 0) await begun;
      await worker.kill();
      worker = next;
    }
    await worker.kill();
    const last = startWorker(t, { knex: own, schema: database.schema }, [journal.definition]);
    t.deepEqual(await last.caughtUp(), { parked: 0 });
    const all = Array.from({ length: 5 * ROUNDS }, (_, index) => index + 1);
    for (const id of ids) t.deepEqual(await seen(own, journal, id), all);
  });

test.serial('connections that break are made again, and nothing is lost or taken in twice', async (t) => {
  const url = new URL(testUrl());
  const proxy = await startFaultProxy(Number(url.port));
  url.port = String(proxy.port);
  const log = { warn() {}, error() {}, debug() {}, deprecate() {} };
  const through = testKnex({ connection: url.href, searchPath: [schema], log });
  t.teardown(async () => {
    await through.destroy();
    await proxy.close();
  });
  const journal = aJournal();
  const worker = startWorker(t, { knex: through, schema }, [journal.definition]);
  await worker.caughtUp();
  const ids = Array.from({ length: 20 }, anId);
  let length = 0;
  for (const text of ['maestro_positions', 'COMMIT', 'INSERT INTO "journal', 'SELECT'])
    for (const side of ['request', 'reply'] as const) {
      const broken = new Promise<void>((resolve) => proxy.breakAt(text, side, { onBreak: resolve }));
      await commitTo(store, ids, 1, length);
      length += 1;
      await Promise.race([
        broken,
        worker.until(async () => (await seen(knex, journal, ids[0] as Timestamp)).length === length),
      ]);
    }
  // The server is away for a while.
  const gone = new Promise<void>((resolve) => proxy.breakAt('SELECT', 'request', { forGood: true, onBreak: resolve }));
  await commitTo(store, ids, 1, length);
  await gone;
  await worker.toldError();
  proxy.mend();
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  for (const id of ids)
    t.is(
      (await seen(knex, journal, id)).join(),
      aHistory(id, length + 1)
        .map(({ sequence }) => sequence)
        .join(),
    );
  t.true(proxy.broken > 1);
  t.deepEqual(
    worker.errors.filter((error) => !isTransient(error)),
    [],
  );
});

test.serial('an event that is missing is named, and its aggregate goes on when an import brings it', async (t) => {
  const [id, other] = [anId(), anId()];
  await commitTo(elsewhere.store(), [id, other], 3);
  const [first, , third] = (await elsewhere.store().getEvents(id)).map(({ body, ...event }) => ({
    ...event,
    body: JSON.stringify(body),
  }));
  if (first === undefined || third === undefined) return t.fail();
  await insertRows({ knex, schema }, { events: [first, third], snapshots: [] });
  const journal = aJournal();
  const worker = startWorker(t, { knex, schema }, [journal.definition]);
  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  t.like(await worker.toldError(), { code: 'MAESTRO_EVENT_PARKED', aggregateId: id.hex, sequence: 2 });
  t.deepEqual(await seen(knex, journal, id), [1]);

  await imported({ knex, schema }, await exported(elsewhere));
  await worker.until(async () => (await seen(knex, journal, id)).length === 3);
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  t.deepEqual(await seen(knex, journal, other), [1, 2, 3]);
});

for (const [name, start] of Object.entries(poolers()))
  test.serial(`it works through ${name} in transaction mode`, async (t) => {
    const pooler = await start(testUrl());
    const url = Object.assign(new URL(testUrl()), { port: String(pooler.port) }).href;
    const through = testKnex({ connection: url });
    t.teardown(async () => {
      await through.destroy();
      await pooler.close();
    });
    const journal = aJournal();
    // The pooler's sessions have no search_path of the application's.
    const direct = startWorker(t, { knex, schema }, [journal.definition]);
    await direct.caughtUp();
    await direct.stop();
    const ids = Array.from({ length: 40 }, anId);
    const handled = new Map<string, number>();
    const subscription = defineSubscription({
      name: name.replaceAll(' ', '_'),
      from: [Thing],
      startAt: 'now',
      handle: ({ aggregateId, sequence }) => {
        t.is(handled.get(aggregateId.hex) ?? 0, sequence - 1);
        handled.set(aggregateId.hex, sequence);
      },
    });
    const worker = startWorker(t, { knex: through, schema }, [journal.definition, subscription]);
    await worker.caughtUp();
    for (let after = 0; after < 3; after += 1) await commitTo(new PostgresStore(through, { schema }), ids, 1, after);
    t.deepEqual(await worker.caughtUp(), { parked: 0 });
    for (const id of ids) {
      t.deepEqual(await seen(knex, journal, id), [1, 2, 3]);
      t.is(handled.get(id.hex), 3);
    }
  });

test.serial('the embedded database has its worker in the process of the application', async (t) => {
  const database = embedded.get();
  const journal = aJournal();
  const things = openAggregates(Thing, { store: database.store });
  const [from, to, counted] = [anId(), anId(), anId()];
  const copying = defineSubscription({
    name: 'copying',
    from: [Thing],
    startAt: 'beginning',
    handle: async ({ aggregateId, body }, { idempotencyKey: commandId }) => {
      if (!aggregateId.equals(from)) return;
      const data = { n: body.n ?? 0 };
      await things.evaluate(to, { type: 'happen', data }, { commandId });
    },
  });
  const counting = defineSubscription({
    name: 'counting',
    from: [Thing],
    startAt: 'beginning',
    handle: async ({ aggregateId, body }, { idempotencyKey: commandId, transaction }) => {
      if (!aggregateId.equals(from)) return;
      const data = { n: body.n ?? 0 };
      await things.evaluate(counted, { type: 'happen', data }, { commandId, transaction });
    },
  });
  const worker = startWorker(t, database, [journal.definition, copying, counting]);
  for (let n = 1; n <= 10; n += 1) await things.evaluate(from, { type: 'happen', data: { n } });
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  await worker.caughtUp();
  const ten = Array.from({ length: 10 }, (_, index) => index + 1);
  for (const id of [from, to, counted]) t.deepEqual(await seen(database.knex, journal, id), ten);
  await worker.stop();
  t.deepEqual(worker.errors, []);
});
