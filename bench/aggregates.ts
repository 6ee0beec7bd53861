import { parseArgs } from 'node:util';
import knexFactory from 'knex';
import pg from 'pg';
import { openAggregates } from '../src/aggregate/aggregates.js';
import { defineAggregate } from '../src/aggregate/define-aggregate.js';
import { Clock } from '../src/hlc/clock.js';
import type { Timestamp } from '../src/hlc/timestamp.js';
import { migrate } from '../src/store/migrator.js';
import { PostgresStore } from '../src/store/postgres-store.js';
import { startPostgres } from '../test/support/postgres.js';
import { measureSideBySide, type Workload } from './measure.js';

/**
 * How fast aggregates are, beside raw `pg` with prepared statements that sends the same statements to the same server in
 * the same run. `npm run bench -- --repeat 5`, optionally with `--url` of a server of your own (an empty database).
 */
const { values } = parseArgs({
  options: {
    repeat: { type: 'string', default: '5' },
    url: { type: 'string' },
    json: { type: 'boolean', default: false },
  },
});
const WRITERS = 16;
const SEQUENTIAL = 1500;
const PARALLEL = 4000;
const HISTORY = 2000;
const CONTENDED = 400;
/** About 200 bytes of JSON. */
const NOTE = 'n'.repeat(170);

const Counter = defineAggregate({
  name: 'counter',
  initialState: () => ({ value: 0 }),
  commands: { increment: (_state, data: { by: number; note: string }) => [{ type: 'incremented', body: data }] },
  events: { incremented: ({ value }, { by }: { by: number; note: string }) => ({ value: value + by }) },
});
const increment = { type: 'increment', data: { by: 1, note: NOTE } } as const;

const server = values.url === undefined ? await startPostgres([]) : undefined;
const connection = values.url ?? server?.url;
const knex = knexFactory({ client: 'pg', connection, pool: { min: 0, max: WRITERS } });
const pool = new pg.Pool({ connectionString: connection, max: WRITERS });
const store = new PostgresStore(knex);
const clock = new Clock();

const INSERT = {
  name: 'insert',
  text: 'INSERT INTO event_log (timestamp, aggregate_id, sequence, type, body) VALUES ($1, $2, $3, $4, $5)',
};
const SNAPSHOT = { name: 'snapshot', text: 'SELECT sequence, body FROM snapshots WHERE aggregate_id = $1' };
const EVENTS = {
  name: 'events',
  text: 'SELECT sequence, body::text FROM event_log WHERE aggregate_id = $1 AND sequence > $2 ORDER BY sequence',
};

async function insert(on: pg.Pool | pg.PoolClient, id: Timestamp, sequence: number): Promise<void> {
  const body = JSON.stringify(increment.data);
  await on.query({ ...INSERT, values: [clock.now().encode(), id.encode(), sequence, 'incremented', body] });
}

/** What a program with `pg` alone does to know a state: both queries, and one pass over the rows. */
async function hydrate(id: Timestamp): Promise<number> {
  await pool.query({ ...SNAPSHOT, values: [id.encode()] });
  const { rows } = await pool.query<[number, string]>({ ...EVENTS, values: [id.encode(), 0], rowMode: 'array' });
  return rows.reduce((value, [, body]) => value + (JSON.parse(body) as { by: number }).by, 0);
}

/** The unique index, reading again, and no pause: what a first implementation does. */
async function contend(id: Timestamp, successes: { left: number }): Promise<number> {
  let [sequence, value, retries] = [0, 0, 0];
  while (successes.left > 0) {
    successes.left -= 1;
    for (;;) {
      try {
        await insert(pool, id, sequence + 1);
        break;
      } catch (error) {
        if ((error as { code?: string }).code !== '23505') throw error;
        retries += 1;
        const { rows } = await pool.query<[number, string]>({
          ...EVENTS,
          values: [id.encode(), sequence],
          rowMode: 'array',
        });
        for (const [newer, body] of rows) [sequence, value] = [newer, value + (JSON.parse(body) as { by: number }).by];
      }
    }
    sequence += 1;
  }
  return retries;
}

async function contendWithRoots(id: Timestamp): Promise<number> {
  let commits = 0;
  const counting = {
    commitAll: (...commit: Parameters<PostgresStore['commitAll']>) => {
      commits += 1;
      return store.commitAll(...commit);
    },
    commitEvents: store.commitEvents.bind(store),
    commitSnapshot: store.commitSnapshot.bind(store),
    getEvents: store.getEvents.bind(store),
    getSnapshot: store.getSnapshot.bind(store),
    streamEvents: store.streamEvents.bind(store),
  };
  let left = CONTENDED;
  await inParallel(async () => {
    const counters = openAggregates(Counter, { store: counting, maxAttempts: 10_000 });
    while (left > 0) {
      left -= 1;
      await counters.evaluate(id, increment);
    }
  });
  return commits - CONTENDED;
}

function inParallel<Answer>(work: () => Promise<Answer>): Promise<Answer[]> {
  return Promise.all(Array.from({ length: WRITERS }, work));
}

const long = clock.now();
const workloads: Workload[] = [
  {
    name: `evaluate, sequential, one aggregate`,
    unit: 'commands/s',
    count: SEQUENTIAL,
    ours: async () => {
      const counters = openAggregates(Counter, { store, clock });
      const id = counters.create();
      for (let n = 0; n < SEQUENTIAL; n += 1) await counters.evaluate(id, increment);
    },
    floor: async () => {
      const id = clock.now();
      for (let n = 1; n <= SEQUENTIAL; n += 1) await insert(pool, id, n);
    },
  },
  {
    name: `evaluate, ${WRITERS} aggregates in parallel`,
    unit: 'commands/s',
    count: PARALLEL,
    ours: async () => {
      const counters = openAggregates(Counter, { store, clock });
      await inParallel(async () => {
        const id = counters.create();
        for (let n = 0; n < PARALLEL / WRITERS; n += 1) await counters.evaluate(id, increment);
      });
    },
    floor: async () => {
      await inParallel(async () => {
        const id = clock.now();
        for (let n = 1; n <= PARALLEL / WRITERS; n += 1) await insert(pool, id, n);
      });
    },
  },
  {
    name: `cold hydrate of ${HISTORY} events`,
    unit: 'events/s',
    count: HISTORY * 20,
    ours: async () => {
      for (let n = 0; n < 20; n += 1) await openAggregates(Counter, { store, clock }).get(long);
    },
    floor: async () => {
      for (let n = 0; n < 20; n += 1) await hydrate(long);
    },
  },
  {
    name: `${WRITERS} writers on one aggregate`,
    unit: 'commands/s',
    count: CONTENDED,
    ours: async () => ({ retries: await contendWithRoots(clock.now()) }),
    floor: async () => {
      const id = clock.now();
      const successes = { left: CONTENDED };
      const retries = await inParallel(() => contend(id, successes));
      return { retries: retries.reduce((sum, each) => sum + each, 0) };
    },
  },
];

try {
  await migrate(knex);
  for (let n = 0; n < HISTORY; n += 500)
    await store.commitEvents(
      Array.from({ length: 500 }, (_, index) => {
        return {
          timestamp: clock.now(),
          aggregateId: long,
          sequence: n + index + 1,
          type: 'incremented',
          body: increment.data,
        };
      }),
    );
  await measureSideBySide(workloads, { repeat: Number(values.repeat), json: values.json });
} finally {
  await Promise.all([knex.destroy(), pool.end()]);
  await server?.stop();
}
