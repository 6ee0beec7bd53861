import test from 'ava';
import { Clock, ConnectionLostError, openAggregates, OutcomeUnknownError } from '../../src/index.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { useProcesses } from '../support/children/processes.js';
import { anId } from '../support/data/factories.js';
import { Ledger } from '../support/data/ledger.js';
import { testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { figure, rounds } from '../support/figures.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const processes = useProcesses(test, 'command-child.ts');
const WRITERS = 16;
/** Connections end on purpose here; nobody needs to read of it. */
const log = { warn() {}, error() {}, debug() {}, deprecate() {} };

/** Ends sessions that have a turn in a database of one name, or wait for one, until so many were ended or nobody is left. */
const END_ONE = `SELECT count(*)::int AS ended FROM (SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE application_name = ? AND pid IN (SELECT pid FROM pg_locks WHERE locktype = 'advisory' AND granted = ?) LIMIT 1) AS session`;

for (const [layout, database] of Object.entries(layouts)) {
  const { schema } = database;
  const tokensOf = async (id: Timestamp) => (await database.store().getEvents(id, 1)).map(({ body }) => body['token']);
  const enter = (token: string) => ({ type: 'enter', data: { token } }) as const;

  test.serial(
    `${WRITERS} writers whose connections are ended in their turns lose nothing, ${layout} layout`,
    async (t) => {
      t.timeout(600_000);
      const id = anId();
      const each = rounds(10, 200);
      const url = `${testUrl()}?application_name=${id.hex}`;
      let isDone = false;
      let ended = 0;
      let told = 0;
      const counts: number[] = [];

      const write = async (writer: number) => {
        const knex = testKnex({ connection: url, pool: { min: 0, max: 1 }, log });
        const store = new PostgresStore(knex, { schema });
        const ledgers = openAggregates(Ledger, { store, clock: new Clock(), maxAttempts: 10_000 });
        for (let count = 0; count < each; count += 1) {
          const token = `${writer}-${count}`;
          const carryOut = async (): Promise<unknown> =>
            await ledgers.evaluate(id, enter(token), { commandId: token }).catch((error: unknown) => {
              t.true(error instanceof ConnectionLostError || error instanceof OutcomeUnknownError, String(error));
              told += 1;
              return carryOut();
            });
          t.like(await carryOut(), { ok: true });
          counts[writer] = count + 1;
        }
        await knex.destroy();
      };
      const end = async () => {
        for (let turn = 0; !isDone; turn += 1) {
          const { rows } = await database.knex.raw<{ rows: { ended: number }[] }>(END_ONE, [id.hex, turn % 2 === 0]);
          ended += rows[0]?.ended ?? 0;
        }
      };
      await Promise.all([
        Promise.all(Array.from({ length: WRITERS }, (_, writer) => write(writer))).finally(() => {
          isDone = true;
        }),
        end(),
      ]);

      const tokens = await tokensOf(id);
      t.is(tokens.length, 2 * WRITERS * each);
      t.is(new Set(tokens).size, WRITERS * each);
      t.true(ended > 0);
      figure(
        `connections ended in their turns, ${layout}`,
        `${WRITERS} writers × ${each}: ${ended} sessions ended, ${tokens.length / 2} commands carried out, each once; ${told} told of a lost connection`,
      );
    },
  );

  test.serial(`a process that is killed among others that take turns holds nobody up, ${layout} layout`, async (t) => {
    t.timeout(600_000);
    const repeats = rounds(2, 30);
    let carriedOut = 0;
    for (let repeat = 0; repeat < repeats; repeat += 1) {
      const id = anId();
      const all = [0, 1, 2].map(() => processes.start(testUrl(), schema));
      for (const each of all) t.is(await each.line(), 'ready');
      const [victim, ...others] = all;
      const count = 20;
      for (let index = 0; index < count; index += 1)
        for (const [number, each] of all.entries()) each.tell(`${id.hex} ${number}-${index} token-${number}-${index}`);
      // When it has had turns, and is to have more.
      for (let line = 0; line < 5; line += 1) await victim?.line();
      await victim?.kill();
      for (const other of others) {
        other.tell('end');
        for (let line = 0; line < count; line += 1) t.truthy(await other.line());
        await other.ended();
      }
      const tokens = await tokensOf(id);
      t.is(tokens.length, 2 * new Set(tokens).size);
      t.is(tokens.filter((token) => typeof token === 'string' && !token.startsWith('token-0-')).length, 2 * 2 * count);
      t.true(tokens.length >= 2 * (2 * count + 5));
      carriedOut += tokens.length / 2;
    }
    figure(
      `a process killed among others that take turns, ${layout}`,
      `${repeats} kills: ${carriedOut} commands carried out, each once; all of the others were`,
    );
  });
}
