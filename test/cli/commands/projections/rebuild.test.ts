import { once } from 'node:events';
import test from 'ava';
import { aContext } from '../../../../scripts/support/program.js';
import { run } from '../../../../src/cli/run.js';
import { defineProjection } from '../../../../src/projection/define-projection.js';
import { startRebuild } from '../../../../src/projection/rebuild/start-rebuild.js';
import { aProjectedLog, writeConfigurations } from '../../../support/cli/projection-commands.js';
import { untilInUse } from '../../../../src/cli/commands/projections/until-in-use.js';
import { readCopies } from '../../../../src/projection/copies/copy.js';
import { registerCopy } from '../../../../src/projection/copies/register-copy.js';
import { runProjections } from '../../../../src/projection/worker/run-projections.js';
import { startProgram } from '../../../support/cli/program.js';
import { anEvent } from '../../../support/data/factories.js';
import { aJournal, Thing } from '../../../support/projection/journal.js';
import { testKnex, useSchemas, useTemporaryFolder } from '../../../support/database.js';

// A switch waits for whoever reads in the database.
const { knex, url, aSchema } = useSchemas(test, { alone: true });
const folder = useTemporaryFolder(test);
writeConfigurations(folder);
const next = ['--config', 'next.config.ts'];

async function aLog() {
  const log = await aProjectedLog({ knex, folder, url }, aSchema());
  const ids = await log.open('Ada', 'Grace');
  await log.maestro(['projections', 'run', '--once', 'owners']);
  const versions = async () => {
    const { rows } = await knex.raw<{ rows: { version: number }[] }>('SELECT DISTINCT version FROM ??.owners', [
      log.schema,
    ]);
    return rows.map(({ version }) => version);
  };
  const copies = async () => {
    const { rows } = await knex.raw<{ rows: { version: number; status: string }[] }>(
      'SELECT version, status FROM ??.maestro_projections ORDER BY id',
      [log.schema],
    );
    return rows.map(({ version, status }) => `${version} ${status}`);
  };
  return { ...log, ids, versions, copies };
}

test.serial(
  'rebuild fills a second copy and switches to it: of a new version, and of the same one again',
  async (t) => {
    const log = await aLog();
    const { code, stdout, stderr } = await log.maestro(['projections', 'rebuild', 'owners', ...next]);
    const note = 'note: no worker runs owners, so it falls behind unless commits of this version take it in\n';
    t.deepEqual([code, stderr], [0, note]);
    t.is(
      stdout,
      'name             owners\nversion          2\nsecond copy      filled, and switched to\nevents taken in  2\n',
    );
    t.deepEqual([await log.owners(), await log.versions(), await log.copies()], [['Ada', 'Grace'], [2], ['2 live']]);

    await knex.raw("UPDATE ??.owners SET owner = 'Mallory'", [log.schema]);
    const again = await log.maestro(['projections', 'rebuild', 'owners', ...next, '-o', 'json']);
    t.deepEqual(JSON.parse(again.stdout), { name: 'owners', version: 2, status: 'live', events: 2 });
    t.deepEqual([await log.owners(), await log.copies()], [['Ada', 'Grace'], ['2 live']]);

    const older = await log.maestro(['projections', 'rebuild', 'owners']);
    t.is(older.code, 2);
    t.regex(older.stderr, /^error: The database has a newer version of owners than these handlers, 1\./);
  },
);

test.serial('rebuild names what depends on the tables, and does nothing', async (t) => {
  const log = await aLog();
  await knex.raw('CREATE VIEW ??.names AS SELECT owner FROM ??.owners', [log.schema, log.schema]);
  const { code, stderr } = await log.maestro(['projections', 'rebuild', 'owners', ...next]);
  t.is(code, 5);
  t.regex(
    stderr,
    /^error: The tables of the projection "owners" cannot be replaced, because others depend on them: view \S+names/,
  );
  t.deepEqual([await log.versions(), await log.copies()], [[1], ['1 live']]);
});

