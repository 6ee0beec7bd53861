import { argv, exit } from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import knexFactory from 'knex';
import { appendEvents, Clock, openAggregates, PostgresStore, Timestamp } from '../../../src/index.js';
import { Tally, tallies } from '../data/tallies.js';

/**
 * Four writers in one process, whose clock is wrong by some minutes. Each writes to aggregates at random, until its share is
 * done: by commands with the read model inline, by appending without it, in transactions that stay open for a while, and
 * by plain SQL as Elixir would. Prints how many events were committed.
 */

const [, , url = '', schema = '', minutes = '0', share = '0', ids = ''] = argv;
const aggregates = ids.split(',').map((hex) => Timestamp.parse(hex));
const knex = knexFactory({ client: 'pg', connection: url, searchPath: [schema], pool: { min: 0, max: 4 } });
const store = new PostgresStore(knex, { schema });
const physicalTime = () => Date.now() + Number(minutes) * 60_000;
const maxDrift = 60 * 60_000;
const clock = new Clock({ physicalTime, maxDrift });
const accounts = openAggregates(Tally, { store, clock, projections: [tallies(1)], maxAttempts: 10_000 });

let committed = 0;
const anyId = () => aggregates[Math.floor(Math.random() * aggregates.length)] ?? clock.now();
const tokens = () =>
  Array.from({ length: 1 + Math.floor(Math.random() * 4) }, () => Math.random().toString(36).slice(2));
const drafts = (all: readonly string[]) => all.map((token) => ({ type: 'counted', body: { token } }));

const WRITERS: readonly ((all: readonly string[]) => Promise<boolean>)[] = [
  async (all) => (await accounts.evaluate(anyId(), { type: 'count', data: { tokens: all } })).ok,
  async (all) => (await appendEvents(store, clock, anyId(), drafts(all))).length > 0,
  async (all) => {
    const transaction = await knex.transaction();
    try {
      await appendEvents(store, clock, anyId(), drafts(all), { transaction });
      await delay(Math.random() * 200);
      await transaction.commit();
      return true;
    } catch (error) {
      await transaction.rollback();
      throw error;
    }
  },
  async (all) => {
    const id = anyId();
    const { rows } = await knex.raw(
      `SELECT coalesce(max(sequence), 0) AS last FROM "${schema}".event_log WHERE aggregate_id = ?`,
      [id.encode()],
    );
    const values = all.map((token, index) => [
      clock.now().encode(),
      id.encode(),
      Number(rows[0].last) + index + 1,
      JSON.stringify({ token }),
    ]);
    try {
      await knex.raw(
        `INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body) VALUES ${values
          .map(() => `(?, ?, ?, 'counted', ?)`)
          .join(', ')}`,
        values.flat() as never,
      );
      return true;
    } catch (error) {
      // Another writer was faster.
      if ((error as { code?: string }).code === '23505') return false;
      throw error;
    }
  },
];

await Promise.all(
  WRITERS.map(async (write) => {
    for (let mine = 0; mine < Number(share) / WRITERS.length;) {
      const all = tokens();
      if (!(await write(all))) continue;
      mine += all.length;
      committed += all.length;
    }
  }),
);
await knex.destroy();
console.log(String(committed));
exit(0);
