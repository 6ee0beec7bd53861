import test from 'ava';
import type { Knex } from 'knex';
import { parseDatabaseUrl } from '../../src/connection/address/database-url.js';
import { openServer, type ServerOptions } from '../../src/connection/server/server.js';
import { MaestroError } from '../../src/errors.js';
import type { NewEvent } from '../../src/events.js';
import { ConnectionLostError, ProjectionError } from '../../src/store/errors.js';
import type { CommitResult, Projection } from '../../src/store/store.js';
import { useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';

/** Time limit of a statement, in milliseconds. */
const TIMEOUT = 250;

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
for (const { knex, schema } of Object.values(layouts))
  test.serial.before(async () => {
    await knex.raw(`CREATE TABLE "${schema}".names (token text PRIMARY KEY, sequence integer)`);
  });

const pidOf = async (transaction: Knex.Transaction): Promise<number> =>
  (await transaction.raw('SELECT pg_backend_pid() AS pid')).rows[0].pid;

/** Deeds of a projection besides filling the read model; `mayCommit` when its commit may succeed all the same. */
const DEEDS: Record<string, { do(transaction: Knex.Transaction, admin: Knex): unknown; mayCommit?: true }> = {
  'does its work': { do: () => {}, mayCommit: true },
  throws: {
    do: () => {
      throw new Error('no');
    },
  },
  rejects: { do: () => Promise.reject(new Error('no')) },
  'meets an error of the database': { do: (transaction) => transaction.raw('SELECT 1 / 0') },
  'hides an error of the database': { do: (transaction) => transaction.raw('SELECT 1 / 0').catch(() => {}) },
  'forgets a statement that fails': { do: (transaction) => void transaction.raw('SELECT 1 / 0').catch(() => {}) },
  'forgets a statement that works': {
    do: (transaction) => void transaction.raw('SELECT 1').catch(() => {}),
    mayCommit: true,
  },
  'takes nearly too long': { do: (transaction) => transaction.raw('SELECT pg_sleep(0.1)'), mayCommit: true },
  // Some are done soon after nobody waits for them any more, which is the worst time to be done.
  'hangs past the timeout': {
    do: (transaction) => transaction.raw('SELECT pg_sleep(?)', [0.3 + Math.random() * 0.5]),
  },
  'hangs past the timeout, and hides it': {
    do: (transaction) => transaction.raw('SELECT pg_sleep(?)', [0.3 + Math.random() * 0.5]).catch(() => {}),
    mayCommit: true,
  },
  'has its connection killed': {
    do: async (transaction, admin) => {
      await admin.raw('SELECT pg_terminate_backend(?, 5000)', [await pidOf(transaction)]);
    },
  },
  'has its connection killed under a statement': {
    do: async (transaction, admin) => {
      const pid = await pidOf(transaction);
      await Promise.all([
        transaction.raw('SELECT pg_sleep(0.2)'),
        admin.raw('SELECT pg_terminate_backend(?, 5000)', [pid]),
      ]);
    },
  },
  'has its connection killed, and hides it': {
    do: async (transaction, admin) => {
      await admin.raw('SELECT pg_terminate_backend(?, 5000)', [await pidOf(transaction)]);
      await transaction.raw('SELECT 1').catch(() => {});
    },
  },
  'idles longer than the server allows': {
    do: async (transaction) => {
      await transaction.raw(`SET LOCAL idle_in_transaction_session_timeout = 20`);
      await new Promise((resolve) => setTimeout(resolve, 100));
    },
  },
};

interface Told {
  readonly deed: string;
  readonly events: readonly NewEvent[];
  readonly answer: CommitResult | Error;
}

const modes: Record<string, Partial<ServerOptions>> = {
  'the server watches the time': {},
  'only this side watches the time': { pooler: 'transaction' },
};

for (const [layout, database] of Object.entries(layouts))
  for (const [mode, options] of Object.entries(modes))
    test.serial(`events and read model agree whatever a projection does, ${layout} layout, ${mode}`, async (t) => {
      t.timeout(600_000);
      const { schema } = database;
      const { knex, store, close } = openServer(parseDatabaseUrl(database.url, 'the test'), {
        schema,
        timeout: TIMEOUT,
        ...options,
      });
      t.teardown(close);
      const told: Told[] = [];

      /** Commits with a projection that does its deed before or after it has filled the read model. */
      const commit = async (deed: string, when: 'before' | 'after') => {
        const id = anId();
        const events = [1, 2, 3].map((sequence) => anEvent(id, { sequence }));
        const projection: Projection = async ({ timestamp, sequence }, transaction) => {
          const misbehave = async () => {
            // The last that is done, or in the midst of it.
            if (sequence === (when === 'after' ? 3 : 2)) await DEEDS[deed]?.do(transaction, database.knex);
          };
          if (when === 'before') await misbehave();
          await transaction(`${schema}.names`).insert({ token: timestamp.hex, sequence });
          if (when === 'after') await misbehave();
        };
        const answer = await store.commitAll(events, [projection]).catch((error: Error) => error);
        told.push({ deed, events, answer });
      };
      /** Commits without projections in between, on the same connections. */
      const plainly = async () => {
        const events = [anEvent()];
        told.push({
          deed: 'no projection',
          events,
          answer: await store.commitEvents(events).catch((error: Error) => error),
        });
      };

      const work: (() => Promise<void>)[] = [];
      for (let repeat = 0; repeat < rounds(1, 12); repeat += 1)
        for (const deed of Object.keys(DEEDS))
          for (const when of ['before', 'after'] as const) work.push(() => commit(deed, when), plainly);
      // As many callers as there are connections, so that nobody waits for one for long.
      const callers = Array.from({ length: 4 }, async () => {
        for (let next = work.shift(); next !== undefined; next = work.shift()) await next();
      });
      await Promise.all(callers);

      const { rows: log } = await database.knex.raw(
        `SELECT encode(timestamp, 'hex') AS token FROM "${schema}".event_log`,
      );
      const { rows: names } = await database.knex.raw(`SELECT token FROM "${schema}".names`);
      const [stored, projected] = [log, names].map(
        (rows) => new Set(rows.map(({ token }: { token: string }) => token)),
      );
      let [committed, refused] = [0, 0];
      for (const { deed, events, answer } of told) {
        const found = events.filter(({ timestamp }) => stored?.has(timestamp.hex)).length;
        const seen = events.filter(({ timestamp }) => projected?.has(timestamp.hex)).length;
        const what = `${deed}: ${answer instanceof Error ? answer.message : String(answer.ok)}`;
        t.true(found === 0 || found === events.length, `stored in part: ${what}`);
        if (deed === 'no projection') t.true(!(answer instanceof Error) && answer.ok, what);
        else t.is(seen, found, `the read model: ${what}`);
        if (answer instanceof Error) {
          refused += 1;
          t.is(found, 0, `stored: ${what}`);
          t.true(answer instanceof ProjectionError || answer instanceof ConnectionLostError, `${answer.name}, ${what}`);
          t.true(answer instanceof MaestroError);
        } else {
          committed += 1;
          t.is(found, events.length, `lost: ${what}`);
          t.true(deed === 'no projection' || DEEDS[deed]?.mayCommit === true, `committed: ${what}`);
        }
      }
      t.deepEqual((await knex.raw('SELECT 1 AS one')).rows, [{ one: 1 }], 'the pool is usable afterwards');
      figure(
        `projections that fail, hang or lose their connection, ${layout}, ${mode}`,
        `${told.length} commits: ${committed} committed, ${refused} not; events and read model agree in all`,
      );
    });