test.serial('a copy on which a handler fails is not switched to; it goes on after a fix, or is given up', async (t) => {
  const log = await aLog();
  const [ada] = log.ids;
  await log.store.commitEvents([anEvent(ada, { sequence: 2, type: 'renamed', body: { owner: 'bad' } })]);
  await log.maestro(['projections', 'run', '--once', 'owners', '--config', 'fixed.config.ts']);
  const failed = await log.maestro(['projections', 'rebuild', 'owners']);
  t.is(failed.code, 1);
  t.regex(failed.stdout, /^second copy +not in use: an aggregate is parked$/m);
  t.regex(failed.stderr, /^warning: owners was not switched: the second copy lacks what is parked[\s\S]*--cancel/m);
  t.deepEqual(await log.copies(), ['1 live', '1 building']);
  t.regex(
    (await log.maestro(['projections', 'status', 'owners'])).stdout,
    /^owners +1 +building .*1 aggregate parked/m,
  );

  t.is((await log.maestro(['projections', 'retry', 'owners'])).code, 0);
  const fixed = await log.maestro(['projections', 'rebuild', 'owners', '--config', 'fixed.config.ts']);
  t.is(fixed.code, 0, fixed.stderr);
  t.deepEqual(await log.copies(), ['1 live']);

  await log.maestro(['projections', 'rebuild', 'owners']);
  t.deepEqual(await log.copies(), ['1 live', '1 building']);
  const cancelled = await log.maestro(['projections', 'rebuild', 'owners', '--cancel'], { cwd: '/' });
  t.is(cancelled.code, 0, cancelled.stderr);
  t.regex(cancelled.stdout, /^second copy +given up$/m);
  t.is(cancelled.stderr, '', 'at this version nobody begins by himself');
  t.deepEqual([await log.owners(), await log.copies()], [['Grace', 'bad'], ['1 live']]);
  t.is((await log.maestro(['projections', 'rebuild', 'owners', '--cancel'])).code, 3);
});

test.serial('--detach only begins, and needs a worker that goes on', async (t) => {
  const log = await aLog();
  const alone = await log.maestro(['projections', 'rebuild', 'owners', '--detach', ...next]);
  t.is(alone.code, 2);
  t.regex(alone.stderr, /^error: No worker runs owners, so nobody would fill the second copy\./);
  t.deepEqual(await log.copies(), ['1 live']);
  await knex.raw(
    `INSERT INTO ??.maestro_workers (id, copy, started_at, seen_at, taken, per_second)
SELECT gen_random_uuid(), id, now(), now(), 0, 0 FROM ??.maestro_projections`,
    [log.schema, log.schema],
  );
  const begun = await log.maestro(['projections', 'rebuild', 'owners', '--detach', ...next]);
  t.is(begun.code, 0, begun.stderr);
  t.regex(begun.stdout, /^second copy +being filled$/m);
  t.deepEqual(await log.copies(), ['1 live', '2 building']);
  t.is((await log.maestro(['projections', 'rebuild', 'owners', '--detach', '--cancel'])).code, 2);
});

test.serial('run follows the log until it is interrupted, and says what it took in', async (t) => {
  const log = await aProjectedLog({ knex, folder, url }, aSchema());
  await log.open('Ada');
  for (const [exitCode, words] of [
    [130, ['owners']],
    [143, ['owners', 'mails']],
  ] as const) {
    let stderr = '';
    let stdout = '';
    const capture = (add: (text: string) => void) => ({
      isTerminal: false,
      columns: undefined,
      write: async (text: string) => add(text),
    });
    let interrupt: ((code: 130 | 143) => void) | undefined;
    const code = await run(
      ['projections', 'run', ...words],
      aContext({
        workingDirectory: folder,
        environment: log.environment,
        stdout: capture((text) => (stdout += text)),
        stderr: capture((text) => {
          stderr += text;
          if (text.includes('following until Ctrl-C')) interrupt?.(exitCode);
        }),
        onInterrupt: (stop) => {
          interrupt = stop;
          return () => {};
        },
      }),
    );
    t.is(code, exitCode, stderr);
    t.regex(stderr, /note: caught up; following until Ctrl-C/);
    t.regex(stdout, words.length === 1 ? /^owners +1$/m : /^mails +1$/m);
  }
  t.deepEqual(await log.owners(), ['Ada']);
});

test.serial('a copy that transactions of others keep out of use is named by run --once and by status', async (t) => {
  const log = await aLog();
  const report = await knex.transaction();
  t.teardown(() => report.rollback());
  await report.raw("SELECT set_config('application_name', 'a report', true)");
  await report.raw('SELECT FROM ??.owners', [log.schema]);
  const { code, stderr } = await log.maestro(['projections', 'run', '--once', 'owners', ...next]);
  t.is(code, 1);
  const blocked = /process \d+ \("a report", \d+ seconds\) uses the tables/;
  t.regex(stderr, blocked);
  t.regex(stderr, /The new tables of owners are not in use yet/);
  t.deepEqual(await log.copies(), ['1 live', '2 building']);
  const status = await log.maestro(['projections', 'status', 'owners', '--exit-code']);
  t.is(status.code, 0, 'the tables in use are as they should be');
  t.regex(status.stdout, blocked);
  t.regex(status.stdout, /owners 1 is live, and no worker has its handlers/);
  const json = await log.maestro(['projections', 'status', 'owners', '-o', 'json']);
  const [, building] = JSON.parse(json.stdout) as { waitsFor: { applicationName: string }[] }[];
  t.true(building?.waitsFor.some(({ applicationName }) => applicationName === 'a report'));
  await report.rollback();
  const cancelled = await log.maestro(['projections', 'rebuild', 'owners', '--cancel']);
  t.regex(cancelled.stderr, /^note: a worker that starts with version 2 of owners begins another one$/m);
  t.is((await log.maestro(['projections', 'run', '--once', 'owners', ...next])).code, 0);
  t.deepEqual(await log.copies(), ['2 live']);
});

