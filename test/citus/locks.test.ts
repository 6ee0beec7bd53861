import test from 'ava';
import { DatabaseTimeoutError, OutcomeUnknownError } from '../../src/store/errors.js';
import { lockTables } from '../../src/store/migrate/lock-tables.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { openTransaction, useCluster } from '../support/cluster.js';
import { anEvent, anId } from '../support/data/factories.js';
import { throughProxy } from '../support/servers/through-proxy.js';

const cluster = useCluster(test);
const { schema, knex } = cluster;
const log = `"${schema}".event_log`;

test.serial('a lock on the log waits for a moment only, and names who has one through another node', async (t) => {
  const worker = cluster.nodes().find(({ isCoordinator }) => !isCoordinator);
  if (worker === undefined) return t.fail('no worker');
  const holder = await openTransaction(t, worker);
  await holder.raw("SET LOCAL application_name = 'the one that holds it'");
  await new PostgresStore(holder, { schema }).commitEvents([anEvent()]);
  const waiting = knex.transaction((transaction) =>
    lockTables(transaction, [log], 'SHARE ROW EXCLUSIVE', 800, () => Promise.resolve()),
  );
  const error = await t.throwsAsync(waiting, { instanceOf: DatabaseTimeoutError });
  t.true(error.message.includes(` on ${new URL(worker.url).host}, in a transaction for `), error.message);
  t.true((await cluster.store().commitEvents([anEvent()])).ok, 'others go on');
});

test.serial('a row that a worker keeps locked is waited for as shortly', async (t) => {
  const event = anEvent();
  await cluster.store().commitEvents([event]);
  const { node, shard } = await cluster.placeOf(event.aggregateId);
  // On the node itself, so that the lock is nowhere else.
  const holder = await openTransaction(t, node);
  await holder.raw(`SELECT 1 FROM ${shard} WHERE aggregate_id = ? FOR UPDATE`, [event.aggregateId.encode()]);
  const erase = `DELETE FROM ${log} WHERE aggregate_id = ?`;
  const waiting = knex.transaction((transaction) =>
    lockTables(transaction, [log], 'SHARE ROW EXCLUSIVE', 800, async () => {
      await transaction.raw(erase, [event.aggregateId.encode()]);
    }),
  );
  await t.throwsAsync(waiting, { instanceOf: DatabaseTimeoutError, message: /rows of the tables/ });
});

test.serial(
  'the outcome of a commit is looked for no longer than allowed behind a transaction that a node was left with',
  async (t) => {
    const event = anEvent(anId());
    const { node, shard } = await cluster.placeOf(event.aggregateId);
    const name = `${schema}_left`;
    const transaction = await node.knex.transaction();
    await transaction.raw(
      `INSERT INTO ${shard} (aggregate_id, sequence, "timestamp", type, body) VALUES (?, ?, ?, 'left', '{}')`,
      [event.aggregateId.encode(), event.sequence, event.timestamp.encode()],
    );
    await transaction.raw(`PREPARE TRANSACTION '${name}'`);
    await transaction.rollback();
    t.teardown(() => node.knex.raw(`ROLLBACK PREPARED '${name}'`));
    const { proxy, store } = await throughProxy(t, { schema, recoveryTimeout: 1_000 });
    proxy.breakAt('INSERT', 'request');
    await t.throwsAsync(store.commitEvents([event]), { instanceOf: OutcomeUnknownError });
  },
);
