import test from 'ava';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { LOG_START } from '../../../src/store/positions/log-slice.js';
import { recordMoves } from '../../../src/projection/rebuild/record-moves.js';
import { passOver } from '../../../src/projection/apply/pass-over.js';
import { anEvent, aHistory, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { aJournal, aLiveCopy, positionOf, seen, takeAll } from '../../support/projection/journal.js';
import { startWorker } from '../../support/projection/workers.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 4 }) };
const PART = { ...LOG_START, rows: 20_000 };

for (const [layout, own] of Object.entries(layouts)) {
  const { schema } = own;
  const knex = testKnex({ searchPath: [schema] });
  test.after.always(() => knex.destroy());
  const database = { knex, schema };
  const isForeign = { type: 'of another aggregate' };
  test.serial.beforeEach(() => knex.withSchema(schema).table('event_log').delete());

  test.serial(
    `aggregates that have nothing for a projection are passed over together, and no others, ${layout}`,
    async (t) => {
      const journal = aJournal();
      const copy = await aLiveCopy(database, journal);
      const ids = Array.from({ length: 7 }, anId).sort((a, b) => (a.hex < b.hex ? -1 : 1));
      const [foreign, mine, mixed, gap, known, long, last] = ids as [Timestamp, Timestamp, Timestamp, Timestamp, Timestamp, Timestamp, Timestamp]; // prettier-ignore
      const event = (id: Timestamp, sequence: number) => anEvent(id, { sequence, ...isForeign });
      await own.store().commitEvents([event(known, 1)]);
      await takeAll(database, copy, journal, [known]);
      await own
        .store()
        .commitEvents([
          event(foreign, 1),
          ...aHistory(mine, 2),
          event(mixed, 1),
          anEvent(mixed, { sequence: 2 }),
          ...[1, 3].map((sequence) => event(gap, sequence)),
          event(known, 2),
          ...[1, 2, 3].map((sequence) => event(long, sequence)),
          event(last, 1),
        ]);

      t.is(await passOver(database, { ...copy, status: 'building' }, journal.definition, PART), 0);
      t.is(await passOver(database, copy, journal.definition, PART), 4);

      const positions = () => Promise.all(ids.map((id) => positionOf(database, copy, id)));
      t.deepEqual(await positions(), [1, 0, 0, 0, 1, 3, 0]);
      t.is(await passOver(database, copy, journal.definition, PART), 0);
      await takeAll(database, copy, journal, ids);
      t.deepEqual(await positions(), [1, 2, 2, 1, 2, 3, 1]);
      t.deepEqual([await seen(knex, journal, mine), await seen(knex, journal, mixed)], [[1, 2], [2]]);
    },
  );

  test.serial(`what is passed over is recorded while a switch is near, ${layout}`, async (t) => {
    const journal = aJournal();
    const copy = await aLiveCopy(database, journal);
    const ids = [anId(), anId()].sort((a, b) => (a.hex < b.hex ? -1 : 1)) as [Timestamp, Timestamp];
    for (const id of ids) await own.store().commitEvents([anEvent(id, isForeign)]);
    while ((await recordMoves(knex, schema, copy.id)) === undefined);

    t.is(await passOver(database, copy, journal.definition, PART), 1);

    const moved = await knex('maestro_moves')
      .whereNotNull('aggregate_id')
      .where({ copy: copy.id })
      .select('aggregate_id');
    t.deepEqual(moved, [{ aggregate_id: ids[0].encode() }]);
  });

  test.serial(`what is erased meanwhile gets no position, ${layout}`, async (t) => {
    const journal = aJournal();
    const copy = await aLiveCopy(database, journal);
    const ids = [anId(), anId(), anId()] as const;
    for (const id of ids) await own.store().commitEvents([anEvent(id, isForeign)]);
    await knex.raw(`CREATE FUNCTION erase() RETURNS trigger LANGUAGE plpgsql AS
$$ BEGIN DELETE FROM event_log WHERE aggregate_id = decode('${ids[0].hex}', 'hex'); RETURN NULL; END $$;
CREATE TRIGGER erase AFTER INSERT ON maestro_positions FOR EACH STATEMENT EXECUTE FUNCTION erase()`);
    try {
      t.is(await passOver(database, copy, journal.definition, PART), 1);
    } finally {
      await knex.raw('DROP TRIGGER erase ON maestro_positions');
    }
    const { rows } = await knex.raw<{ rows: { id: string }[] }>(
      "SELECT encode(aggregate_id, 'hex') AS id FROM maestro_positions WHERE copy = ?",
      [copy.id],
    );
    t.deepEqual(rows, [{ id: ids[1].hex }]);
  });

  test.serial(`a worker that begins passes over very many together, ${layout}`, async (t) => {
    const mine = anId();
    await knex.raw(`INSERT INTO event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(n), 32, '0'), 'hex'), decode(md5(n::text), 'hex'), 1, 'of another aggregate', '{}' FROM generate_series(1, 1500) AS n`);
    await own.store().commitEvents(aHistory(mine, 2));
    const journal = aJournal();
    const worker = startWorker(t, database, [journal.definition]);

    t.deepEqual(await worker.caughtUp(), { parked: 0 });

    await worker.stop();
    t.deepEqual(await seen(knex, journal, mine), [1, 2]);
    const { rows } = await knex.raw<{ rows: { count: number }[] }>(
      'SELECT count(*)::integer AS count FROM maestro_positions WHERE copy = (SELECT id FROM maestro_projections WHERE name = ?) GROUP BY xmin',
      [journal.definition.name],
    );
    const counts = rows.map(({ count }) => count);
    t.is(counts.reduce((sum, count) => sum + count, 0), 1501); // prettier-ignore
    t.true(Math.max(...counts) >= 1499, counts.join(' '));
  });
}