test.serial('the log is gone through once for new tables that others keep out of use, however long', async (t) => {
  const { schema, store } = await aProjectedLog({ knex, folder, url }, aSchema());
  const on = testKnex({ connection: url, searchPath: [schema] });
  t.teardown(() => on.destroy());
  const journal = aJournal();
  await registerCopy(on, schema, journal.definition);
  await store.commitEvents([anEvent()]);
  const reader = await on.transaction();
  await reader(journal.table);
  const stop = new AbortController();
  const { definition } = aJournal({ table: journal.table, version: 2 });
  const worker = runProjections({ knex: on, schema }, [definition], { signal: stop.signal, onError: () => {} });
  let [walks, looks] = [0, 0];
  const counted = { stopped: worker.stopped, caughtUp: () => ((walks += 1), worker.caughtUp()) };
  const isWaiting = async () => {
    looks += 1;
    if (looks === 3) await reader.rollback();
    return (await readCopies(on, schema)).some(({ status }) => status === 'building');
  };
  t.deepEqual(await untilInUse(counted, isWaiting, { signal: stop.signal, pause: 1 }), { parked: 0 });
  t.deepEqual([walks, looks > 3], [1, true]);

  const [waiting, goesOn] = [untilInUse(counted, async () => true, { signal: stop.signal }), worker.caughtUp()];
  await goesOn;
  stop.abort();
  t.deepEqual(await waiting, { parked: 0 });
  t.is(await untilInUse(counted, async () => true, { signal: stop.signal }), undefined);
  await worker.stopped;
});

test.serial(
  'a copy whose names somebody has taken meanwhile ends run --once and rebuild, which name them',
  async (t) => {
    const log = await aLog();
    const filled = defineProjection({
      name: 'owners',
      version: 2,
      from: [Thing],
      setUp: async (transaction) => {
        await transaction.schema.createTable('owners', (table) => {
          table.binary('id').primary();
          table.text('owner');
          table.integer('version');
        });
        await transaction.schema.createTable('notes', (table) => table.text('note'));
      },
      project: () => {},
    });
    await startRebuild(knex, log.schema, filled);
    await knex.raw('CREATE TABLE ??.notes ()', [log.schema]);
    const taken = new RegExp(`table ${log.schema}\\.notes exists already`);
    const once = await log.maestro(['projections', 'run', '--once', 'owners', ...next]);
    t.is(once.code, 1);
    t.regex(once.stderr, taken);
    const rebuilt = await log.maestro(['projections', 'rebuild', 'owners', ...next]);
    t.is(rebuilt.code, 5);
    t.regex(rebuilt.stderr, taken);
    t.deepEqual(await log.copies(), ['1 live', '2 building']);
  },
);

const FOLLOWS = /following until Ctrl-C/;

for (const [signal, exitCode] of [
  ['SIGINT', 130],
  ['SIGTERM', 143],
] as const)
  test(`a worker that gets ${signal} ends in order, with ${exitCode}, and is no longer known as one that runs`, async (t) => {
    const log = await aProjectedLog({ knex, folder, url }, aSchema());
    await log.open('Ada');
    const child = startProgram(['projections', 'run', 'owners'], {
      cwd: folder,
      env: { PGCONNECT_TIMEOUT: '60', ...log.environment },
    });
    t.teardown(() => child.kill('SIGKILL'));
    let said = '';
    child.stderr?.on('data', (chunk: Buffer) => {
      const before = said;
      said += chunk.toString();
      // Once: the second ends it at once.
      if (FOLLOWS.test(said) && !FOLLOWS.test(before)) child.kill(signal);
    });
    t.deepEqual(await once(child, 'close'), [exitCode, null], said);
    t.deepEqual(await log.owners(), ['Ada']);
    const { rows } = await knex.raw<{ rows: unknown[] }>('SELECT FROM ??.maestro_workers', [log.schema]);
    t.deepEqual(rows, []);
  });
