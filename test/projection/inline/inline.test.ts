import test from 'ava';
import type { Knex } from 'knex';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import type { NewEvent } from '../../../src/events.js';
import { type Copy, readCopies } from '../../../src/projection/copies/copy.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { ProjectionError, ProjectionsUnsupportedError, SerializationError } from '../../../src/store/errors.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { useCitusStandIn } from '../../support/citus-stand-in.js';
import { isOnCluster, testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal, positionOf, seen, takeAll, Thing } from '../../support/projection/journal.js';

for (const [layout, own] of Object.entries({
  plain: useTestDatabase(test),
  partitioned: useTestDatabase(test, { partitions: 3 }),
  ...(isOnCluster() ? {} : { standIn: useCitusStandIn(test) }),
})) {
  const { schema } = own;
  const knex = testKnex({ searchPath: [schema], connection: own.url });
  test.after.always(() => knex.destroy());
  const database = { knex, schema };
  const store = new PostgresStore(knex, { schema });
  const checking = new PostgresStore(knex, { schema, verifyWrites: true });
  const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const titled = (title: string) => `${title}, ${layout}`;

  const copyOf = async ({ definition }: ReturnType<typeof aJournal>, version = 1): Promise<Copy> => {
    const copies = await readCopies(knex, schema, [definition.name]);
    return copies.find((copy) => copy.version === version) as Copy;
  };
  const commit = async (events: readonly NewEvent[], ...journals: ReturnType<typeof aJournal>[]) =>
    await store.commitAll(events, journals.map(({ definition }) => definition)); // prettier-ignore

  for (const batch of [false, true])
    test(
      titled(
        `a commit registers its projection, and takes in its events${batch ? ' by projectBatch where there is nothing else' : ''}`,
      ),
      async (t) => {
        const journal = aJournal({ batch });
        const id = anId();
        const history = aHistory(id, 6);
        t.true((await commit(history.slice(0, 1), journal)).ok);
        t.true((await commit(history.slice(1, 4), journal)).ok);
        t.true((await commit(history.slice(4), journal)).ok);

        t.deepEqual(await seen(knex, journal, id), range(1, 6));
        const copy = await copyOf(journal);
        t.is(copy.status, 'live');
        t.is(await positionOf(database, copy, id), 6);
        t.is((await takeAll(database, copy, journal, [id])).taken, 0);
      },
    );

  test(titled('a commit writes the tables where they were made, whatever search path its session has'), async (t) => {
    const journal = aJournal();
    const id = anId();
    const history = aHistory(id, 4);
    await commit(history.slice(0, 1), journal);
    const other = testKnex({ connection: own.url });
    t.teardown(() => other.destroy());
    const elsewhere = new PostgresStore(other, { schema });
    t.true((await elsewhere.commitAll(history.slice(1, 2), [journal.definition])).ok);
    await other.transaction(async (transaction) => {
      const path = async () => (await transaction.raw('SHOW search_path')).rows[0].search_path as string;
      const before = await path();
      t.true((await elsewhere.commitAll(history.slice(2), [journal.definition], { transaction })).ok);
      t.is(await path(), before, 'the application goes on by its own names');
    });
    t.deepEqual(await seen(knex, journal, id), range(1, 4));
  });

  test(
    titled('commits of several aggregates, with commands, in several statements and compared are taken in'),
    async (t) => {
      const [one, two] = [aJournal(), aJournal()];
      const projections = [two.definition, one.definition];
      const [a, b] = [anId(), anId()];
      t.true((await store.commitAll([...aHistory(b, 2), ...aHistory(a, 3)], projections)).ok);
      t.true((await checking.commitAll([anEvent(a, { sequence: 4 })], projections)).ok);
      const command = { aggregateId: a, commandId: 'once', digest: 'ab', firstSequence: 5, lastSequence: 6 };
      const more = range(5, 6).map((sequence) => anEvent(a, { sequence }));
      t.true((await store.commitCommand(command, more, projections)).ok);
      t.deepEqual(await store.commitCommand(command, [anEvent(a, { sequence: 7 })], projections), {
        ok: false,
        error: 'repeated_command',
      });
      t.true((await store.commitCommand({ ...command, commandId: 'none', firstSequence: 7 }, [], projections)).ok);
      t.true((await checking.commitCommand({ ...command, commandId: 'other', firstSequence: 7, lastSequence: 7 }, [anEvent(a, { sequence: 7 })], projections)).ok); // prettier-ignore
      for (const journal of [one, two]) {
        t.deepEqual(await seen(knex, journal, a), range(1, 7));
        t.deepEqual(await seen(knex, journal, b), [1, 2]);
        t.is(await positionOf(database, await copyOf(journal), a), 7);
      }
    },
  );

  test(titled('a commit takes in the few events that are missing before its own'), async (t) => {
    const journal = aJournal();
    const [few, many, none] = [anId(), anId(), anId()];
    await store.commitEvents([...aHistory(few, 100), ...aHistory(many, 101)]);
    await commit(aHistory(none, 1), journal);
    const copy = await copyOf(journal);

    t.true((await commit([anEvent(few, { sequence: 101 })], journal)).ok);
    t.true((await commit([anEvent(many, { sequence: 102 }), anEvent(none, { sequence: 2 })], journal)).ok);

    await store.commitEvents([anEvent(few, { sequence: 102 })]);
    t.true((await commit([anEvent(few, { sequence: 103 })], journal)).ok);

    t.deepEqual(await seen(knex, journal, few), range(1, 103));
    t.deepEqual(await seen(knex, journal, many), []);
    t.deepEqual(await seen(knex, journal, none), [1, 2]);
    t.is((await takeAll(database, copy, journal, [few, many, none])).taken, 102);
    t.true((await commit([anEvent(many, { sequence: 103 })], journal)).ok);
    t.deepEqual(await seen(knex, journal, many), range(1, 103));
  });

  test(
    titled('an aggregate that is parked, has a gap or is ahead is left as it is, and the commit succeeds'),
    async (t) => {
      let isBroken = true;
      const journal = aJournal({
        before: ({ sequence, body }) => {
          if (isBroken && sequence === 2 && (body as { n?: number }).n === 2) throw new Error('not yet');
        },
      });
      const [bad, gap, ahead] = [anId(), anId(), anId()];
      await commit(aHistory(ahead, 1), journal);
      const copy = await copyOf(journal);
      await knex.raw(`UPDATE "${schema}".maestro_positions SET sequence = 9 WHERE aggregate_id = ?`, [ahead.encode()]);
      await store.commitEvents([...aHistory(bad, 3), ...aHistory(gap, 2)]);
      const { failed } = await takeAll(database, copy, journal, [bad]);
      t.is(failed.length, 1);

      t.true((await commit([anEvent(bad, { sequence: 4 }), anEvent(gap, { sequence: 4 }), anEvent(ahead, { sequence: 2 })], journal)).ok); // prettier-ignore
      t.true((await commit([anEvent(bad, { sequence: 5 })], journal)).ok);
      t.true((await commit([anEvent(gap, { sequence: 6 }), anEvent(gap, { sequence: 8 })], journal)).ok);
      t.true((await commit([anEvent(ahead, { sequence: 3 })], journal)).ok);

      t.deepEqual(await seen(knex, journal, bad), [1]);
      t.deepEqual(await seen(knex, journal, ahead), [1]);
      t.deepEqual(await seen(knex, journal, gap), []);
      t.is(await positionOf(database, copy, ahead), 9);
      isBroken = false;
    },
  );

  test(
    titled('an older event that fails leaves its aggregate to the workers, also when the failure is swallowed'),
    async (t) => {
      const journal = aJournal({
        before: async ({ sequence, aggregateId }, transaction) => {
          if (sequence === 2 && aggregateId.equals(loud)) throw new Error('no');
          if (sequence === 2 && aggregateId.equals(quiet)) await transaction.raw('SELECT 1/0');
        },
      });
      const [loud, quiet, fine] = [anId(), anId(), anId()];
      await store.commitEvents([...aHistory(loud, 2), ...aHistory(quiet, 2), ...aHistory(fine, 2)]);

      t.true((await commit([loud, quiet, fine].map((id) => anEvent(id, { sequence: 3 })), journal)).ok); // prettier-ignore

      t.deepEqual(await seen(knex, journal, loud), []);
      t.deepEqual(await seen(knex, journal, quiet), []);
      t.deepEqual(await seen(knex, journal, fine), [1, 2, 3]);
      t.is(await positionOf(database, await copyOf(journal), loud), 0);
    },
  );

  test(titled('a handler that fails on an event of the commit rolls it back, also one that swallows it'), async (t) => {
    for (const swallow of [false, true]) {
      const projection = defineProjection({
        name: `failing_${layout}_${swallow}`,
        from: [Thing],
        project: async ({ sequence }, transaction) => {
          const failure = sequence === 2 ? transaction.raw('SELECT 1/0') : undefined;
          await (swallow ? failure?.catch(() => {}) : failure);
        },
      });
      const [id, older] = [anId(), anId()];
      await store.commitAll(aHistory(id, 1), [projection]);
      const failing = store.commitAll([anEvent(id, { sequence: 2 })], [projection]);
      const error = await t.throwsAsync(failing, { instanceOf: ProjectionError });
      t.is(error.event.sequence, 2);
      t.is((await store.getEvents(id)).length, 1);
      await store.commitEvents(aHistory(older, 2));
      t.true((await store.commitAll([anEvent(older, { sequence: 3 })], [projection])).ok);
      const [copy] = await readCopies(knex, schema, [projection.name]);
      t.is(await positionOf(database, copy as Copy, id), 1);
      t.is(await positionOf(database, copy as Copy, older), 0);
    }
  });

  test(titled('a failure that one of several projections ignores is told by its name'), async (t) => {
    const swallowing = defineProjection({
      name: `a_${layout}`,
      from: [Thing],
      project: async ({ sequence }, transaction) => {
        if (sequence === 2) await transaction.raw('SELECT 1/0').catch(() => {});
      },
    });
    const journal = aJournal();
    const [moved, behind] = [anId(), anId()];
    await store.commitAll(aHistory(moved, 1), [swallowing, journal.definition]);
    await store.commitEvents(aHistory(behind, 1));
    for (const ids of [[moved], [moved, behind]]) {
      const events = ids.map((id) => anEvent(id, { sequence: 2 }));
      const failing = store.commitAll(events, [swallowing, journal.definition]);
      const error = await t.throwsAsync(failing, { instanceOf: ProjectionError });
      const { cause, projection, message } = error as ProjectionError & { cause?: Error };
      t.is(projection, `a_${layout}`);
      t.regex(
        message,
        new RegExp(`^The projection a_${layout} failed on .* \\(event 2 of [0-9a-f]{32}\\); nothing was`),
      );
      t.is(cause?.message, `A statement of the projection a_${layout} failed, and the projection ignored the error.`);
    }
  });

  test(titled('code of another version than the live copy leaves it alone'), async (t) => {
    const newer = aJournal({ version: 2 });
    const older = aJournal({ version: 1, table: newer.table });
    const id = anId();
    await commit(aHistory(id, 1), newer);
    t.true((await commit([anEvent(id, { sequence: 2 })], older)).ok);
    t.true((await commit(aHistory(anId(), 1), older)).ok);
    t.deepEqual(await seen(knex, newer, id), [1]);
    t.true((await commit([anEvent(id, { sequence: 3 })], newer)).ok);
    t.deepEqual(await seen(knex, newer, id), [1, 2, 3]);
  });

  test(titled('a registration that is gone is made again'), async (t) => {
    const journal = aJournal();
    const id = anId();
    await t.throwsAsync(
      knex.transaction(async (transaction) => {
        t.true((await store.commitAll(aHistory(id, 1), [journal.definition], { transaction })).ok);
        throw new Error('all of it is undone');
      }),
      { message: 'all of it is undone' },
    );
    t.true((await commit(aHistory(id, 1), journal)).ok);
    t.deepEqual(await seen(knex, journal, id), [1]);
    await knex.raw(`DELETE FROM "${schema}".maestro_projections WHERE name = ?`, [journal.definition.name]);
    await knex.raw('DROP TABLE ??', [journal.table]);
    t.true((await commit([anEvent(id, { sequence: 2 })], journal)).ok);
    t.true((await commit([anEvent(id, { sequence: 3 })], journal)).ok);
    t.deepEqual(await seen(knex, journal, id), [1, 2, 3]);
  });

  test(
    titled("inside the application's transaction a commit is taken in with it, and a failure leaves it usable"),
    async (t) => {
      const journal = aJournal({
        before: ({ sequence }) => {
          if (sequence === 3) throw new Error('no');
        },
      });
      const id = anId();
      await knex.transaction(async (transaction) => {
        t.true((await store.commitAll(aHistory(id, 1), [journal.definition], { transaction })).ok);
        t.true((await store.commitAll([anEvent(id, { sequence: 2 })], [journal.definition], { transaction })).ok);
        await t.throwsAsync(store.commitAll([anEvent(id, { sequence: 3 })], [journal.definition], { transaction }), { instanceOf: ProjectionError }); // prettier-ignore
        t.deepEqual(await store.commitAll([anEvent(id, { sequence: 2 })], [journal.definition], { transaction }), {
          ok: false,
          error: 'retry_command',
        });
      });
      t.deepEqual(await seen(knex, journal, id), [1, 2]);
      t.is(await positionOf(database, await copyOf(journal), id), 2);
    },
  );

  test(
    titled('a transaction that sees an older log does not write into what has replaced the tables since'),
    async (t) => {
      for (const count of [1, 2]) {
        const journal = aJournal();
        const ids = range(1, count).map(() => anId());
        await commit(ids.flatMap((id) => aHistory(id, 1)), journal); // prettier-ignore
        const { id: copy } = await copyOf(journal);
        const later = (transaction: Knex.Transaction) =>
        store.commitAll(ids.map((id) => anEvent(id, { sequence: 2 })), [journal.definition], { transaction }); // prettier-ignore
        await t.throwsAsync(
          knex.transaction(
            async (transaction) => {
              await transaction.raw('SELECT 1');
              await knex.raw(`UPDATE "${schema}".maestro_projections SET status = 'retired' WHERE id = ?`, [copy]);
              await later(transaction);
            },
            { isolationLevel: 'repeatable read' },
          ),
          { instanceOf: SerializationError },
        );
        t.true((await knex.transaction(later)).ok);
        for (const id of ids) t.deepEqual(await seen(knex, journal, id), [1]);
      }
    },
  );

  test(titled('a registration waits for no connection that a transaction of the application has'), async (t) => {
    const single = testKnex({ searchPath: [schema], connection: own.url, pool: { min: 0, max: 1 } });
    t.teardown(() => single.destroy());
    const alone = new PostgresStore(single, { schema });
    const journal = aJournal();
    const [outside, inside] = [anId(), anId()];
    let waiting: Promise<unknown> | undefined;
    await single.transaction(async (transaction) => {
      waiting = alone.commitAll(aHistory(outside, 1), [journal.definition]);
      t.true((await alone.commitAll(aHistory(inside, 1), [journal.definition], { transaction })).ok);
    });
    await waiting;
    for (const id of [outside, inside]) t.deepEqual(await seen(knex, journal, id), [1]);
  });

  test(titled('a deadlock with others is tried again'), async (t) => {
    let left = 2;
    const journal = aJournal({
      before: async (_event, transaction) => {
        if ((left -= 1) >= 0)
          await transaction.raw("DO $$ BEGIN RAISE EXCEPTION 'as told' USING ERRCODE = '40P01'; END $$");
      },
    });
    const id = anId();
    t.true((await commit(aHistory(id, 2), journal)).ok);
    t.deepEqual(await seen(knex, journal, id), [1, 2]);
  });

  test(titled('commands run projections, which are checked when the aggregates are opened'), async (t) => {
    const journal = aJournal();
    const things = openAggregates(Thing, { store, projections: [journal.definition] });
    const id = things.create();
    for (const n of [1, 2, 3]) t.true((await things.evaluate(id, { type: 'happen', data: { n } })).ok);
    t.deepEqual(await seen(knex, journal, id), [1, 2, 3]);

    const open = (projections: unknown) => () => openAggregates(Thing, { store, projections: projections as [] });
    for (const wrong of [
      journal.definition,
      [() => {}],
      [{ ...journal.definition }],
      [journal.definition, journal.definition],
    ])
      t.throws(open(wrong), { instanceOf: InvalidArgumentError });
    await t.throwsAsync(new MemoryStore().commitAll(aHistory(anId(), 1), [journal.definition]), { instanceOf: ProjectionsUnsupportedError }); // prettier-ignore
  });
}
