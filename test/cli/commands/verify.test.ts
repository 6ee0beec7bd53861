import test from 'ava';
import type { NewEvent } from '../../../src/events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { type TestDatabase, testUrl, useTestDatabase } from '../../support/database.js';
import { loadElixirFixture } from '../../support/data/elixir-fixture.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';

/**
 * A violation without the milliseconds that its timestamp is in the future, which depend on the time of the run.
 */
const withoutDistance = (violation: object) => ({ ...violation, milliseconds: undefined });

const sound = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const unsound = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const bounded = useTestDatabase(test);
const elixir = useTestDatabase(test, { migrated: false });
const missing = useTestDatabase(test, { migrated: false });

function maestro({ schema }: TestDatabase, argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['verify', ...argv], { env: { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: schema }, ...options });
}

for (const [layout, database] of Object.entries(sound))
  test(`a sound log exits 0, with a summary of what was checked (${layout})`, async (t) => {
    const [one, other] = [aHistory(anId(), 3), aHistory(anId(), 4)];
    await database.store().commitEvents([...one, ...other]);
    await database.store().commitSnapshot({ aggregateId: one[0]?.aggregateId ?? anId(), sequence: 3, body: {} });
    const at = (...argv: string[]) => maestro(database, argv);
    const summary = 'checked 7 events of 2 aggregates, and 1 snapshot: no violation';
    t.deepEqual(await at(), { code: 0, stdout: `${summary}\n`, stderr: '' });
    t.deepEqual(await at('-o', 'ndjson'), { code: 0, stdout: '', stderr: `note: ${summary}\n` });
    t.deepEqual(await at('-q'), { code: 0, stdout: '', stderr: '' });
    const { code, stdout } = await at('-o', 'json');
    t.is(code, 0);
    t.deepEqual(JSON.parse(stdout), {
      violations: [],
      checked: { events: 7, aggregates: 2, snapshots: 1, positions: 0 },
    });
    t.regex((await at(other[0]?.aggregateId.hex ?? '')).stdout, /^checked 4 events of 1 aggregate, and 0 snapshots/);
    t.regex((await at('--since', '2199-01-01')).stdout, /^checked 0 events of 0 aggregates, and 1 snapshot/);
    t.is((await at('--since', other[0]?.timestamp.toString() ?? '')).code, 0);
  });

/**
 * A planted violation: for each kind an aggregate of its own, with the sequence that is wrong and the words that say
 * so.
 */
interface Planted {
  readonly id: string;
  readonly sequence: number;
  readonly kind: string;
  readonly words: RegExp;
}

async function plant({ knex, schema }: TestDatabase, isPartitioned: boolean): Promise<Planted[]> {
  for (const [table, constraint] of [
    ['event_log', 'hlc_field_timestamp_size'],
    ['event_log', 'hlc_field_aggregate_id_size'],
    ['snapshots', 'hlc_field_aggregate_id_size'],
  ])
    await knex.raw(`ALTER TABLE "${schema}".${table} DROP CONSTRAINT "${constraint}"`);
  const insert = async (id: string, sequence: number, timestamp = anId().hex) => {
    const values = [Buffer.from(timestamp, 'hex'), Buffer.from(id, 'hex'), sequence];
    await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, 'planted', '{}')`, values);
    return timestamp;
  };
  const snapshot = (id: string, sequence: number) =>
    knex.raw(`INSERT INTO "${schema}".snapshots VALUES (?, ?, '{}')`, [Buffer.from(id, 'hex'), sequence]);
  const planted: Planted[] = [];
  const plant = async (
    kind: string,
    sequence: number,
    words: RegExp,
    make: (id: string) => Promise<unknown>,
    id = anId().hex,
  ) => {
    await make(id);
    planted.push({ id, sequence, kind, words });
  };
  const text = (hex: string) => Timestamp.parse(hex).toString();
  const [earlier, later, future] = [anId().hex, anId().hex, Timestamp.of({ time: Date.now() + 3_600_000 }).hex];

  await plant('gap', 4, /gap: event 3 is missing$/, async (id) => {
    for (const sequence of [1, 2, 4, 5]) await insert(id, sequence);
  });
  await plant('first sequence', 2, /first sequence: the history does not begin with 1$/, (id) => insert(id, 2));
  const inversion = new RegExp(
    `clock inversion: ${text(earlier)} is not later than ${text(later)} of the event before: the clock of node ${later.slice(16).toUpperCase()} ran backwards, by \\d+ ms or more$`,
  );
  await plant('clock inversion', 2, inversion, async (id) => {
    await insert(id, 1, later);
    await insert(id, 2, earlier);
  });
  await plant(
    'future timestamp',
    1,
    new RegExp(`${text(future)} is 5\\d(\\.\\d)? minutes ahead of the database's clock, by node 0{16}$`),
    (id) => insert(id, 1, future),
  );
  await plant('id length', 1, /id length: the aggregate id is not 16 bytes long$/, (id) => insert(id, 1), '0102030405');
  await plant('id length', 1, /id length: the timestamp is not 16 bytes long$/, (id) => insert(id, 1, '010203'));
  await plant(
    'id length',
    3,
    /id length: the id of the snapshot is not 16 bytes long$/,
    (id) => snapshot(id, 3),
    '0a0b',
  );
  await plant('snapshot ahead', 2, /snapshot ahead: the last event is 1$/, async (id) => {
    await insert(id, 1);
    await snapshot(id, 2);
  });
  await plant('snapshot without events', 7, /snapshot without events/, (id) => snapshot(id, 7));
  if (isPartitioned) {
    const shared = anId().hex;
    const twice = () =>
      plant('shared timestamp', 1, /shared timestamp: another event has/, (id) => insert(id, 1, shared));
    await twice();
    // Refused until an id comes that lies in another partition.
    while (planted.filter(({ kind }) => kind === 'shared timestamp').length < 2) await twice().catch(() => {});
  }
  return planted;
}

