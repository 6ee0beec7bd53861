import knexFactory, { type Knex } from 'knex';
import pg from 'pg';
import {
  Clock,
  defineProjection,
  migrate,
  openAggregates,
  PostgresStore,
  type ProjectionDefinition,
  runProjections,
  type Timestamp,
} from '../../dist/src/index.js';
import { bodyAt } from '../contenders/contender.js';
import { Counter, increment } from '../counter.js';
import type { Run, Workload } from '../measure.js';
import { sequentially } from '../operations.js';

const SCHEMA = 'bench_models';
/** Connections and lanes of whoever catches up. */
const LANES = 4;
/** Events that the hand-written loop reads and inserts at once. */
const BATCH = 1000;
const clock = new Clock();

/** The table of all workloads here: a row for each event. */
const FACTS = `(aggregate_id bytea NOT NULL, sequence integer NOT NULL, n integer NOT NULL, amount numeric NOT NULL, PRIMARY KEY (aggregate_id, sequence))`;
const INSERT_ONE = `INSERT INTO facts (aggregate_id, sequence, n, amount) VALUES ($1, $2, $3, $4)`;
const INSERT_MANY = `INSERT INTO facts (aggregate_id, sequence, n, amount) SELECT * FROM unnest(?::bytea[], ?::integer[], ?::integer[], ?::numeric[])`;

interface Fact {
  readonly aggregateId: Timestamp;
  readonly sequence: number;
  readonly body: ReturnType<typeof bodyAt>;
}

async function insertMany(events: readonly Fact[], transaction: Knex.Transaction): Promise<void> {
  await transaction.raw(
    INSERT_MANY,
    columnsOf(events.map((event) => [event.aggregateId.encode(), event.sequence, event.body])),
  );
}

function columnsOf(rows: readonly (readonly [Uint8Array, number, Fact['body']])[]): Knex.RawBinding[] {
  return [
    rows.map(([id]) => Buffer.from(id)),
    rows.map(([, sequence]) => sequence),
    rows.map(([, , { n }]) => Number(n)),
    rows.map(([, , { amount }]) => Number(amount)),
  ];
}

const setUp = (transaction: Knex.Transaction) => transaction.raw(`CREATE TABLE facts ${FACTS}`);
const ofBatches = defineProjection({
  name: 'facts',
  from: [Counter],
  setUp,
  projectBatch: insertMany,
});
const ofEvents = defineProjection({
  name: 'facts',
  from: [Counter],
  setUp,
  project: async ({ aggregateId, sequence, body }, transaction) => {
    const { n, amount } = body;
    await transaction('facts').insert({ aggregate_id: Buffer.from(aggregateId.encode()), sequence, n, amount });
  },
});

/** M1 to M4: read models that catch up, that are written by commits, and that follow. */
export async function* readModels(
  url: string,
  { events, isWanted }: { readonly events: number; readonly isWanted: (id: string) => boolean },
): AsyncGenerator<Workload> {
  const models = await openModels(url);
  try {
    if (isWanted('M1') || isWanted('M2')) await models.fill(events);
    if (isWanted('M1')) yield catchingUp(models, 'M1', events, ofBatches);
    if (isWanted('M2')) yield catchingUp(models, 'M2', events, ofEvents);
    if (isWanted('M3') || isWanted('M4')) await models.empty();
    if (isWanted('M3')) yield await inlineCommits(models);
    if (isWanted('M4')) yield latency(models);
  } finally {
    await models.close();
  }
}

interface Models {
  readonly knex: Knex;
  readonly pool: pg.Pool;
  readonly store: PostgresStore;
  /** Fills the log with histories of fifty events. */
  fill(events: number): Promise<void>;
  /** Removes all events and read models. */
  empty(): Promise<void>;
  /** Removes the read model, so that it is made from nothing. */
  forget(): Promise<void>;
  close(): Promise<void>;
}

async function openModels(url: string): Promise<Models> {
  const place = { connectionString: url, options: `-c search_path=${SCHEMA}` };
  const knex = knexFactory({ client: 'pg', connection: place as object, pool: { min: 0, max: LANES + 4 } });
  await knex.raw(`DROP SCHEMA IF EXISTS ${SCHEMA} CASCADE`);
  await migrate(knex, { schema: SCHEMA });
  const pool = new pg.Pool({ ...place, max: LANES });
  const forget = async () => {
    await knex.raw('DROP TABLE IF EXISTS facts, facts_by_hand');
    await knex.raw('TRUNCATE maestro_projections, maestro_positions, maestro_parked, maestro_workers, maestro_moves');
    await knex.raw(`CREATE TABLE facts_by_hand ${FACTS}`);
  };
  return {
    knex,
    pool,
    store: new PostgresStore(knex, { schema: SCHEMA }),
    forget,
    fill: async (events) => {
      await knex.raw(`INSERT INTO event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(1700000000000 + n), 12, '0') || '0000deadbeefcafef00d', 'hex'), decode(md5((n / 50)::text), 'hex'), n % 50 + 1, 'incremented',
  '${JSON.stringify(bodyAt(1))}'::jsonb || jsonb_build_object('n', n) FROM generate_series(0, ${events - 1}) AS n`);
      await knex.raw('VACUUM ANALYZE event_log');
    },
    empty: async () => {
      await forget();
      await knex.raw('TRUNCATE event_log');
    },
    close: async () => {
      await pool.end();
      await knex.destroy();
    },
  };
}

