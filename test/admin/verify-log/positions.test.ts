import { testProp } from '@fast-check/ava';
import test from 'ava';
import { verifyLog } from '../../../src/admin/verify-log/verify-log.js';
import type { VerifyProgress } from '../../../src/admin/verify-log/verify-progress.js';
import type { Violation } from '../../../src/admin/verify-log/violations.js';
import { projectionTables } from '../../../src/store/projection-tables.js';
import { runCli } from '../../support/cli/cli.js';
import { anId, collect } from '../../support/data/factories.js';
import { fillFollowedLog, type Followed, followedHistories, followedId } from '../../support/data/followed-log.js';
import { type TestDatabase, testUrl, useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const [shown, old] = [useTestDatabase(test), useTestDatabase(test)];
const embedded = useEmbeddedDatabase(test);

type Place = Pick<TestDatabase, 'knex' | 'schema'>;

async function follow({ knex, schema }: Place, all: readonly Followed[]): Promise<ReturnType<typeof projectionTables>> {
  const tables = projectionTables(schema);
  await knex.raw(`TRUNCATE ${tables.projections}, ${tables.skipped}, ${tables.leases} RESTART IDENTITY`);
  await fillFollowedLog({ knex, schema }, all);
  await knex.raw(`INSERT INTO ${tables.projections} (name, version, kind, status) VALUES
('owners', 1, 'projection', 'live'), ('owners', 2, 'projection', 'building'), ('old', 1, 'projection', 'retired')`);
  return tables;
}

/** The violations of positions; the log itself has clocks that are wrong. */
async function found(place: Place, options = {}): Promise<string[]> {
  const violations = await collect(verifyLog(place, options));
  return violations
    .filter(isOfPositions)
    .map((violation) => JSON.stringify(violation))
    .sort();
}

const isOfPositions = ({ kind }: Violation) => kind.startsWith('position') || kind === 'no copy';

function modelOf(all: readonly Followed[]): string[] {
  return all
    .flatMap(({ length, positions }, index) =>
      positions.flatMap((sequence) => {
        const at = { aggregateId: followedId(index).hex, sequence, projection: 'owners' };
        if (sequence <= length) return [];
        if (length === 0) return [JSON.stringify({ kind: 'position without events', ...at })];
        return [JSON.stringify({ kind: 'position ahead', ...at, last: length })];
      }),
    )
    .sort();
}

for (const [layout, database] of Object.entries(layouts)) {
  testProp.serial(
    `a position beyond the last event, or of an aggregate without events, is found, and no other (${layout})`,
    [followedHistories(3, 0)],
    async (t, all) => {
      await follow(database, all);
      let checked: VerifyProgress | undefined;
      t.deepEqual(await found(database, { onProgress: (now: VerifyProgress) => (checked = now) }), modelOf(all));
      const positions = all.flatMap((each) => each.positions).filter((sequence) => sequence > 0).length;
      t.is(checked?.positions, positions);
    },
    { numRuns: 15 },
  );

  test.serial(
    `a position at an event that was removed, and rows of copies that are not there, are found (${layout})`,
    async (t) => {
      const tables = await follow(database, [
        { length: 4, positions: [2, 4], isParked: true },
        { length: 1, positions: [1, 0], isParked: false },
      ]);
      const { knex } = database;
      const [id, other] = [followedId(0), followedId(1)];
      await knex.raw(`DELETE FROM ${tables.log} WHERE aggregate_id = ? AND sequence = 2`, [id.encode()]);
      await knex.raw(`INSERT INTO ${tables.positions} VALUES (3, ?, 9), (8, ?, 7)`, [id.encode(), id.encode()]);
      await knex.raw(`UPDATE ${tables.parked} SET copy = 8`);
      await knex.raw(`INSERT INTO ${tables.skipped} VALUES (8, ?, 3, '', '', now())`, [other.encode()]);
      await knex.raw(`INSERT INTO ${tables.leases} VALUES (8, ?, gen_random_uuid(), now())`, [other.encode()]);
      const at = { aggregateId: id.hex };
      const missing = { kind: 'position at a missing event', ...at, sequence: 2, projection: 'owners' };
      const positions = { kind: 'no copy', ...at, sequence: 7, copy: 8, of: 'positions' };
      const parked = { kind: 'no copy', ...at, sequence: 1, copy: 8, of: 'parked' };
      const skipped = { kind: 'no copy', aggregateId: other.hex, sequence: 3, copy: 8, of: 'skipped' };
      const lease = { kind: 'no copy', aggregateId: other.hex, sequence: 0, copy: 8, of: 'leases' };
      const sorted = (violations: readonly object[]) => violations.map((each) => JSON.stringify(each)).sort();
      t.deepEqual(await found(database), sorted([missing, positions, parked, skipped, lease]));
      t.deepEqual(await found(database, { aggregateId: id }), sorted([missing, positions, parked]));
      t.deepEqual(await found(database, { since: 0 }), await found(database));
    },
  );
}

test('verify tells of each in words, exits 1, and counts the positions', async (t) => {
  const tables = await follow(shown, []);
  const id = followedId(1);
  await shown.knex.raw(`INSERT INTO ${tables.log} VALUES (?, ?, 1, 'happened', '{}')`, [anId().encode(), id.encode()]);
  const verify = () =>
    runCli(['verify', '--schema', shown.schema], { env: { MAESTRO_DATABASE_URL: testUrl(), COLUMNS: '200' } });
  await shown.knex.raw(`INSERT INTO ${tables.positions} VALUES (1, ?, 1)`, [id.encode()]);
  t.like(await verify(), {
    code: 0,
    stdout: 'checked 1 event of 1 aggregate, 0 snapshots, and 1 position of projections: no violation\n',
  });
  await shown.knex.raw(`UPDATE ${tables.positions} SET sequence = 5`);
  await shown.knex.raw(`INSERT INTO ${tables.positions} VALUES (1, ?, 2), (6, ?, 1)`, [
    followedId(2).encode(),
    id.encode(),
  ]);
  const { code, stdout } = await verify();
  t.is(code, 1);
  t.regex(stdout, / 5 {2}position ahead: owners has taken in 5, and the last event is 1\n/);
  t.regex(stdout, / 2 {2}position without events: owners has taken in what the log has nothing of\n/);
  t.regex(stdout, / 1 {2}no copy: a row of the table of positions is of copy 6 of a projection, which is not there\n/);
});

test('a database without tables for projections is verified as before', async (t) => {
  await old.knex.raw(
    `DROP TABLE ${Object.values(projectionTables(old.schema))
      .filter((table) => table.includes('maestro'))
      .join(', ')}`,
  );
  t.deepEqual(await collect(verifyLog(old)), []);
});

test('on the embedded database the same is found', async (t) => {
  const place = { knex: embedded.get().knex, schema: 'public' };
  const all: Followed[] = [{ length: 1, positions: [3, 1], isParked: false }];
  await follow(place, all);
  t.deepEqual(await found(place), modelOf(all));
});
