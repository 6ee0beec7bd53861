import { randomBytes } from 'node:crypto';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { type VerifyOptions, verifyLog } from '../../../src/admin/verify-log/verify-log.js';
import type { VerifyProgress } from '../../../src/admin/verify-log/verify-progress.js';
import type { Violation } from '../../../src/admin/verify-log/violations.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { loadElixirFixture } from '../../support/data/elixir-fixture.js';
import { standInAmongLayouts } from '../../support/citus-stand-in.js';
import { isOnCluster, type TestDatabase, testKnex, aSchemaName, useTestDatabase } from '../../support/database.js';
import { anId, collect } from '../../support/data/factories.js';

/** A row of the log as it is stored: ids and timestamps in hex digits, of any length. */
interface Row {
  readonly id: string;
  readonly sequence: number;
  readonly timestamp: string;
}

type SnapshotRow = Omit<Row, 'timestamp'>;

const layouts = {
  plain: useTestDatabase(test),
  partitioned: useTestDatabase(test, { partitions: 3 }),
  ...standInAmongLayouts(test),
};

/** Without the constraints that keep the worst away, as somebody's own tables may be. */
for (const { knex, schema } of Object.values(layouts))
  test.before(async () => {
    for (const table of ['event_log', 'snapshots']) {
      const { rows } = await knex.raw<{ rows: { name: string }[] }>(
        "SELECT conname AS name FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype = 'c'",
        [`"${schema}".${table}`],
      );
      for (const { name } of rows) await knex.raw(`ALTER TABLE "${schema}".${table} DROP CONSTRAINT "${name}"`);
    }
  });

async function store({ knex, schema }: TestDatabase, events: readonly Row[], snapshots: readonly SnapshotRow[]) {
  await knex.raw(`TRUNCATE "${schema}".event_log, "${schema}".snapshots`);
  const rows = (values: readonly string[]) => `SELECT * FROM (VALUES ${values.join(', ')}) AS row`;
  const bytes = (hex: string) => `'\\x${hex}'::bytea`;
  if (events.length > 0)
    await knex.raw(
      `INSERT INTO "${schema}".event_log ${rows(events.map(({ id, sequence, timestamp }) => `(${bytes(timestamp)}, ${bytes(id)}, ${sequence}, 'happened', '{}'::jsonb)`))}`,
    );
  if (snapshots.length > 0)
    await knex.raw(
      `INSERT INTO "${schema}".snapshots ${rows(snapshots.map(({ id, sequence }) => `(${bytes(id)}, ${sequence}, '{}'::jsonb)`))}`,
    );
}

const NOW = Date.now();
/** Later than the database's clock may be while this runs, by far. */
const FUTURE = NOW + 3_600_000;
const FUTURE_HEX = Timestamp.of({ time: NOW + 1_800_000 }).hex;

/** Stands for the milliseconds by which a timestamp is ahead, which depend on the time of the run. */
const AHEAD = 0;
const nodeOf = (timestamp: string) => timestamp.slice(16).toUpperCase();
const timeOf = (timestamp: string) => Number.parseInt(timestamp.slice(0, 12), 16);

