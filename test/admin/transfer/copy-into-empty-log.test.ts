import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { importLog, type ImportOptions, type ImportReport } from '../../../src/admin/transfer/import-log.js';
import { InvalidExportError } from '../../../src/admin/transfer/export-format.js';
import { ImportConflictError } from '../../../src/admin/transfer/merge-staging.js';
import { WriteMismatchError } from '../../../src/store/errors.js';
import { execute } from '../../../src/store/read/rows.js';
import { eventJson, snapshotJson } from '../../../src/store/read/stored-json.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { emptied, exported, imported, insertRows, linesOf, logs, signed } from '../../support/data/transfer.js';

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });

test.beforeEach(async () => {
  for (const log of [plain, partitioned]) await emptied(log);
});

/** Imports lines that can be read again, as those of a file can; tells whether they had to wait in staging tables. */
async function importedFromFile(
  log: typeof plain,
  text: string,
  options: ImportOptions = {},
): Promise<{ readonly report: ImportReport; readonly wasStaged: boolean }> {
  let wasStaged = false;
  const note = ({ sql }: { sql: string }) => (wasStaged ||= sql.includes('CREATE TEMPORARY'));
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

test.serial('a log that holds something already is compared with', async (t) => {
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