/** M1 and M2: taking in a log from nothing, beside a loop by hand that reads in batches and inserts the same rows. */
function catchingUp(models: Models, id: 'M1' | 'M2', events: number, projection: ProjectionDefinition): Workload {
  const isBatch = id === 'M1';
  return {
    id,
    title: `catching up ${events.toLocaleString('en')} events, with ${isBatch ? 'a batch handler' : 'a handler for each event'}, ${LANES} connections`,
    unit: 'events/s',
    // What handlers are given is Knex's transaction (ADR 27).
    ...(!isBatch && { floors: ['knex'] }),
    goal: isBatch ? 0.6 : 0.8,
    contenders: {
      maestro: async () => {
        await models.forget();
        return await timed(events, async () => {
          const ending = new AbortController();
          const database = { knex: models.knex, schema: SCHEMA };
          const worker = runProjections(database, [projection], { signal: ending.signal, concurrency: LANES });
          await worker.caughtUp();
          ending.abort();
          await worker.stopped;
          await assertRows(models, 'facts', events);
        });
      },
      'raw pg': async () => {
        await models.forget();
        return await timed(events, async () => {
          // By ranges of ids, as its author would share the work among connections.
          await Promise.all(Array.from({ length: LANES }, (_, lane) => byHand(models.pool, lane, isBatch)));
          await assertRows(models, 'facts_by_hand', events);
        });
      },
      knex: async () => {
        await models.forget();
        return await timed(events, async () => {
          await Promise.all(Array.from({ length: LANES }, (_, lane) => byKnex(models, lane, isBatch)));
          await assertRows(models, 'facts_by_hand', events);
        });
      },
    },
  };
}

async function timed(count: number, work: () => Promise<void>): Promise<Run> {
  const start = performance.now();
  await work();
  return { count, seconds: (performance.now() - start) / 1000 };
}

async function assertRows({ knex }: Models, table: string, expected: number): Promise<void> {
  const { rows } = await knex.raw<{ rows: { count: string }[] }>('SELECT count(*) FROM ??', [table]);
  if (Number(rows[0]?.count) !== expected) throw new Error(`${table} has ${rows[0]?.count} of ${expected} rows.`);
}

/** The part of a lane: the place after which its ids begin, and their end. */
function rangeOf(lane: number): [after: readonly [Buffer, number], until: Buffer] {
  const bound = (at: number) => Buffer.alloc(16, at >= LANES ? 0xff : Math.floor((256 * at) / LANES)).fill(0, 1);
  return [[bound(lane), 0], lane === LANES - 1 ? Buffer.alloc(16, 0xff) : bound(lane + 1)];
}

async function byHand(pool: pg.Pool, lane: number, isBatch: boolean): Promise<void> {
  const [first, until] = rangeOf(lane);
  let after = first;
  const client = await pool.connect();
  const byHandOf = (text: string) => text.replace('facts', 'facts_by_hand');
  try {
    for (;;) {
      await client.query('BEGIN');
      const { rows } = await client.query<[Buffer, number, Fact['body']]>({
        name: 'read',
        text: `SELECT aggregate_id, sequence, body FROM event_log WHERE (aggregate_id, sequence) > ($1, $2) AND aggregate_id < $3 ORDER BY aggregate_id, sequence LIMIT ${BATCH}`,
        values: [...after, until],
        rowMode: 'array',
      });
      if (isBatch) {
        let count = 0;
        const text = byHandOf(INSERT_MANY).replaceAll('?', () => `$${(count += 1)}`);
        await client.query({ name: 'many', text, values: columnsOf(rows) as unknown[] });
      } else
        for (const [id, sequence, { n, amount }] of rows)
          await client.query({ name: 'one', text: byHandOf(INSERT_ONE), values: [id, sequence, n, amount] });
      await client.query('COMMIT');
      const last = rows.at(-1);
      if (last === undefined || rows.length < BATCH) return;
      after = [last[0], last[1]];
    }
  } finally {
    client.release();
  }
}

/** The same loop by Knex, with the statements of the handlers. */
async function byKnex({ knex }: Models, lane: number, isBatch: boolean): Promise<void> {
  const [first, until] = rangeOf(lane);
  let after = first;
  for (let length = BATCH; length === BATCH;) {
    await knex.transaction(async (transaction) => {
      const { rows } = await transaction.raw<{ rows: KnexRow[] }>(
        `SELECT aggregate_id, sequence, body FROM event_log WHERE (aggregate_id, sequence) > (?, ?) AND aggregate_id < ? ORDER BY aggregate_id, sequence LIMIT ${BATCH}`,
        [...after, until],
      );
      if (isBatch)
        await transaction.raw(
          INSERT_MANY.replace('facts', 'facts_by_hand'),
          columnsOf(rows.map(({ aggregate_id: id, sequence, body }) => [id, sequence, body])),
        );
      else
        for (const { aggregate_id, sequence, body } of rows)
          await transaction('facts_by_hand').insert({ aggregate_id, sequence, n: body['n'], amount: body['amount'] });
      length = rows.length;
      const last = rows.at(-1);
      if (last !== undefined) after = [last.aggregate_id, last.sequence];
    });
  }
}

