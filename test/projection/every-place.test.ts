import test from 'ava';
import { eraseAggregate } from '../../src/admin/erase-aggregate/erase-aggregate.js';
import { openAggregates } from '../../src/aggregate/aggregates.js';
import { readModelEraser } from '../../src/cli/commands/erase/read-model-eraser.js';
import { readCopies } from '../../src/projection/copies/copy.js';
import { defineSubscription } from '../../src/projection/define-subscription.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { anId } from '../support/data/factories.js';
import { testKnex, useEmbeddedDatabase, useOwnDatabase } from '../support/database.js';
import { aJournal, seen, Thing } from '../support/projection/journal.js';
import { startWorker } from '../support/projection/workers.js';
import { poolers } from '../support/servers/pooler.js';

const schema = 'public';
const embedded = useEmbeddedDatabase(test);
const happen = (n: number) => ({ type: 'happen', data: { n } }) as const;

test.serial(
  'on the embedded database the worker of the application’s process rebuilds while the application commits and reads',
  async (t) => {
    const database = embedded.get();
    const [first, second] = [1, 2].map((version) => aJournal({ version, table: 'journal' })) as [
      ReturnType<typeof aJournal>,
      ReturnType<typeof aJournal>,
    ];
    const ids = [anId(), anId(), anId()];
    const codes = [first, second].map(({ definition }) =>
      openAggregates(Thing, { store: database.store, projections: [definition] }),
    );
    let length = 0;
    const commit = async () => {
      length += 1;
      for (const [index, id] of ids.entries()) {
        await codes[index % 2]?.evaluate(id, happen(length));
        const all = await seen(database.knex, first, id);
        t.deepEqual(
          all,
          Array.from({ length: all.length }, (_, before) => before + 1),
        );
      }
    };
    await codes[0]?.evaluate(ids[0] as ReturnType<typeof anId>, happen(0));
    await commit();
    const old = startWorker(t, database, [first.definition]);
    await old.caughtUp();
    const deployed = startWorker(t, database, [second.definition]);
    let isSwitched = false;
    const caughtUp = deployed.caughtUp().finally(() => (isSwitched = true));
    while (!isSwitched) await commit();
    t.deepEqual(await caughtUp, { parked: 0 });
    t.is((await readCopies(database.knex, schema, ['journal'])).find(({ status }) => status === 'live')?.version, 2);
    await commit();
    await deployed.caughtUp();
    const stored = await Promise.all(ids.map(async (id) => (await database.store.getEvents(id)).length));
    for (const [index, id] of ids.entries()) t.is((await seen(database.knex, second, id)).length, stored[index] ?? 0);
    await Promise.all([old.stop(), deployed.stop()]);
  },
);

for (const [name, start] of Object.entries(poolers())) {
  const direct = useOwnDatabase(test);
  test.serial(
    `${name}: commits inside a transaction of the application, subscriptions and erasures reach read models`,
    async (t) => {
      const pooler = await start(direct);
      const knex = testKnex({ connection: Object.assign(new URL(direct), { port: String(pooler.port) }).href });
      t.teardown(async () => {
        await knex.destroy();
        await pooler.close();
      });
      await migrate(knex, { schema });
      const journal = aJournal();
      const store = new PostgresStore(knex, { schema });
      const things = openAggregates(Thing, { store, projections: [journal.definition] });
      const [id, other, counted] = [anId(), anId(), anId()];
      const counting = defineSubscription({
        name: 'counting',
        from: [Thing],
        startAt: 'beginning',
        handle: async ({ aggregateId, body }, { idempotencyKey: commandId, transaction }) => {
          if (!aggregateId.equals(id)) return;
          await things.evaluate(counted, happen(body.n ?? 0), { commandId, transaction });
        },
      });
      await knex.transaction(async (transaction) => {
        for (const n of [1, 2]) await things.evaluate(id, happen(n), { transaction });
        await things.evaluate(other, happen(1), { transaction });
        t.deepEqual(await seen(transaction, journal, id), [1, 2]);
      });
      const undone = knex.transaction(async (transaction) => {
        await things.evaluate(id, happen(3), { transaction });
        t.deepEqual(await seen(transaction, journal, id), [1, 2, 3]);
        throw new Error('not this time');
      });
      await t.throwsAsync(undone, { message: 'not this time' });
      t.deepEqual(await seen(knex, journal, id), [1, 2]);

      const worker = startWorker(t, { knex, schema }, [journal.definition, counting]);
      t.deepEqual(await worker.caughtUp(), { parked: 0 });
      await worker.caughtUp();
      t.deepEqual(await seen(knex, journal, counted), [1, 2]);

      const readModels = readModelEraser([journal.definition, counting], schema);
      await eraseAggregate({ knex, schema }, { aggregateId: id, readModels });
      t.deepEqual(await seen(knex, journal, id), []);
      t.deepEqual(await seen(knex, journal, other), [1]);
      t.deepEqual(await store.getEvents(id), []);
      t.deepEqual(await worker.caughtUp(), { parked: 0 });
      await worker.stop();
      t.deepEqual(worker.errors, []);
    },
  );
}
