import test from 'ava';
import { deleteSnapshot, snapshotHead } from '../../../../src/admin/log/stored-snapshots.js';
import type { Timestamp } from '../../../../src/hlc/timestamp.js';
import { type CliResult, runCli } from '../../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../../support/database.js';
import { aHistory, anId } from '../../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const database = layouts.plain;
const folder = useTemporaryFolder(test);
const REASON = ['--reason', 'folded wrongly'];

function maestro(argv: readonly string[], { url, schema } = database): Promise<CliResult> {
  return runCli(argv, { cwd: folder, env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema } });
}

async function aSnapshot(body: object, place = database, sequence = 3): Promise<Timestamp> {
  const id = anId();
  await place.store().commitEvents(aHistory(id, 4));
  await place.store().commitSnapshot({ aggregateId: id, sequence, body });
  return id;
}

for (const [layout, place] of Object.entries(layouts))
  test(`a plan changes nothing, --execute deletes the snapshot and no event: ${layout}`, async (t) => {
    const id = await aSnapshot({ n: 3 }, place);
    const run = (...argv: string[]) => maestro(['snapshot', 'delete', id.hex, ...REASON, ...argv], place);
    const facts = (verb: string) =>
      [
        `aggregate           ${id.hex}`,
        'reason              folded wrongly',
        `snapshot ${verb.padEnd(11)}that of sequence 3, without a version`,
        'afterwards          4 events to fold, from the first\n',
      ].join('\n');
    t.deepEqual(await run(), {
      code: 0,
      stdout: facts('to delete'),
      stderr: 'note: nothing was changed; to execute this plan, add --expect 3 --execute\n',
    });
    t.is((await maestro(['snapshot', 'get', id.hex], place)).code, 0);

    const done = await run('--expect', '3', '--execute');
    t.is(done.code, 0, done.stderr);
    t.regex(
      done.stdout,
      /\nsnapshot deleted +that of sequence 3, without a version\nafterwards +4 events to fold, from the first\n$/,
    );
    t.regex(done.stderr, /^note: processes that have the aggregate in memory keep their state .* restart them/);
    t.is((await maestro(['snapshot', 'get', id.hex], place)).code, 3);
    t.is((await place.store().getEvents(id, 1)).length, 4);
    for (const argv of [[], ['--execute']]) {
      const none = await run(...argv);
      t.deepEqual([none.code, none.stdout], [3, '']);
      t.regex(none.stderr, /^error: There is no snapshot of [0-9a-f]{32}\.\nhint: Check the id/);
    }
  });

test('the version is told, and the report is one JSON document', async (t) => {
  for (const version of [2, 'b', null]) {
    const id = await aSnapshot(version === null ? { n: 1 } : { $maestro: { version }, state: [1] });
    const run = (...argv: string[]) => maestro(['snapshot', 'delete', id.hex, '--reason', 'a "reason"', ...argv]);
    if (version !== null)
      t.true((await run()).stdout.includes(`of version ${JSON.stringify(version)}\n`), 'no Elixir here');
    t.deepEqual(await run('-q'), { code: 0, stdout: `${id.hex}\n`, stderr: '' });
    for (const [argv, executed] of [
      [[], false],
      [['--execute'], true],
    ] as const) {
      const { at, ...report } = JSON.parse((await run('-o', 'json', ...argv)).stdout) as { at: string };
      t.deepEqual(report as unknown, {
        aggregateId: id.hex,
        executed,
        reason: 'a "reason"',
        sequence: 3,
        version,
        events: 4,
      });
      t.is(new Date(at).toISOString(), at);
    }
  }
});

test('a newer snapshot than the one that was looked at stays', async (t) => {
  const id = await aSnapshot({ n: 3 });
  const shown = await snapshotHead(database, id);
  t.deepEqual(shown, { sequence: 3, version: undefined });
  await database.store().commitSnapshot({ aggregateId: id, sequence: 4, body: { n: 4 } });
  t.false(await deleteSnapshot(database, id, 3));
  const refused = await maestro(['snapshot', 'delete', id.hex, ...REASON, '--expect', '3', '--execute']);
  t.deepEqual([refused.code, refused.stdout], [5, '']);
  t.regex(
    refused.stderr,
    /^error: The snapshot of [0-9a-f]{32} is of sequence 4, not 3\.\nhint: Nothing was deleted\./,
  );
  t.is((await database.store().getSnapshot(id, 1))?.sequence, 4);
});

test('a snapshot that a rule keeps is not said to be deleted', async (t) => {
  const id = await aSnapshot({ n: 3 });
  const { knex, schema } = database;
  await knex.raw(
    `CREATE RULE keep_${id.hex} AS ON DELETE TO "${schema}".snapshots WHERE aggregate_id = '\\x${id.hex}'::bytea DO INSTEAD NOTHING`,
  );
  t.teardown(() => knex.raw(`DROP RULE keep_${id.hex} ON "${schema}".snapshots`));
  const { code, stderr } = await maestro(['snapshot', 'delete', id.hex, ...REASON, '--execute', '-o', 'json']);
  t.is(code, 5);
  t.like(JSON.parse(stderr), { error: { code: 'MAESTRO_SNAPSHOT_KEPT' } });
});

test('a plan needs no reason, and tells what is missing', async (t) => {
  const id = await aSnapshot({ n: 3 });
  const { code, stdout, stderr } = await maestro(['snapshot', 'delete', id.hex]);
  t.is(code, 0, stderr);
  t.regex(stdout, new RegExp(`^aggregate +${id.hex}\nsnapshot to delete +that of sequence 3, without a version\n`));
  t.is(stderr, 'note: nothing was changed; to execute this plan, add --reason "…" --expect 3 --execute\n');
  const asJson = await maestro(['snapshot', 'delete', id.hex, '-o', 'json']);
  t.like(JSON.parse(asJson.stdout), { executed: false, reason: null });
});

test('a reason must be given to delete, and --execute needs a session that may write', async (t) => {
  const id = await aSnapshot({ n: 3 });
  for (const [argv, problem] of [
    [['--execute'], '--execute needs a --reason.'],
    [['--reason', ' '], '--reason is empty.'],
    [[...REASON, '--expect', 'x'], "--expect: 'x' is not a whole number from 0"],
    [[...REASON, '--execute', '--read-only'], 'maestro snapshot delete writes, which --read-only forbids.'],
  ] as const) {
    const { code, stdout, stderr } = await maestro(['snapshot', 'delete', id.hex, ...argv]);
    t.deepEqual([code, stdout], [2, '']);
    t.true(stderr.startsWith(`error: ${problem}`), stderr);
  }
  t.is((await maestro(['snapshot', 'delete', id.hex, ...REASON, '--read-only'])).code, 0);
  const begin = id.hex.slice(0, 24);
  t.regex((await maestro(['snapshot', 'delete', begin, ...REASON])).stdout, new RegExp(`^aggregate +${id.hex}\n`));
  const short = await maestro(['snapshot', 'delete', begin, ...REASON, '--execute']);
  t.deepEqual([short.code, short.stdout], [2, '']);
  t.regex(short.stderr, /^error: --execute needs the whole id of the aggregate\.\n/);
  t.is((await database.store().getSnapshot(id, 1))?.sequence, 3);
});
