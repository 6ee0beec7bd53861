import test from 'ava';
import type { Knex } from 'knex';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { retry } from '../../src/projection/apply/parked.js';
import { readCopies } from '../../src/projection/copies/copy.js';
import { EventParkedError } from '../../src/projection/worker/errors.js';
import { anEvent, anId } from '../support/data/factories.js';
import { testKnex, useTestDatabase } from '../support/database.js';
import { figure, rounds } from '../support/figures.js';
import { aJournal, seen } from '../support/projection/journal.js';
import { startWorker } from '../support/projection/workers.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };

const raise = (code: string) => (trx: Knex.Transaction) =>
  trx.raw(`DO $$ BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = '${code}'; END $$`);

/** Ways in which a handler fails: by what it does itself, by what the server answers, and as if the server were at fault. */
const FAILURES: readonly ((trx: Knex.Transaction) => unknown)[] = [
  () => {
    throw new Error('not this one');
  },
  () => {
    throw Object.assign(new Error('connect ECONNREFUSED 127.0.0.1:1'), { code: 'ECONNREFUSED' });
  },
  (trx) => trx.raw('SELECT 1 / 0'),
  (trx) => trx.raw(`SELECT 'none'::integer`),
  (trx) => trx.raw('SELECT FROM no_such_table'),
  // Its failure is ignored, so that the transaction cannot be used any more.
  (trx) => trx.raw('SELECT 1 / 0').catch(() => {}),
  raise('23505'),
  raise('40001'),
  raise('53100'),
  raise('55P03'),
  raise('57014'),
  raise('58030'),
  raise('XX000'),
];

for (const [layout, database] of Object.entries(layouts))
  for (const batch of [false, true])
    test.serial(
      `a handler that fails for some aggregates, in whatever way, holds up no other, and after a fix retry heals them: ${layout} layout, ${batch ? 'by batches' : 'event by event'}`,
      async (t) => {
        const { schema } = database;
        const store = database.store();
        const knex = testKnex({ searchPath: [schema] });
        t.teardown(() => knex.destroy());
        const healthy = Array.from({ length: rounds(20, 1000) }, anId);
        const failing = new Map(FAILURES.map((fail) => [anId().hex, fail]));
        let isFixed = false;
        const journal = aJournal({
          batch,
          before: async ({ aggregateId, sequence }, trx) => {
            if (sequence === 2 && !isFixed) await failing.get(aggregateId.hex)?.(trx);
          },
        });
        const worker = startWorker(t, { knex, schema }, [journal.definition]);
        await worker.caughtUp();

        // Committed by others, so that the worker has to find them.
        const all = [...healthy, ...[...failing.keys()].map((hex) => Timestamp.parse(hex))].sort(
          () => Math.random() - 0.5,
        );
        const LENGTH = rounds(3, 20);
        let longest = 0;
        for (let sequence = 1; sequence <= LENGTH; sequence += 1) {
          const committed = new Map<string, number>();
          const commit = async (aggregateId: Timestamp) => {
            await store.commitEvents([anEvent(aggregateId, { sequence })]);
            committed.set(aggregateId.hex, performance.now());
          };
          const committing = Promise.all(all.map(commit));
          const waiting = new Set(healthy.map(({ hex }) => hex));
          await worker.until(async () => {
            for (const id of await current(knex, journal.table, sequence)) {
              const now = performance.now();
              if (waiting.delete(id)) longest = Math.max(longest, now - (committed.get(id) ?? now));
            }
            return waiting.size === 0;
          });
          await committing;
        }

        t.deepEqual(await worker.caughtUp(), { parked: failing.size });
        for (const id of healthy) t.is((await seen(knex, journal, id)).length, LENGTH);
        for (const id of failing.keys()) t.deepEqual(await seen(knex, journal, Timestamp.parse(id)), [1]);
        const parked = worker.errors.filter((error) => error instanceof EventParkedError);
        const told = new Set(parked.map(({ aggregateId, sequence }) => `${aggregateId} ${sequence}`));
        t.deepEqual([...told].sort(), [...failing.keys()].sort().map((id) => `${id} 2`)); // prettier-ignore

        isFixed = true;
        const [copy] = await readCopies(knex, schema, [journal.table]);
        // An attempt that was under way before the fix may have parked its aggregate once more.
        do await retry(knex, schema, copy?.id ?? 0);
        while ((await worker.caughtUp()).parked > 0);
        const history = Array.from({ length: LENGTH }, (_, index) => index + 1);
        for (const id of all) t.deepEqual(await seen(knex, journal, id), history);
        const { rows } = await knex.raw(`SELECT FROM "${schema}".maestro_skipped`);
        t.deepEqual(rows, []);
        figure(
          `handlers that fail for some aggregates, ${layout} layout, ${batch ? 'by batches' : 'event by event'}`,
          `${all.length * LENGTH} events of ${all.length} aggregates, ${failing.size} of which fail in as many ways: all others taken in within ${Math.ceil(longest)} ms of their commit; after the fix all healed, 0 skipped`,
        );
      },
    );

/** The aggregates of which a journal has so many events. */
async function current(knex: Knex, table: string, length: number): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { id: string }[] }>('SELECT id FROM ?? WHERE cardinality(seen) >= ?', [
    table,
    length,
  ]);
  return rows.map(({ id }) => id);
}
