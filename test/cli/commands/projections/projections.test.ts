import test from 'ava';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { runCli } from '../../../support/cli/cli.js';
import { aProjectedLog, writeConfigurations } from '../../../support/cli/projection-commands.js';
import { anEvent, anId } from '../../../support/data/factories.js';
import { testUrl, useSchemas, useTemporaryFolder } from '../../../support/database.js';

const { knex, aSchema } = useSchemas(test);
const folder = useTemporaryFolder(test);
writeConfigurations(folder);
const aLog = (options: { partitions?: number } = {}) => aProjectedLog({ knex, folder }, aSchema(), options);

interface Status {
  readonly name: string;
  readonly version: number;
  readonly behind: { readonly aggregates: number; readonly events: number };
  readonly failed: number;
  readonly parked: readonly {
    readonly aggregateId: string;
    readonly sequence: number;
    readonly error: string;
    readonly nextTry: string;
  }[];
}

for (const partitions of [1, 3])
  test(`run --once takes in what is committed, status tells how far it is: ${partitions} partitions`, async (t) => {
    const log = await aLog({ partitions });
    t.deepEqual(await log.maestro(['projections', 'status', '--exit-code']), {
      code: 0,
      stdout: '',
      stderr: 'note: no projection and no subscription has run on this database yet\n',
    });
    await log.open('Ada', 'Grace');
    const { code, stdout, stderr } = await log.maestro(['projections', 'run', '--once']);
    t.deepEqual([code, stderr], [0, '']);
    t.is(stdout, 'NAME    EVENTS TAKEN IN\nowners                2\nmails                 2\n');
    t.deepEqual(await log.owners(), ['Ada', 'Grace']);

    const status = await log.maestro(['projections', 'status', '--exit-code']);
    t.deepEqual([status.code, status.stderr], [0, '']);
    t.deepEqual(
      status.stdout.split('\n').map((line) => line.trimEnd().replace(/ {2,}/g, ' | ')),
      [
        'NAME | VERSION | STATUS | WORKERS | EVENTS/S | BEHIND',
        'mails | 1 | subscription | 0 | nothing',
        'owners | 1 | live | 0 | nothing',
        '',
      ],
    );

    const [id] = await log.open('Hedy');
    await log.store.commitEvents([anEvent(id, { sequence: 2, type: 'renamed', body: { owner: 'Hedy L.' } })]);
    const behind = await log.maestro(['projections', 'status', '--exit-code']);
    t.is(behind.code, 1);
    t.regex(behind.stdout, /^owners .* {2}2 events of 1 aggregate$/m);
    t.is((await log.maestro(['projections', 'status'])).code, 0);
    t.is((await log.maestro(['projections', 'status', '-q'])).stdout, 'mails\nowners\n');
    const json = JSON.parse((await log.maestro(['projections', 'status', 'owners', '-o', 'json'])).stdout) as Status[];
    t.like(json, {
      length: 1,
      0: { name: 'owners', version: 1, kind: 'projection', status: 'live', tables: ['owners'] },
    });
    t.like(json[0], { behind: { aggregates: 1, events: 2 }, failed: 0, gaps: 0, ahead: 0, workers: 0, parked: [] });

    t.is(
      (await log.maestro(['projections', 'run', 'owners', '--once', '-o', 'json'])).stdout,
      '[\n{"name":"owners","events":2}\n]\n',
    );
    t.deepEqual(await log.owners(), ['Ada', 'Grace', 'Hedy L.']);
    t.is((await log.maestro(['projections', 'status', 'owners', '--exit-code'])).code, 0);
    t.is((await log.maestro(['projections', 'status', 'mails', '--exit-code'])).code, 1);
  });