interface KnexRow {
  readonly aggregate_id: Buffer;
  readonly sequence: number;
  readonly body: Fact['body'];
}

/** M3: a command whose commit writes a read model, beside the same transaction by hand. */
async function inlineCommits(models: Models, count = 3000): Promise<Workload> {
  await models.forget();
  const counters = () => openAggregates(Counter, { store: models.store, clock: new Clock(), projections: [ofEvents] });
  return {
    id: 'M3',
    title: 'a commit with one inline projection, one after the other, beside the same transaction by hand',
    unit: 'commits/s',
    floors: ['knex'],
    goal: 0.85,
    contenders: {
      maestro: async () => {
        const mine = counters();
        const id = mine.create();
        return await sequentially(count, (index) => mine.evaluate(id, increment(index)));
      },
      'raw pg': async () => {
        const id = Buffer.from(clock.now().encode());
        return await sequentially(count, async (index) => {
          // Taken from the pool for each, as a service does.
          const client = await models.pool.connect();
          await inlineByHand(client, id, index + 1);
          client.release();
        });
      },
      knex: async () => {
        const id = Buffer.from(clock.now().encode());
        return await sequentially(count, (index) =>
          models.knex.transaction((transaction) => inlineByKnex(transaction, id, index + 1)),
        );
      },
    },
  };
}

async function inlineByHand(client: pg.ClientBase, id: Buffer, sequence: number): Promise<void> {
  const body = bodyAt(sequence);
  await client.query('BEGIN');
  await client.query({
    name: 'event',
    text: 'INSERT INTO event_log ("timestamp", aggregate_id, sequence, type, body) VALUES ($1, $2, $3, $4, $5)',
    values: [clock.now().encode(), id, sequence, 'incremented', JSON.stringify(body)],
  });
  await client.query({
    name: 'position',
    text: `INSERT INTO maestro_positions (copy, aggregate_id, sequence) VALUES (0, $1, $2)
ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence WHERE maestro_positions.sequence = EXCLUDED.sequence - 1`,
    values: [id, sequence],
  });
  await client.query({
    name: 'fact',
    text: INSERT_ONE.replace('facts', 'facts_by_hand'),
    values: [id, sequence, body['n'], body['amount']],
  });
  await client.query('COMMIT');
}

/** The same by Knex's query builder, which is what a handler is given. */
async function inlineByKnex(transaction: Knex.Transaction, id: Buffer, sequence: number): Promise<void> {
  const { n, amount } = bodyAt(sequence);
  const event = { timestamp: Buffer.from(clock.now().encode()), aggregate_id: id, sequence, type: 'incremented' };
  await transaction('event_log').insert({ ...event, body: JSON.stringify(bodyAt(sequence)) });
  await transaction('maestro_positions')
    .insert({ copy: 0, aggregate_id: id, sequence })
    .onConflict(['copy', 'aggregate_id'])
    .merge(['sequence'])
    .where('maestro_positions.sequence', sequence - 1);
  await transaction('facts_by_hand').insert({ aggregate_id: id, sequence, n, amount });
}

/** M4: the time from a commit of another process to the row in the read model, by a worker that follows a quiet log. */
function latency(models: Models, count = 40): Workload {
  return {
    id: 'M4',
    title: 'time from a commit in another process to its row in the read model, by a worker, on a quiet log',
    unit: 'seconds',
    isTime: true,
    contenders: {
      maestro: async () => {
        await models.forget();
        const ending = new AbortController();
        const database = { knex: models.knex, schema: SCHEMA };
        const worker = runProjections(database, [ofEvents], { signal: ending.signal });
        await worker.caughtUp();
        const latencies: number[] = [];
        for (let index = 0; index < count; index += 1) latencies.push(await followed(models));
        ending.abort();
        await worker.stopped;
        return { count, latencies, seconds: latencies.reduce((sum, each) => sum + each, 0) / 1000 };
      },
    },
  };
}

/** Commits past this library, as another process would, and waits for the row; returns how long it took, in milliseconds. */
async function followed({ pool }: Models): Promise<number> {
  const id = Buffer.from(clock.now().encode());
  await new Promise((resolve) => setTimeout(resolve, 300 * Math.random()));
  const start = performance.now();
  await pool.query(
    'INSERT INTO event_log ("timestamp", aggregate_id, sequence, type, body) VALUES ($1, $2, 1, $3, $4)',
    [clock.now().encode(), id, 'incremented', JSON.stringify(bodyAt(1))],
  );
  for (;;) {
    const { rows } = await pool.query('SELECT FROM facts WHERE aggregate_id = $1', [id]);
    if (rows.length > 0) return performance.now() - start;
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}
