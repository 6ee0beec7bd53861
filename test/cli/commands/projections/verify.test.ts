import test from 'ava';
import { aProjectedLog, writeConfigurations } from '../../../support/cli/projection-commands.js';
import { anEvent, anId } from '../../../support/data/factories.js';
import { useSchemas, useTemporaryFolder } from '../../../support/database.js';

const { knex, aSchema } = useSchemas(test);
const folder = useTemporaryFolder(test);
writeConfigurations(folder);

async function aLog() {
  const log = await aProjectedLog({ knex, folder }, aSchema());
  const ids = await log.open('Ada', 'Grace', 'Hedy');
  await log.maestro(['projections', 'run', '--once', 'owners']);
  return { ...log, ids };
}

test('verify compares the live tables with the events, in every form', async (t) => {
  const log = await aLog();
  const [ada, grace] = log.ids;
  for (const argv of [[], ['--all'], ['--sample', '2']]) {
    const { code, stdout, stderr } = await log.maestro(['projections', 'verify', 'owners', ...argv]);
    t.deepEqual([code, stderr], [0, '']);
    const some = argv[0] === '--sample' ? '2 events of 2 aggregates' : '3 events of all 3 aggregates';
    t.is(stdout, `checked ${some} against owners 1: no difference\n`);
  }
  await knex.raw(`UPDATE ??.owners SET owner = 'Mallory' WHERE id = ?`, [log.schema, ada?.encode() ?? '']);
  await knex.raw(`DELETE FROM ??.owners WHERE id = ?`, [log.schema, grace?.encode() ?? '']);
  const found = await log.maestro(['projections', 'verify', 'owners', '--all']);
  t.is(found.code, 1);
  t.regex(found.stdout, /^owners +1 .*missing: the events make rows that are not there$/m);
  t.regex(found.stdout, /^owners +1 .*different: the events make other values of owner$/m);
  t.regex(found.stdout, /^checked 3 events of all 3 aggregates against owners 1: 2 differences$/m);
  t.notRegex(found.stdout, /Ada|Mallory|\\x/, 'data of the application');
  t.true((await log.maestro(['projections', 'verify', 'owners', '--all', '-v'])).stdout.includes(grace?.hex ?? 'none'));
  t.is((await log.maestro(['projections', 'verify', 'owners', '--all', '-q'])).stdout, 'owners\nowners\n');
  const { differences, checked } = JSON.parse(
    (await log.maestro(['projections', 'verify', 'owners', '--all', '-o', 'json'])).stdout,
  ) as { differences: object[]; checked: object };
  t.deepEqual(differences, [
    { table: 'owners', kind: 'missing', columns: [], rows: 1, aggregateId: grace?.hex },
    { table: 'owners', kind: 'different', columns: ['owner'], rows: 1, aggregateId: ada?.hex },
  ]);
  t.deepEqual(checked, {
    aggregates: 3,
    without: 0,
    events: 3,
    all: true,
    tables: [{ table: 'owners', compared: true, rows: 3, leftOut: [] }],
  });
});

test('verify names what the handlers do not take in any more, escaped', async (t) => {
  const log = await aProjectedLog({ knex, folder }, aSchema());
  await log.open('bad \u001b[2J Bob', 'Ada');
  await log.maestro(['projections', 'run', '--once', 'owners', '--config', 'fixed.config.ts']);
  const { code, stdout, stderr } = await log.maestro(['projections', 'verify', 'owners'], { terminal: 120 });
  t.is(code, 1);
  t.regex(stdout, /event 1 cannot be taken in again: no owner \\u001b\[31mbad \\u001b\[2J Bob/);
  t.regex(stderr, /note: no table was compared/);
});

test('verify says so when the handlers make nothing of a sample, which must not look like no difference', async (t) => {
  const log = await aProjectedLog({ knex, folder }, aSchema());
  for (const id of [anId(), anId(), anId()])
    await log.store.commitEvents([anEvent(id, { type: 'renamed', body: { owner: 'Ada' } })]);
  await log.maestro(['projections', 'run', '--once', 'owners']);
  const { code, stderr } = await log.maestro(['projections', 'verify', 'owners', '--sample', '2']);
  t.is(code, 2);
  t.regex(stderr, /its handlers make no row of the 2 aggregates of this sample/);
  t.is((await log.maestro(['projections', 'verify', 'owners', '--all'])).code, 0);
});

test('a sample is of aggregates that have something for the projection, and says how many it left out', async (t) => {
  const log = await aLog();
  for (let count = 0; count < 30; count += 1)
    await log.store.commitEvents([anEvent(anId(), { type: 'of another', body: {} })]);
  await log.maestro(['projections', 'run', '--once', 'owners']);
  const { code, stdout, stderr } = await log.maestro(['projections', 'verify', 'owners', '--sample', '4']);
  t.is(code, 0);
  t.is(stdout, 'checked 3 events of 3 aggregates against owners 1: no difference\n');
  t.regex(stderr, /^note: 30 aggregates more were drawn for the sample and left out, without events for owners$/m);
  const two = await log.maestro(['projections', 'verify', 'owners', '--sample', '2', '-o', 'json']);
  const { checked } = JSON.parse(two.stdout) as { checked: { aggregates: number; without: number } };
  t.is(checked.aggregates, 2);
  t.true(checked.without <= 31);
});

test('verify refuses what contradicts, another version, and a projection that was never run', async (t) => {
  const log = await aLog();
  t.is((await log.maestro(['projections', 'verify', 'owners', '--all', '--sample', '3'])).code, 2);
  const next = await log.maestro(['projections', 'verify', 'owners', '--config', 'next.config.ts']);
  t.is(next.code, 2);
  t.regex(next.stderr, /Version 1 of owners is live, and these handlers are version 2/);
  const other = await aProjectedLog({ knex, folder }, aSchema());
  t.regex((await other.maestro(['projections', 'verify', 'owners'])).stderr, /has no live tables yet/);
});
