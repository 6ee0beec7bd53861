import { setTimeout as delay } from 'node:timers/promises';
import test from 'ava';
import fc from 'fast-check';
import type { Knex } from 'knex';
import { Clock } from '../../src/hlc/clock.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { DuplicateTimestampError } from '../../src/store/errors.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import type { CommitResult } from '../../src/store/store.js';
import { aSchemaName, testKnex, testUrl, useTestDatabase } from '../support/database.js';
import { anEvent, anId } from '../support/data/factories.js';
import { figure, rounds } from '../support/figures.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };

/** Connections on which PostgreSQL finds a deadlock soon. */
function knexWith(deadlockTimeout: string): Knex {
  const url = new URL(testUrl());
  url.searchParams.set('options', `-c deadlock_timeout=${deadlockTimeout}`);
  return testKnex({ connection: url.href, pool: { min: 0, max: 6 } });
}

/** One commit of a plan: who makes it, how much later than the first, and which events, as numbers to be filled in. */
interface Planned {
  readonly store: number;
  readonly after: number;
  readonly events: readonly { aggregate: number; sequence: number; timestamp: number | undefined }[];
}

/** Few aggregates, sequences and timestamps, so that commits are in each other's way. */
const planned = (): fc.Arbitrary<Planned> =>
  fc.record({
    store: fc.integer({ min: 0, max: 1 }),
    after: fc.constantFrom(0, 0, 0, 1, 5),
    events: fc.uniqueArray(
      fc.record({
        aggregate: fc.integer({ min: 0, max: 11 }),
        sequence: fc.integer({ min: 1, max: 4 }),
        // Mostly a timestamp of its own.
        timestamp: fc.oneof(
          { weight: 15, arbitrary: fc.constant(undefined) },
          { weight: 1, arbitrary: fc.integer({ min: 0, max: 3 }) },
        ),
      }),
      {
        minLength: 1,
        maxLength: 4,
        selector: ({ aggregate, sequence }) => aggregate * 10 + sequence,
      },
    ),
  });

const withoutRepeatedTimestamps = ({ events }: Planned) => {
  const shared = events.flatMap(({ timestamp }) => timestamp ?? []);
  return new Set(shared).size === shared.length;
};

const contentOf = ({ timestamp, type, body }: { timestamp: Timestamp; type: string; body: object }) =>
  `${timestamp.hex} ${type} ${Object.entries(body).sort().join()}`;

for (const [layout, { schema }] of Object.entries(layouts))
  test.serial(`what each of many concurrent commits is told is what the table says, ${layout} layout`, async (t) => {
    t.timeout(600_000);
    const clock = new Clock();
    const knexes = [knexWith('10ms'), knexWith('10ms')];
    t.teardown(async () => void (await Promise.all(knexes.map((knex) => knex.destroy()))));
    const stores = knexes.map((knex) => new PostgresStore(knex, { schema }));
    const [one] = stores as [PostgresStore, PostgresStore];
    let statements = 0;
    for (const knex of knexes)
      knex.on('query', ({ sql }: { sql: string }) => {
        if (sql.startsWith('INSERT')) statements += 1;
      });
    const answers: Record<string, number> = {};
    let plans = 0;

    const law = fc.asyncProperty(
      fc.array(planned().filter(withoutRepeatedTimestamps), { minLength: 1, maxLength: 40, size: 'max' }),
      async (plan) => {
        plans += 1;
        const ids = Array.from({ length: 12 }, () => anId());
        const times = Array.from({ length: 4 }, () => clock.now());
        const commits = plan.map(({ store, after, events }, caller) => ({
          store: stores[store] ?? one,
          after,
          events: events.map(({ aggregate, sequence, timestamp }, index) => ({
            aggregateId: ids[aggregate] ?? anId(),
            timestamp: timestamp === undefined ? clock.now() : (times[timestamp] ?? clock.now()),
            sequence,
            type: 'happened',
            body: { caller, index },
          })),
        }));
        const told = await Promise.all(
          commits.map(async ({ store, after, events }) => {
            if (after > 0) await delay(after);
            return await store.commitEvents(events).catch((error: unknown) => error);
          }),
        );

        const stored = new Map<string, string>();
        const timestamps = new Set<string>();
        for (const id of ids)
          for (const event of await one.getEvents(id, 1)) {
            stored.set(`${id.hex} ${event.sequence}`, contentOf(event));
            timestamps.add(event.timestamp.hex);
          }
        const at = ({ aggregateId, sequence }: { aggregateId: Timestamp; sequence: number }) =>
          stored.get(`${aggregateId.hex} ${sequence}`);
        let expected = 0;
        for (const [index, answer] of told.entries()) {
          const { events } = commits[index] as (typeof commits)[number];
          const isThere = events.map((event) => at(event) === contentOf(event));
          const name = answer instanceof Error ? answer.name : (answer as CommitResult).ok ? 'committed' : 'conflict';
          answers[name] = (answers[name] ?? 0) + 1;
          if (answer instanceof DuplicateTimestampError) {
            t.false(isThere.includes(true), 'a timestamp was taken, but it is stored');
            t.true(events.some(({ timestamp }) => timestamps.has(timestamp.hex)));
          } else if (answer instanceof Error) {
            throw answer;
          } else if ((answer as CommitResult).ok) {
            t.false(isThere.includes(false), 'committed, but not stored');
            t.deepEqual(answer, { ok: true, value: [...events].sort((a, b) => a.sequence - b.sequence) });
            expected += events.length;
          } else {
            t.false(isThere.includes(true), 'a conflict, but stored');
            t.true(
              events.some((event) => at(event) !== undefined),
              'a conflict with nobody',
            );
          }
        }
        t.is(stored.size, expected, 'nothing else is stored');
      },
    );
    await fc.assert(law, { numRuns: rounds(25, 400), endOnFailure: true });

    const total = Object.values(answers).reduce((sum, count) => sum + count, 0);
    t.true(statements > 0);
    figure(
      `concurrent commits with conflicts, in groups, ${layout}`,
      `${plans} plans, ${total} commits in ${statements} statements: ` +
        `${Object.entries(answers)
          .map(([answer, count]) => `${count} ${answer}`)
          .join(', ')}; all as the table says`,
    );
  });

