import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import { parseDatabaseUrl } from '../../src/connection/address/database-url.js';
import type { Database } from '../../src/connection/database.js';
import { openServer } from '../../src/connection/server/server.js';
import { MaestroError } from '../../src/errors.js';
import type { NewEvent } from '../../src/events.js';
import { Clock } from '../../src/hlc/clock.js';
import { appendEvents } from '../../src/store/append.js';
import { isTransient } from '../../src/store/failures/database-errors.js';
import { OutcomeUnknownError, ProjectionError } from '../../src/store/errors.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import type { Projection } from '../../src/store/store.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';
import { startPostgres, type TestPostgres } from '../../scripts/support/postgres.js';
import { RecordedHistory } from '../support/data/recorded-history.js';

const WRITERS = 4;

let server: TestPostgres;
test.serial.before(async () => {
  server = await startPostgres();
});
test.after.always(() => server?.stop());

function open(schema: string, options: { timeout?: number; pooler?: 'transaction' } = {}): Database {
  return openServer(parseDatabaseUrl(server.url, 'the test'), { schema, ...options });
}

const projectionInto =
  (schema: string): Projection =>
  async ({ body }, transaction) => {
    await transaction(`${schema}.seen`).insert({ token: body['token'] });
  };

/**
 * Starts writers on an aggregate that all share and one of their own each. Nobody restarts them: they meet what comes, and
 * go on with the same store. Two share one, and so perhaps statements; one has a projection.
 */
async function startWriters(t: ExecutionContext, schema: string) {
  const setup = open(schema);
  await migrate(setup.knex, { schema });
  await setup.knex.raw(`CREATE TABLE "${schema}".seen (token text)`);
  await setup.close();

  const shared = { id: anId(), history: new RecordedHistory() };
  const databases = Array.from({ length: WRITERS - 1 }, () => open(schema));
  const errors: Record<string, number> = {};
  const strange: unknown[] = [];
  const clock = new Clock();
  let writing = true;
  const writers = Array.from({ length: WRITERS }, (_, index) => {
    const { store } = databases[index % databases.length] as Database;
    const projection = projectionInto(schema);
    const projected = {
      getLastEvent: store.getLastEvent.bind(store),
      commitEvents: (events: readonly NewEvent[]) => store.commitAll(events, [projection]),
    };
    const on = index === 1 ? projected : store;
    const own = { id: anId(), history: new RecordedHistory() };
    const writer = { ...own, acknowledged: 0, projected: index === 1, done: Promise.resolve() };
    writer.done = (async () => {
      for (let count = 0; writing; count += 1) {
        const { id, history } = count % 3 === 0 ? shared : own;
        const tokens = Array.from({ length: (count % 2) + 1 }, (_, part) => `${index}-${count}-${part}`);
        const drafts = tokens.map((token) => ({ type: 'happened', body: { token, projected: writer.projected } }));
        const work = () => appendEvents(on, clock, id, drafts, { maxAttempts: 10_000 });
        const told = await history.append(
          tokens,
          async () => (await work()).map(({ sequence }) => sequence),
          (error) => error instanceof OutcomeUnknownError,
        );
        if (told.ok) {
          writer.acknowledged += tokens.length;
          continue;
        }
        const { error } = told;
        const code = error instanceof MaestroError ? error.code : String(error);
        errors[code] = (errors[code] ?? 0) + 1;
        const isFine = isTransient(error) || error instanceof OutcomeUnknownError || error instanceof ProjectionError;
        if (!isFine) strange.push(error);
        await delay(20);
      }
    })();
    return writer;
  });

  return {
    writers,
    errors,
    /** Waits until every writer has been acknowledged something that it began from now on. */
    resumed: async () => {
      const before = writers.map(({ acknowledged }) => acknowledged);
      // Of two events together, the first acknowledgement may be of what was under way before.
      while (writers.some(({ acknowledged }, index) => acknowledged < (before[index] ?? 0) + 5)) await delay(5);
    },
    /** Ends the writers, and holds what they were told against the log. */
    judge: async () => {
      writing = false;
      await Promise.all(writers.map(({ done }) => done));
      const { store, knex } = databases[0] as Database;
      const counts = { acknowledged: 0, unknown: 0, lost: 0, twice: 0 };
      const { rows } = await knex.raw(`SELECT token FROM "${schema}".seen`);
      const seen = rows.map(({ token }: { token: string }) => token).sort();
      const expected: string[] = [];
      for (const { id, history } of [shared, ...writers]) {
        const events = await store.getEvents(id, 1);
        const stored = events.map(({ sequence, body }) => ({ sequence, token: body['token'] as string }));
        t.deepEqual(history.faults(stored), []);
        counts.acknowledged += history.count('acknowledged');
        counts.unknown += history.count('unknown');
        counts.lost += history.lost(stored);
        counts.twice += history.duplicated(stored);
        for (const { body } of events) if (body['projected'] === true) expected.push(body['token'] as string);
      }
      t.deepEqual(seen, expected.sort(), 'the read model is what the events say');
      t.deepEqual(strange, []);
      await Promise.all(databases.map((database) => database.close()));
      return counts;
    },
  };
}