/** All that is wrong, found by looking at each event beside the one before. */
function modelOf(
  events: readonly Row[],
  snapshots: readonly SnapshotRow[],
  { aggregateId, since }: VerifyOptions,
): { violations: Violation[]; checked: VerifyProgress } {
  const isAsked = ({ id }: SnapshotRow) => aggregateId === undefined || id === aggregateId.hex;
  const begin = since === undefined ? '' : Timestamp.of({ time: since }).hex;
  const isLate = ({ timestamp }: Row) => timestamp >= begin;
  const violations: Violation[] = [];
  const sorted = events.filter(isAsked).sort((a, b) => (a.id < b.id ? -1 : a.id > b.id ? 1 : a.sequence - b.sequence));
  for (const [index, row] of sorted.entries()) {
    const { id, sequence, timestamp } = row;
    const previous = sorted[index - 1]?.id === id ? sorted[index - 1] : undefined;
    // An event from before may stand behind one that is looked at: its clock runs backwards.
    if (!isLate(row) && !(previous !== undefined && isLate(previous))) continue;
    const at = { aggregateId: id, sequence };
    if (id.length !== 32) violations.push({ kind: 'id length', ...at, of: 'aggregate id', timestamp });
    if (timestamp.length !== 32) violations.push({ kind: 'id length', ...at, of: 'timestamp', timestamp });
    if (previous === undefined && sequence !== 1) violations.push({ kind: 'first sequence', ...at });
    if (previous !== undefined && sequence !== previous.sequence + 1)
      violations.push({ kind: 'gap', ...at, before: previous.sequence });
    if (previous !== undefined && timestamp <= previous.timestamp)
      violations.push({
        kind: 'clock inversion',
        ...at,
        timestamp,
        clock: previous.timestamp,
        nodes: {
          ahead: nodeOf(previous.timestamp),
          behind: nodeOf(timestamp),
          milliseconds: timeOf(previous.timestamp) - timeOf(timestamp),
        },
      });
    if (timestamp > FUTURE_HEX)
      violations.push({ kind: 'future timestamp', ...at, timestamp, node: nodeOf(timestamp), milliseconds: AHEAD });
  }
  for (const { id, sequence, timestamp } of sorted.filter(isLate))
    if (events.some((other) => other.timestamp === timestamp && other.id !== id))
      violations.push({ kind: 'shared timestamp', aggregateId: id, sequence, timestamp });
  for (const { id, sequence } of snapshots.filter(isAsked)) {
    const sequences = events.filter((row) => row.id === id).map((row) => row.sequence);
    const [first, last] = [Math.min(...sequences), Math.max(...sequences)];
    const at = { aggregateId: id, sequence };
    if (id.length !== 32) violations.push({ kind: 'id length', ...at, of: 'snapshot' });
    else if (last === Number.NEGATIVE_INFINITY) violations.push({ kind: 'snapshot without events', ...at });
    else if (sequence > last) violations.push({ kind: 'snapshot ahead', ...at, last });
    else if (first > 1) violations.push({ kind: 'snapshot of missing events', ...at, first });
  }
  const looked = sorted.filter(isLate);
  return {
    violations,
    checked: {
      events: looked.length,
      aggregates: new Set(looked.map(({ id }) => id)).size,
      snapshots: snapshots.filter(isAsked).length,
      positions: 0,
    },
  };
}

/** In shards, shared timestamps are no violations, but are counted. */
function withSharedCounted({ violations, checked }: ReturnType<typeof modelOf>): ReturnType<typeof modelOf> {
  const shared = new Set(violations.flatMap((one) => (one.kind === 'shared timestamp' ? [one.timestamp] : [])));
  return {
    violations: violations.filter(({ kind }) => kind !== 'shared timestamp'),
    checked: shared.size === 0 ? checked : { ...checked, sharedTimestamps: shared.size },
  };
}

/** Few ids, so that histories come about: one of them of the wrong length. */
const IDS = ['00', '01', '02', '03', '04', '05'].map((byte) => byte.padEnd(32, '7')).concat('0102030405');
const rows: fc.Arbitrary<readonly Row[]> = fc.uniqueArray(
  fc
    .record({
      id: fc.constantFrom(...IDS),
      sequence: fc.oneof(
        { weight: 9, arbitrary: fc.integer({ min: 1, max: 5 }) },
        { weight: 1, arbitrary: fc.constantFrom(-1, 0, 2147483647) },
      ),
      step: fc.integer({ min: -3, max: 12 }),
      length: fc.oneof({ weight: 12, arbitrary: fc.constant(32) }, { weight: 1, arbitrary: fc.constantFrom(24, 34) }),
    })
    // Clocks run with the sequence for the most part.
    .map(({ id, sequence, step, length }) => {
      const time = step === 12 ? FUTURE : NOW - 60_000 + 1000 * (Math.min(sequence, 9) * 2 + step);
      const timestamp = Timestamp.of({ time, nodeId: randomBytes(8).readBigUInt64BE() }).hex;
      return { id, sequence, timestamp: timestamp.padEnd(length, '0').slice(0, length) };
    }),
  { selector: ({ id, sequence }) => `${id} ${sequence}`, maxLength: 20 },
);
const snapshotRows: fc.Arbitrary<readonly SnapshotRow[]> = fc.uniqueArray(
  fc.record({ id: fc.constantFrom(...IDS), sequence: fc.integer({ min: 0, max: 6 }) }),
  { selector: ({ id }) => id, maxLength: 4 },
);
const options: fc.Arbitrary<VerifyOptions> = fc.record({
  aggregateId: fc.oneof(
    { weight: 3, arbitrary: fc.constant(undefined) },
    { weight: 1, arbitrary: fc.constantFrom(...IDS.slice(0, 6)).map((id) => Timestamp.parse(id)) },
  ),
  since: fc.oneof(fc.constant(undefined), fc.integer({ min: NOW - 62_000, max: NOW - 40_000 })),
  pageEvents: fc.constantFrom(1, 2, 3, 1000),
});

