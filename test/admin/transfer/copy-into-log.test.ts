import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { importLog, type ImportOptions, type ImportReport } from '../../../src/admin/transfer/import-log.js';
import { InvalidExportError } from '../../../src/admin/transfer/export-format.js';
import { ImportConflictError } from '../../../src/admin/transfer/merge-staging.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { WriteMismatchError } from '../../../src/store/errors.js';
import { execute, query } from '../../../src/store/read/rows.js';
import { eventJson, snapshotJson } from '../../../src/store/read/stored-json.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import {
  emptied,
  exported,
  imported,
  insertRows,
  linesOf,
  type LogRows,
  logs,
  signed,
} from '../../support/data/transfer.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });
const fresh = useTestDatabase(test);

test.beforeEach(async () => {
  for (const log of [plain, partitioned]) await emptied(log);
});

/** Imports lines that can be read again, as those of a file can; tells whether events had to wait in a staging table. */
async function importedFromFile(
  log: typeof plain,
  text: string,
  options: ImportOptions = {},
): Promise<{ readonly report: ImportReport; readonly wasStaged: boolean }> {
  let wasStaged = false;
  const note = ({ sql }: { sql: string }) => (wasStaged ||= sql.includes('TABLE maestro_import_events'));
  log.knex.on('query', note);
  try {
    return { report: await importLog(log, () => linesOf(text), options), wasStaged };
  } finally {
    log.knex.off('query', note);
  }
}

const line = (changes: Partial<Parameters<typeof eventJson>[0]> = {}) =>
  eventJson({ ...anEvent(anId()), body: '{"n": 1}', ...changes });
const sorted = (lines: string[]) => lines.sort((a, b) => (a.slice(16, 48) < b.slice(16, 48) ? -1 : 1));

testProp.serial(
  'into an empty log an export goes straight, with the same outcome as through staging',
  [logs(), fc.boolean()],
  async (t, rows, dryRun) => {
    const log = plain;
    await emptied(log);
    await insertRows(log, rows);
    const text = await exported(log);
    await emptied(log);
    const staged = await imported(log, text, { dryRun });
    const left = await exported(log);
    await emptied(log);

    const { report, wasStaged } = await importedFromFile(log, text, { dryRun });

    t.false(wasStaged);
    t.deepEqual(report, staged);
    t.is(await exported(log), left);
  },
  { numRuns: 12 },
);

/** An event and a snapshot of the same aggregate that no generated log has. */
const otherId = anId();
const others: LogRows = {
  events: [{ ...anEvent(otherId), body: '{}' }],
  snapshots: [{ aggregateId: otherId, sequence: 1, body: '{}' }],
};

for (const [layout, log] of Object.entries({ plain, partitioned }))
  testProp.serial(
    `beside other aggregates an export goes straight, with the same outcome as through staging, ${layout} layout`,
    [logs(), fc.boolean()],
    async (t, rows, dryRun) => {
      await emptied(log);
      await insertRows(log, rows);
      const text = await exported(log);
      const newer = rows.snapshots.map((snapshot) => ({ ...snapshot, sequence: 5 }));
      const before = { events: others.events, snapshots: [...others.snapshots, ...newer] };
      await emptied(log);
      await insertRows(log, before);
      const staged = await imported(log, text, { dryRun });
      const left = await exported(log);
      await emptied(log);
      await insertRows(log, before);

      const { report, wasStaged } = await importedFromFile(log, text, { dryRun });

      t.is(wasStaged, false);
      t.deepEqual(report, staged);
      t.is(await exported(log), left);
    },
    { numRuns: 10 },
  );

test.serial('rows go in by aggregate, the last sequence of each first, as all writers insert them', async (t) => {
  await insertRows(fresh, others);
  const [a, b] = [anId(), anId()].sort((x, y) => x.compare(y)) as [Timestamp, Timestamp];
  const histories = [...aHistory(a, 3), ...aHistory(b, 2)].map((event) => line({ ...event, body: '{}' }));
  const { wasStaged } = await importedFromFile(fresh, signed(histories));
  t.false(wasStaged);
  const sql = `SELECT encode(aggregate_id, 'hex'), sequence FROM "${fresh.schema}".event_log WHERE aggregate_id <> ? ORDER BY ctid`;
  t.deepEqual(await query(fresh.knex, sql, [otherId.encode()]), [
    [a.hex, 3],
    [a.hex, 2],
    [a.hex, 1],
    [b.hex, 2],
    [b.hex, 1],
  ]);
});