test.serial(
  `the postmaster is killed under ${WRITERS} writers: nothing acknowledged is lost, and they go on by themselves`,
  async (t) => {
    t.timeout(900_000);
    const kills = rounds(2, 50);
    const load = await startWriters(t, 'killed');
    await load.resumed();
    for (let round = 0; round < kills; round += 1) {
      // At another moment of their work every time.
      await delay(Math.random() * 200);
      server.kill();
      await server.revive();
      await load.resumed();
    }
    const { acknowledged, unknown, lost, twice } = await load.judge();
    figure(
      'postmaster SIGKILL under load',
      `${kills} rounds, ${WRITERS} writers: ${acknowledged} appends acknowledged, ${lost} lost, ${twice} duplicated, ` +
        `${unknown} unknown; all writers went on ${kills} times`,
    );
    t.log(load.errors);
  },
);

test.serial('a backend is killed, so that the server ends all others: nothing acknowledged is lost', async (t) => {
  t.timeout(900_000);
  const kills = rounds(1, 15);
  const load = await startWriters(t, 'crashed');
  const watcher = open('crashed');
  t.teardown(() => watcher.close());
  await load.resumed();
  for (let round = 0; round < kills; round += 1) {
    await delay(Math.random() * 100);
    const { rows } = await watcher.knex.raw(
      `SELECT pid FROM pg_stat_activity WHERE application_name = 'maestro' AND pid <> pg_backend_pid() ORDER BY random() LIMIT 1`,
    );
    process.kill(rows[0].pid, 'SIGKILL');
    await load.resumed();
  }
  const { acknowledged, unknown, lost, twice } = await load.judge();
  figure(
    'backend SIGKILL under load',
    `${kills} rounds, ${WRITERS} writers: ${acknowledged} appends acknowledged, ${lost} lost, ${twice} duplicated, ` +
      `${unknown} unknown`,
  );
  t.log(load.errors);
});

for (const kind of ['without projections', 'with a projection'] as const)
  test.serial(
    `a backend that stands still (SIGSTOP) under a commit ${kind}: one truthful answer, also when it goes on`,
    async (t) => {
      const schema = kind === 'with a projection' ? 'stopped_projection' : 'stopped';
      const setup = open(schema);
      t.teardown(() => setup.close());
      await migrate(setup.knex, { schema });
      for (let round = 0; round < rounds(1, 10); round += 1) {
        const database = open(schema, { timeout: 150, pooler: 'transaction' });
        const id = anId();
        const history = aHistory(id, 2);
        let stopped: number | undefined;
        const stop = async (on: Database['knex']) => {
          const { rows } = await on.raw('SELECT pg_backend_pid() AS pid');
          process.kill((stopped = rows[0].pid as number), 'SIGSTOP');
        };
        const goOn = async () => {
          await delay(Math.random() * 400);
          if (stopped !== undefined) process.kill(stopped, 'SIGCONT');
          stopped = undefined;
        };
        let going: Promise<void> | undefined;
        try {
          if (kind === 'without projections') {
            await stop(database.knex);
            t.deepEqual(await database.store.commitEvents(history), { ok: true, value: history });
          } else {
            const projection: Projection = async ({ sequence }, transaction) => {
              if (sequence === 2) await stop(transaction);
              if (sequence === 2) going = goOn();
            };
            const answer = await database.store.commitAll(history, [projection]).catch((error: unknown) => error);
            await going;
            const stored = (await setup.store.getEvents(id, 1)).length;
            if (answer instanceof Error) t.is(stored, 0, String(answer));
            else t.deepEqual(answer, { ok: true, value: history });
          }
        } finally {
          await (going ?? goOn());
        }
        // Whatever the backend still does, it cannot do it twice.
        await database.close();
        const { rows } = await setup.knex.raw(
          `SELECT count(*)::int FROM "${schema}".event_log WHERE aggregate_id = ?`,
          [id.encode()],
        );
        t.true([0, 2].includes(rows[0].count));
        t.true((await setup.store.commitEvents([anEvent()])).ok);
      }
    },
  );