const text = (violations: readonly Violation[]) =>
  violations.map((violation) => JSON.stringify(violation, keys)).sort();
const keys = 'kind aggregateId sequence timestamp clock nodes ahead behind node before of last first'.split(' ');

async function found(log: TestDatabase, asked: VerifyOptions) {
  let checked: VerifyProgress = { events: 0, aggregates: 0, snapshots: 0, positions: 0 };
  const onProgress = (now: VerifyProgress) => void (checked = now);
  return { violations: await collect(verifyLog(log, { ...asked, onProgress })), checked };
}

for (const [layout, database] of Object.entries(layouts))
  testProp.serial(
    `it finds just what looking at each event beside the one before finds, page by page (${layout})`,
    [rows, snapshotRows, options, fc.boolean()],
    async (t, events, snapshots, asked, isShared) => {
      // Only in different partitions, or shards, can two events have one timestamp.
      const [first, ...others] = events;
      const inShards = isOnCluster() || layout.startsWith('stand-in');
      const mayShare = isShared && (inShards || layout === 'partitioned');
      const partner = mayShare ? others.find(({ id }) => id !== first?.id) : undefined;
      const apart =
        partner !== undefined && first !== undefined && (inShards || (await areApart(database, first.id, partner.id)));
      const log = apart
        ? [first, ...others.map((row) => (row === partner ? { ...row, timestamp: first.timestamp } : row))]
        : events;
      await store(database, log, snapshots);
      const expected = inShards ? withSharedCounted(modelOf(log, snapshots, asked)) : modelOf(log, snapshots, asked);
      const { violations, checked } = await found(database, asked);
      t.deepEqual(text(violations), text(expected.violations));
      t.deepEqual(checked, expected.checked);
      const inHistories = violations.filter(({ kind }) => !/^s/.test(kind) && kind !== 'id length');
      if (asked.since === undefined)
        t.deepEqual(
          inHistories,
          inHistories.toSorted((a, b) =>
            a.aggregateId < b.aggregateId ? -1 : a.aggregateId > b.aggregateId ? 1 : a.sequence - b.sequence,
          ),
          'by aggregate and sequence',
        );
    },
    { numRuns: 40 },
  );

/** True when two ids lie in different partitions. */
async function areApart({ knex, schema }: TestDatabase, one: string, other: string): Promise<boolean> {
  const partition = (id: string) =>
    `(SELECT n FROM generate_series(0, 2) n WHERE satisfies_hash_partition('"${schema}".event_log'::regclass, 3, n, '\\x${id}'::bytea))`;
  const { rows } = await knex.raw<{ rows: { apart: boolean }[] }>(
    `SELECT ${partition(one)} <> ${partition(other)} AS apart`,
  );
  return rows[0]?.apart === true;
}

for (const [layout, database] of Object.entries(layouts))
  test.serial(`more violations than are taken at once come all, once (${layout})`, async (t) => {
    const { knex, schema } = database;
    await store(database, [], []);
    const id = anId().hex;
    await knex.raw(
      `INSERT INTO "${schema}".event_log
       SELECT decode(lpad(to_hex(n), 12, '0') || repeat('0', 20), 'hex'), decode(?, 'hex'), n * 2, 'happened', '{}' FROM generate_series(1, 5200) n`,
      [id],
    );
    for (const asked of [{}, { since: 0 }]) {
      const { violations, checked } = await found(database, asked);
      t.is(checked.events, 5200);
      t.deepEqual(
        violations.map(({ sequence }) => sequence),
        Array.from({ length: 5200 }, (_, index) => (index + 1) * 2),
      );
    }
  });

test('what Elixir Maestro wrote is sound', async (t) => {
  const knex = testKnex();
  const schema = aSchemaName();
  t.teardown(async () => {
    await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    await knex.destroy();
  });
  await loadElixirFixture(knex, schema);
  const log = { knex, schema };
  const { rows } = await knex.raw<{ rows: VerifyProgress[] }>(
    `SELECT count(*)::integer AS events, count(DISTINCT aggregate_id)::integer AS aggregates,
       (SELECT count(*) FROM "${schema}".snapshots)::integer AS snapshots FROM "${schema}".event_log`,
  );
  let checked: VerifyProgress | undefined;
  t.deepEqual(await collect(verifyLog(log, { onProgress: (now) => void (checked = now) })), []);
  t.deepEqual(checked, { ...rows[0], positions: 0 } as VerifyProgress);
  t.true((checked?.events ?? 0) > 0 && (checked?.snapshots ?? 0) > 0);
});
