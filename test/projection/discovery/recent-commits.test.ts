import { randomBytes } from 'node:crypto';
import test from 'ava';
import { RecentCommits } from '../../../src/projection/discovery/recent-commits.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { anId } from '../../support/data/factories.js';
import { testKnex, type TestDatabase, useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const [busy, late, flood] = [useTestDatabase(test), useTestDatabase(test), useTestDatabase(test)];
const embedded = useEmbeddedDatabase(test);

type Log = Pick<TestDatabase, 'knex' | 'schema'>;

/** Inserts the first event of a new aggregate, as Elixir does, with a time so many milliseconds from now. */
async function write({ knex, schema }: Log, fromNow = 0): Promise<string> {
  const id = anId();
  await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, 1, 'happened', '{}')`, [
    timestampAt(Date.now() + fromNow).encode(),
    id.encode(),
  ]);
  return id.hex;
}

function timestampAt(time: number): Timestamp {
  return Timestamp.of({ time, nodeId: randomBytes(8).readBigUInt64BE() });
}

async function found(recent: RecentCommits): Promise<string[]> {
  return (await recent.poll()).aggregateIds.map(({ hex }) => hex).sort();
}

/** Looks as often as it takes until the window is as wide as it gets. */
async function widen(recent: RecentCommits): Promise<void> {
  for (let looks = 0; looks < 8; looks += 1) await recent.poll();
}

for (const [layout, database] of Object.entries(layouts)) {
  test.serial(`new events are found once, also those of clocks that are minutes wrong (${layout})`, async (t) => {
    const recent = new RecentCommits(database.knex, database.schema);
    await widen(recent);
    const ids = [await write(database), await write(database, -240_000), await write(database, 240_000)];
    t.deepEqual(await found(recent), ids.sort());
    t.deepEqual(await found(recent), []);
    const next = await write(database, -240_000);
    t.deepEqual(await found(recent), [next]);
  });

  test.serial(`events far ahead are found when nothing is farther ahead (${layout})`, async (t) => {
    await write(database, 700_000);
    const recent = new RecentCommits(database.knex, database.schema);
    await widen(recent);
    const ids = [await write(database, 800_000), await write(database, 10 ** 14)];
    t.deepEqual(await found(recent), ids.sort());
    t.deepEqual(await found(recent), []);
    await write(database, 900_000);
    t.deepEqual(await found(recent), []);
  });
}

test.serial('on the embedded database new events are found', async (t) => {
  const log = { knex: embedded.get().knex, schema: 'public' };
  const recent = new RecentCommits(log.knex, log.schema);
  t.deepEqual(await found(recent), []);
  const id = await write(log);
  t.deepEqual(await found(recent), [id]);
});

test.serial('what commits late is found, also an earlier event of an aggregate that was seen', async (t) => {
  const { knex, schema } = late;
  const recent = new RecentCommits(knex, schema);
  const [slow, id, time] = [testKnex({ pool: { min: 0, max: 1 } }), anId(), Date.now()];
  const insert = (on: Log['knex'], sequence: number) =>
    on.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, 'happened', '{}')`, [
      timestampAt(time).encode(),
      id.encode(),
      sequence,
    ]);
  const transaction = await slow.transaction();
  await insert(transaction, 1);
  await insert(knex, 2);
  t.deepEqual(await found(recent), [id.hex]);
  t.deepEqual(await found(recent), []);
  await transaction.commit();
  t.deepEqual(await found(recent), [id.hex]);
  await slow.destroy();
});

test.serial('a busy log is looked at in a narrow window, in batches, and nothing of it is lost', async (t) => {
  const { knex, schema } = busy;
  const recent = new RecentCommits(knex, schema);
  await widen(recent);
  const [begin, seen] = [Date.now() - 200_000, new Set<string>()];
  await knex.raw(
    `INSERT INTO "${schema}".event_log SELECT decode(lpad(to_hex(? + n * 15), 12, '0') || lpad(to_hex(n), 20, '0'), 'hex'),
  decode(md5(n::text), 'hex'), 1, 'happened', '{}' FROM generate_series(1::bigint, 12000) AS n`,
    [begin],
  );
  for (let more = true; more;) {
    const look = await recent.poll();
    for (const { hex } of look.aggregateIds) seen.add(hex);
    t.true(look.aggregateIds.length < 5100);
    ({ more } = look);
  }
  // The window becomes narrow meanwhile, and what leaves it is left to the sweep.
  t.true(seen.size >= 5000);
  await widen(recent);
  const outside = await write(busy, -240_000);
  t.false((await found(recent)).includes(outside));
  const now = await write(busy);
  t.true((await found(recent)).includes(now));
});

test.serial('a flood within a moment is left to the sweep', async (t) => {
  const { knex, schema } = flood;
  const recent = new RecentCommits(knex, schema);
  await recent.poll();
  await knex.raw(
    `INSERT INTO "${schema}".event_log SELECT decode(lpad(to_hex(?::bigint), 12, '0') || lpad(to_hex(n), 20, '0'), 'hex'),
  decode(md5(n::text), 'hex'), 1, 'happened', '{}' FROM generate_series(1, 50001) AS n`,
    [Math.floor(Date.now() / 256) * 256],
  );
  t.deepEqual(await found(recent), []);
  const id = await write(flood, 1000);
  t.deepEqual(await found(recent), [id]);
});
