import test, { type ExecutionContext } from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { layoutAt } from '../../../src/store/layout/read-layout.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { isOnCluster, testKnex, useTestDatabase } from '../../support/database.js';
import { Thing } from '../../support/projection/journal.js';

// Where the test server is no cluster nothing is sent to other nodes, and what is left is what the store answers.

const database = useTestDatabase(test);

interface Session {
  query(sql: string, callback: (error: Error | null) => void): void;
  on(event: 'notice', listener: (notice: { message?: string }) => void): void;
}

/** A store on one connection, and what the coordinator sends to workers for some work: the first words of each. */
async function watched(t: ExecutionContext) {
  const sent: string[] = [];
  const afterCreate = (session: Session, done: (error: Error | null, session: Session) => void) => {
    session.on('notice', ({ message = '' }) => {
      const [, command] = /^issuing (.*)/s.exec(message) ?? [];
      if (command !== undefined) sent.push(command.slice(0, 19).trim());
    });
    const settings = "SET citus.log_remote_commands = 'on'; SET client_min_messages = notice";
    session.query(settings, (error) => done(error, session));
  };
  const knex = testKnex({ searchPath: [database.schema], pool: { min: 0, max: 1, afterCreate } });
  t.teardown(() => knex.destroy());
  await layoutAt(knex, database.schema);
  const store = new PostgresStore(knex, { schema: database.schema });
  return {
    store,
    sentFor: async (work: () => Promise<unknown>) => {
      sent.length = 0;
      await work();
      return sent.map((command) => command.split(/[\s;]/)[0]);
    },
  };
}

/** Statements that a cluster is sent; none elsewhere. */
const onCluster = (commands: string[]) => (isOnCluster() ? commands : []);

const aCommand = (aggregateId: Timestamp, sequence: number, events: number) => ({
  aggregateId,
  commandId: `command ${sequence} of ${events}`,
  digest: 'ab',
  firstSequence: sequence,
  lastSequence: sequence + events - 1,
});

test('commits of one aggregate, snapshots, reads and what is looked at after a conflict are one task each, without a two-phase commit', async (t) => {
  const { store, sentFor } = await watched(t);
  const id = anId();
  for (const count of [1, 2, 8, 20, 99])
    t.deepEqual(
      await sentFor(async () => t.true((await store.commitEvents(aHistory(anId(), count))).ok)),
      onCluster(['INSERT']),
      `${count} events`,
    );
  await store.commitEvents(aHistory(id, 3));
  const conflict = async () => t.like(await store.commitEvents(aHistory(id, 2)), { error: 'retry_command' });
  t.deepEqual(await sentFor(conflict), onCluster(['INSERT', 'SELECT']));
  t.deepEqual(await sentFor(() => store.getEvents(id)), onCluster(['SELECT']));
  t.deepEqual(await sentFor(() => store.getLastEvent(id)), onCluster(['SELECT']));
  const snapshot = { aggregateId: id, sequence: 2, body: {} };
  t.deepEqual(await sentFor(() => store.commitSnapshot(snapshot)), onCluster(['INSERT']));
  t.deepEqual(await sentFor(() => store.getSnapshot(id)), onCluster(['SELECT']));
  t.deepEqual(await sentFor(() => store.getCommand(id, 'none')), onCluster(['SELECT']));
});

test('a timestamp that the aggregate has already is looked for in one shard', async (t) => {
  const { store, sentFor } = await watched(t);
  const event = anEvent();
  await store.commitEvents([event]);
  const again = [{ ...event, sequence: 2 }, anEvent(event.aggregateId, { sequence: 3 })];
  const refused = () => t.throwsAsync(store.commitEvents(again), { code: 'MAESTRO_DUPLICATE_TIMESTAMP' });
  t.deepEqual(await sentFor(refused), onCluster(['INSERT', 'SELECT', 'SELECT']));
});

test('a command and its events are two tasks of one transaction on one node, without a two-phase commit', async (t) => {
  const { store, sentFor } = await watched(t);
  const id = anId();
  let next = 1;
  for (const count of [0, 1, 2, 20]) {
    const events = Array.from({ length: count }, (_, n) => anEvent(id, { sequence: next + n }));
    const commit = async () => t.true((await store.commitCommand(aCommand(id, next, count), events)).ok);
    const tasks = count === 0 ? ['INSERT'] : ['BEGIN', 'INSERT', 'INSERT', 'COMMIT'];
    t.deepEqual(await sentFor(commit), onCluster(tasks), `${count} events`);
    next += count;
  }
});

/** A projection whose rows lie with the events of their aggregate. */
const things = defineProjection({
  name: 'things',
  version: 1,
  from: [Thing],
  setUp: async (transaction) => {
    await transaction.raw('CREATE TABLE things (aggregate_id bytea PRIMARY KEY, seen integer NOT NULL)');
    const log = `${database.schema}.event_log`;
    const distribute = `SELECT create_distributed_table('things', 'aggregate_id', colocate_with => ?)`;
    if (isOnCluster()) await transaction.raw(distribute, [log]);
  },
  project: {
    happened: async ({ aggregateId, sequence }, transaction) => {
      await transaction.raw(
        'INSERT INTO things VALUES (?, ?) ON CONFLICT (aggregate_id) DO UPDATE SET seen = EXCLUDED.seen',
        [aggregateId.encode(), sequence],
      );
    },
  },
});

test('a commit with an inline projection, whose rows lie with the events, is a transaction on one node, without a two-phase commit', async (t) => {
  const { store, sentFor } = await watched(t);
  await store.commitAll([anEvent()], [things]);
  for (const count of [1, 2, 20]) {
    const [id, inserts] = [anId(), Array.from({ length: count }, () => 'INSERT')];
    const history = aHistory(id, 2 * count);
    const commit = (from: number) => async () =>
      t.true((await store.commitAll(history.slice(from, from + count), [things])).ok);
    const first = ['BEGIN', 'INSERT', 'UPDATE', 'INSERT', ...inserts, 'COMMIT'];
    t.deepEqual(await sentFor(commit(0)), onCluster(first), `${count} first events`);
    const next = ['BEGIN', 'INSERT', 'UPDATE', ...inserts, 'COMMIT'];
    t.deepEqual(await sentFor(commit(count)), onCluster(next), `${count} more events`);
  }
});