test('an aggregate on which a handler fails is parked and shown, escaped; after the fix, retry heals it', async (t) => {
  const log = await aLog();
  const [bad] = await log.open('bad \u001b[2J Bob', 'Ada');
  const first = await log.maestro(['projections', 'run', '--once', 'owners']);
  t.is(first.code, 1);
  t.regex(
    first.stderr,
    /^warning: owners 1 failed at event 1 of \w+, attempt 1: no owner \\u001b\[31mbad \\u001b\[2J Bob/m,
  );
  t.regex(first.stderr, /^warning: 1 aggregate parked, which takes in nothing more; see `maestro projections status`/m);
  t.deepEqual(await log.owners(), ['Ada'], 'all others go on');

  const status = await log.maestro(['projections', 'status', 'owners', '--exit-code'], { terminal: 100 });
  t.is(status.code, 1);
  t.regex(status.stdout, /1 aggregate parked/);
  t.regex(status.stdout, new RegExp(`${bad?.hex ?? ''} +1 .*no owner \\\\u001b\\[31mbad \\\\u001b\\[2J Bob`, 's'));
  t.false(/\u001b\[(31m|2J)/.test(status.stdout), 'raw text');
  const [{ failed, parked } = { failed: 0, parked: [] }] = JSON.parse(
    (await log.maestro(['projections', 'status', 'owners', '-o', 'json'])).stdout,
  ) as Status[];
  t.is(failed, 1);
  t.like(parked[0], {
    aggregateId: bad?.hex,
    sequence: 1,
    reason: 'failed',
    error: 'no owner \u001b[31mbad \u001b[2J Bob',
  });

  const fixed = ['--config', 'fixed.config.ts'];
  const retried = await log.maestro(['projections', 'retry', 'owners', bad?.hex ?? '']);
  t.is(retried.code, 0);
  t.is(retried.stdout, 'name     owners\ndue now  1 parked aggregate\n');
  t.is(
    retried.stderr,
    'note: no worker runs owners, so nothing is taken in yet; `maestro projections run owners --once` does that\n',
  );
  const healed = await log.maestro(['projections', 'run', '--once', 'owners', ...fixed]);
  t.is(healed.code, 0, healed.stderr);
  t.deepEqual(await log.owners(), ['Ada', 'bad \u001b[2J Bob']);
  t.is((await log.maestro(['projections', 'status', 'owners', '--exit-code'])).code, 0);
  t.deepEqual(JSON.parse((await log.maestro(['projections', 'retry', 'owners', '-o', 'json'])).stdout), {
    name: 'owners',
    aggregateId: null,
    retried: 0,
  });
  t.is((await log.maestro(['projections', 'retry', 'owners', bad?.hex ?? ''])).code, 3);
});

test('skip passes over the event at which an aggregate is parked, and no other, and records it', async (t) => {
  const log = await aLog();
  const [id] = await log.open('bad Bob');
  await log.store.commitEvents([anEvent(id, { sequence: 2, type: 'renamed', body: { owner: 'Bob' } })]);
  await log.maestro(['projections', 'run', '--once', 'owners']);
  const skip = (sequence: string, ...more: string[]) =>
    log.maestro(['projections', 'skip', 'owners', id?.hex ?? '', '--sequence', sequence, ...more]);

  t.is((await skip('1')).code, 2, 'without a reason');
  t.is((await skip('1', '--reason', ' ')).code, 2);
  const other = await skip('2', '--reason', 'a test');
  t.is(other.code, 2);
  t.regex(
    other.stderr,
    /^error: The aggregate is not parked at sequence 2: it is parked at sequence 1\. Nothing was skipped\./,
  );
  t.regex(
    (
      await log.maestro([
        'projections',
        'skip',
        'owners',
        id?.hex.slice(0, 8) ?? '',
        '--sequence',
        '1',
        '--reason',
        'x',
      ])
    ).stderr,
    /needs the whole id/,
  );

  const done = await skip('1', '--reason', 'a test event', '-o', 'json');
  t.is(done.code, 0, done.stderr);
  t.deepEqual(JSON.parse(done.stdout), {
    name: 'owners',
    versions: [1],
    aggregateId: id?.hex,
    sequence: 1,
    reason: 'a test event',
  });
  t.is((await log.maestro(['projections', 'run', '--once', 'owners'])).code, 0);
  const { rows } = await knex.raw<{ rows: unknown[] }>('SELECT sequence, reason, error FROM ??.maestro_skipped', [
    log.schema,
  ]);
  t.deepEqual(rows, [{ sequence: 1, reason: 'a test event', error: 'no owner \u001b[31mbad Bob' }]);
  t.is((await skip('1', '--reason', 'again')).code, 2);
});

test('what is not configured, or not known to the database, is named with what is', async (t) => {
  const log = await aLog();
  const unknown = await log.maestro(['projections', 'run', 'owner', '--once']);
  t.is(unknown.code, 2);
  t.regex(unknown.stderr, /^error: No projection and no subscription "owner" is configured\.\nhint: .*owners/);
  for (const argv of [['run'], ['rebuild', 'owners'], ['verify', 'owners']]) {
    const { code, stderr } = await log.maestro(['projections', ...argv], { cwd: '/' });
    t.is(code, 2);
    t.regex(stderr, /^error: maestro projections \w+ needs the handlers of projections, but none are configured\./);
  }
  t.is((await log.maestro(['projections', 'rebuild', 'mails'])).code, 2);
  t.is((await log.maestro(['projections', 'status', 'owners'])).code, 3);
  await log.maestro(['projections', 'run', '--once']);
  for (const argv of [
    ['status', 'owner'],
    ['retry', 'owner'],
    ['skip', 'owner', anId().hex, '--sequence', '1', '--reason', 'x'],
    ['drop', 'owner'],
  ]) {
    const { code, stderr } = await log.maestro(['projections', ...argv]);
    t.is(code, 3);
    t.regex(stderr, /^error: The database knows no projection and no subscription "owner"\.\nhint: .*owners/);
  }
});

test('a database without these tables says so, and that migrate makes them', async (t) => {
  const log = await aLog();
  await knex.raw(
    ['leases', 'workers', 'skipped', 'parked', 'positions', 'projections']
      .map((table) => `DROP TABLE "${log.schema}".maestro_${table}`)
      .join(';'),
  );
  for (const argv of [
    ['status'],
    ['retry', 'owners'],
    ['run', '--once'],
    ['rebuild', 'owners'],
    ['verify', 'owners'],
    ['drop', 'owners'],
  ]) {
    const { code, stderr } = await log.maestro(['projections', ...argv]);
    t.is(code, 2, stderr);
    t.regex(stderr, /maestro_projections[\s\S]*`maestro migrate`/, argv.join(' '));
  }
});

test('what writes is refused with --read-only, and status is answered', async (t) => {
  const log = await aLog();
  await log.maestro(['projections', 'run', '--once']);
  t.is((await log.maestro(['projections', 'status', '--read-only'])).code, 0);
  for (const argv of [
    ['run', '--once'],
    ['rebuild', 'owners'],
    ['verify', 'owners'],
    ['retry', 'owners'],
    ['drop', 'owners', '--execute', '--force'],
  ])
    t.is((await log.maestro(['projections', ...argv, '--read-only'])).code, 2, argv.join(' '));
});

test('status without a configuration, and of another store in the same database', async (t) => {
  const log = await aLog();
  await log.maestro(['projections', 'run', '--once']);
  const env = { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: log.schema };
  t.regex((await runCli(['projections', 'status'], { env })).stdout, /^owners /m);
  t.truthy(new PostgresStore(knex, { schema: log.schema }));
});