test.serial('a history that is too long to be held goes through staging', async (t) => {
  await insertRows(plain, others);
  const body = JSON.stringify({ text: 'x'.repeat(3_000_000) }).replace(':', ': ');
  const text = signed(aHistory(anId(), 6).map((event) => line({ ...event, body })));
  const { report, wasStaged } = await importedFromFile(plain, text);
  t.true(wasStaged);
  t.is(report.events, 6);
});

test.serial('a timestamp that an event of another partition has is told with its line', async (t) => {
  for (const log of [plain, partitioned]) {
    await insertRows(log, others);
    const { timestamp } = others.events[0] as LogRows['events'][number];
    const text = signed(sorted([line(), ...Array.from({ length: 6 }, () => line()), line({ timestamp })]));
    const error = await t.throwsAsync(importedFromFile(log, text), { instanceOf: ImportConflictError });
    t.regex(error.message, /another event of the log has this timestamp/);
    t.is((await importedFromFile(log, text, { onConflict: 'skip' })).report.skipped.length, 1);
  }
});

test.serial('a log that holds some of the events is compared with', async (t) => {
  await insertRows(plain, { events: [{ ...anEvent(), body: '{}' }], snapshots: [] });
  const { report, wasStaged } = await importedFromFile(plain, await exported(plain));
  t.true(wasStaged);
  t.like(report, { events: 0, present: 1 });
});

test.serial('a body that PostgreSQL prints otherwise is refused with its line, and nothing stays', async (t) => {
  const text = signed(sorted([line(), line({ body: '{"n":1}' }), line({ body: '{"bb": 1, "a": 2}' })]));
  const error = await t.throwsAsync(importedFromFile(plain, text), { instanceOf: InvalidExportError });
  t.is(error.line, 3);
  t.is(await exported(plain), signed([]));
});

test.serial('a timestamp that two events of the export share is told with the line of the first', async (t) => {
  const { timestamp } = anEvent();
  const text = signed(sorted([line(), line({ timestamp }), line({ timestamp }), line()]));
  const error = await t.throwsAsync(importedFromFile(plain, text), { instanceOf: ImportConflictError });
  t.is(error.line, 3);
  t.is(await exported(plain), signed([]));
  t.is((await importedFromFile(plain, text, { onConflict: 'skip' })).report.skipped.length, 2);
});

for (const table of ['event_log', 'snapshots'] as const)
  test.serial(`a trigger on ${table} is not trusted to keep rows as they are`, async (t) => {
    const schema = `"${plain.schema}"`;
    await execute(
      plain.knex,
      `CREATE OR REPLACE FUNCTION ${schema}.altered() RETURNS trigger LANGUAGE plpgsql AS
'BEGIN NEW.body := NEW.body || ''{"more": 1}''; RETURN NEW; END'`,
    );
    await execute(
      plain.knex,
      `CREATE TRIGGER altered BEFORE INSERT ON ${schema}.${table} FOR EACH ROW EXECUTE FUNCTION ${schema}.altered()`,
    );
    try {
      const snapshot = `{"snapshot":${snapshotJson({ aggregateId: anId(), sequence: 1, body: '{"n": 1}' })}}`;
      const text = signed([line(), snapshot]);
      await t.throwsAsync(importedFromFile(plain, text), { instanceOf: WriteMismatchError });
      t.is(await exported(plain), signed([]));
    } finally {
      await execute(plain.knex, `DROP TRIGGER altered ON ${schema}.${table}`);
    }
  });

test.serial(
  'in partitions, whose indexes let two events have one timestamp, an export is looked at more closely',
  async (t) => {
    const { timestamp } = anEvent();
    const text = signed(sorted(Array.from({ length: 8 }, () => line({ timestamp }))));
    await t.throwsAsync(importedFromFile(partitioned, text), { instanceOf: ImportConflictError });
    t.is(await exported(partitioned), signed([]));
  },
);
