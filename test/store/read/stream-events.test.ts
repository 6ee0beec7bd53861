import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testUrl, useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';
import { useProcesses } from '../../support/children/processes.js';
import { anId, collect } from '../../support/data/factories.js';
import { isFull } from '../../support/figures.js';

const database = useTestDatabase(test);
const embedded = useEmbeddedDatabase(test);

const processes = useProcesses(test, 'stream-child.ts');
const run = promisify(execFile);

/** Writes a long history in the server, which is quicker than sending it. */
async function makeHistory(knex: Knex, schema: string, length: number): Promise<ReturnType<typeof anId>> {
  const id = anId();
  await knex.raw(
    `INSERT INTO "${schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
     SELECT decode(lpad(to_hex(n), 16, '0'), 'hex') || ?::bytea, ?::bytea, n, 'counted', jsonb_build_object('n', n)
     FROM generate_series(1, ?::integer) AS n`,
    [randomBytes(8), id.encode(), length],
  );
  return id;
}

const [count, mebibytes] = isFull ? [1_000_000, 64] : [250_000, 56];

test(`${count} events are streamed in ${mebibytes} MiB of heap, far less than they take together`, async (t) => {
  const id = await makeHistory(database.knex, database.schema, count);

  const argv = [`--max-old-space-size=${mebibytes}`, processes.file, testUrl(), database.schema, id.hex];
  const { stdout } = await run(process.execPath, argv);

  t.is(stdout.trim(), `${count} ${(count * (count + 1)) / 2}`);
});

async function readsOnlyWhatIsTaken(t: ExecutionContext, knex: Knex, schema: string): Promise<void> {
  const id = await makeHistory(knex, schema, 20_000);
  let rows = 0;
  const count = (response: { rows: unknown[] }) => {
    rows += response.rows.length;
  };
  knex.on('query-response', count);
  const events = new PostgresStore(knex, { schema }).streamEvents(id, 1);
  for (let taken = 0; taken < 10; taken += 1) await events.next();
  t.true(rows < 1000, `${rows} rows were read for 10 events`);

  const rest = await collect(events);

  t.is(rest.length, 19_990);
  t.is(rest.at(-1)?.sequence, 20_000);
  t.is(rows, 20_000);
  knex.off('query-response', count);
}

test.serial('a stream reads on only as events are taken, from a server', (t) =>
  readsOnlyWhatIsTaken(t, database.knex, database.schema),
);

test.serial('a stream reads on only as events are taken, from PGlite, whose driver cannot stream', (t) =>
  readsOnlyWhatIsTaken(t, embedded.get().knex, 'public'),
);

test('large bodies make small pages', async (t) => {
  const id = anId();
  const store = database.store();
  const text = 'x'.repeat(200_000);
  const events = Array.from({ length: 60 }, (_, index) => ({
    timestamp: anId(),
    aggregateId: id,
    sequence: index + 1,
    type: 'large',
    body: { text },
  }));
  await store.commitEvents(events);
  await store.commitEvents(events.map((event) => ({ ...event, timestamp: anId(), sequence: event.sequence + 60 })));
  const pages: number[] = [];
  const note = (response: { rows: unknown[] }, query: { bindings: unknown[] }) => {
    if (query.bindings.some((binding) => Buffer.isBuffer(binding) && binding.equals(id.encode())))
      pages.push(response.rows.length);
  };
  database.knex.on('query-response', note);
  t.is((await collect(store.streamEvents(id, 1))).length, 120);
  database.knex.off('query-response', note);
  t.true(
    pages.slice(1).every((rows) => rows <= 6),
    `pages of ${pages.join(', ')} rows of 200 kB`,
  );
});

test('a stream can be read by type, by time and backwards, with a limit', async (t) => {
  const store = database.store();
  const id = anId();
  const times = [1000, 2000, 3000, 4000, 5000].map((time) => Date.UTC(2024, 0, 1) + time);
  const { Timestamp } = await import('../../../src/hlc/timestamp.js');
  const nodeId = id.nodeId ^ BigInt(id.time);
  await store.commitEvents(
    times.map((time, index) => ({
      timestamp: Timestamp.of({ time, nodeId }),
      aggregateId: id,
      sequence: index + 1,
      type: index % 2 === 0 ? 'even' : 'odd',
      body: {},
    })),
  );
  const read = async (options: Parameters<PostgresStore['streamStoredEvents']>[2]) =>
    (await collect(store.streamStoredEvents(id, 1, options))).map(({ sequence }) => sequence);
  t.deepEqual(await read({ types: ['even'] }), [1, 3, 5]);
  t.deepEqual(await read({ types: ['even', 'odd'], reverse: true, limit: 2 }), [5, 4]);
  t.deepEqual(await read({ since: times[1], until: times[3] }), [2, 3, 4]);
  t.deepEqual(await read({ reverse: true, maxSequence: 3 }), [3, 2, 1]);
  t.deepEqual(await read({ types: ['none'] }), []);
});