for (const [layout, database] of Object.entries(unsound))
  test(`every kind of violation is named with its id and sequence, and exits 1 (${layout})`, async (t) => {
    const planted = await plant(database, layout === 'partitioned');
    const at = (...argv: string[]) => maestro(database, argv);

    const { code, stdout, stderr } = await at('-o', 'json');
    t.deepEqual([code, stderr], [1, '']);
    const { violations, checked } = JSON.parse(stdout) as {
      violations: { kind: string; aggregateId: string; sequence: number }[];
      checked: { events: number };
    };
    const facts = ({ kind, id, sequence }: { kind: string; id: string; sequence: number }) =>
      `${kind} ${id} ${sequence}`;
    t.deepEqual(
      violations.map((violation) => facts({ ...violation, id: violation.aggregateId })).sort(),
      planted.map(facts).sort(),
    );
    t.true(checked.events > planted.length);

    const table = await at();
    t.is(table.code, 1);
    const lines = table.stdout.split('\n');
    t.regex(lines[0] ?? '', /^AGGREGATE +SEQUENCE +VIOLATION$/);
    for (const { id, sequence, words } of planted)
      t.true(
        lines.some((line) => line.startsWith(id) && line.includes(` ${sequence}  `) && words.test(line)),
        `${words}`,
      );
    t.regex(lines.at(-2) ?? '', new RegExp(`^checked .* snapshots: ${planted.length} violations$`));

    const streamed = await at('-o', 'ndjson');
    t.deepEqual(
      streamed.stdout
        .trim()
        .split('\n')
        .map((line) => withoutDistance(JSON.parse(line) as object)),
      violations.map(withoutDistance),
    );
    const quiet = await at('-q');
    t.deepEqual([quiet.code, quiet.stdout.trim().split('\n').sort()], [1, planted.map(({ id }) => id).sort()]);

    for (const { id, kind, sequence } of planted.filter(({ id }) => id.length === 32)) {
      const one = await at(id, '-o', 'ndjson');
      t.is(one.code, 1, kind);
      t.like(JSON.parse(one.stdout), { kind, aggregateId: id, sequence });
    }
    t.is((await at(anId().hex)).code, 3);
  });

test('--since finds what came after, also a clock that runs backwards across that moment', async (t) => {
  const { knex, schema } = bounded;
  const since = Date.UTC(2020, 0, 1);
  const at = (time: number) => Timestamp.of({ time: since + time, nodeId: BigInt(time + 5_000_000) });
  const text = (time: number) => new Date(since + time).toISOString();
  const history = (times: readonly number[], sequences: readonly number[] = times.map((_, index) => index + 1)) => {
    const id = anId();
    return times.map((time, index) => anEvent(id, { timestamp: at(time), sequence: sequences[index] ?? 0 }));
  };
  const across = history([-2000, -1000, 500, -500]);
  const before = history([-3000, -3500, -1500]);
  const gap = history([-1200, 1200], [1, 4]);
  for (const event of [...across, ...before, ...gap] satisfies NewEvent[])
    await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, 'planted', '{}')`, [
      event.timestamp.encode(),
      event.aggregateId.encode(),
      event.sequence,
    ]);
  const found = async (...argv: string[]) => {
    const { stdout } = await maestro(bounded, [...argv, '-o', 'json']);
    const { violations } = JSON.parse(stdout) as {
      violations: { aggregateId: string; sequence: number; kind: string }[];
    };
    return violations.map(({ aggregateId, sequence, kind }) => `${aggregateId} ${sequence} ${kind}`).sort();
  };
  const ofAcross = `${across[0]?.aggregateId.hex} 4 clock inversion`;
  const ofGap = `${gap[0]?.aggregateId.hex} 4 gap`;
  t.deepEqual(await found('--since', text(0)), [ofAcross, ofGap].sort());
  t.deepEqual(await found('--since', text(600)), [ofGap]);
  t.deepEqual(await found('--since', text(0), across[0]?.aggregateId.hex ?? ''), [ofAcross]);
  t.deepEqual(await found('--since', text(1300)), []);
  t.true((await found()).includes(`${before[0]?.aggregateId.hex} 2 clock inversion`));
});

test('what Elixir Maestro 1.0 wrote is sound', async (t) => {
  await loadElixirFixture(elixir.knex, elixir.schema);
  const { code, stdout } = await maestro(elixir, []);
  t.is(code, 0);
  t.regex(stdout, /^checked \d[\d,]* events of \d+ aggregates?, and \d+ snapshots?: no violation\n$/);
});

test('without tables, and with values that are none, it is wrong usage', async (t) => {
  t.is((await maestro(missing, [])).code, 2);
  for (const argv of [['no-id'], ['--since', 'sometime']]) {
    const { code, stdout } = await maestro(sound.plain, argv);
    t.deepEqual([code, stdout], [2, '']);
  }
});