for (const end of ['commits', 'rolls back'] as const)
  test.serial(`a commit in a deadlock is told what came of it: the other ${end}`, async (t) => {
    const schema = aSchemaName();
    const admin = testKnex();
    const [hasty, patient] = [knexWith('10ms'), knexWith('60s')];
    t.teardown(async () => {
      await admin.raw(`DROP SCHEMA "${schema}" CASCADE`);
      for (const knex of [admin, hasty, patient]) await knex.destroy();
    });
    await migrate(admin, { schema });
    // Whoever inserts a `pause` waits there until it may go on.
    await admin.raw(`
      CREATE FUNCTION "${schema}".pause() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_advisory_xact_lock(hashtext('${schema}')); RETURN NEW; END $$;
      CREATE TRIGGER pause BEFORE INSERT ON "${schema}".event_log
        FOR EACH ROW WHEN (NEW.type = 'pause') EXECUTE FUNCTION "${schema}".pause()`);
    const store = new PostgresStore(hasty, { schema });
    const [first, second] = [anEvent(), anEvent(anId(), { type: 'pause' })];
    const insert = (on: Knex.Transaction, { aggregateId }: typeof first) =>
      on.raw(
        `INSERT INTO "${schema}".event_log (timestamp, aggregate_id, sequence, type, body) VALUES (?, ?, 1, 'rival', '{}')`,
        [anId().encode(), aggregateId.encode()],
      );
    const waiting = async (count: number) => {
      for (let tries = 0; tries < 2000; tries += 1) {
        const { rows } = await admin.raw(
          `SELECT count(*)::int FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND query LIKE ?`,
          [`%${schema}%`],
        );
        if (rows[0].count >= count) return;
      }
      throw new Error('nobody waits');
    };

    const gate = await admin.transaction();
    await gate.raw(`SELECT pg_advisory_xact_lock(hashtext('${schema}'))`);
    const rival = await patient.transaction();
    await insert(rival, second);
    // The commit has the first row and stands at the gate before the second, which the rival has; then the rival wants
    // the first.
    const committing = store.commitEvents([first, second]);
    await waiting(1);
    const wanting = insert(rival, first).then(() => {});
    await waiting(2);
    await gate.commit();

    await wanting;
    if (end === 'commits') await rival.commit();
    else await rival.rollback();

    const expected = end === 'commits' ? { ok: false, error: 'retry_command' } : { ok: true, value: [first, second] };
    t.deepEqual(await committing, expected as CommitResult);
  });
