import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { runCli } from '../../../support/cli/cli.js';
import { aProjectedLog, writeConfigurations } from '../../../support/cli/projection-commands.js';
import { useSchemas, useTemporaryFolder } from '../../../support/database.js';

const { knex, aSchema } = useSchemas(test);
const folder = useTemporaryFolder(test);
writeConfigurations(folder);
const aLog = () => aProjectedLog({ knex, folder }, aSchema());

test('import tells who will take the events in; an export has no positions', async (t) => {
  const [from, to] = [await aLog(), await aLog()];
  await from.open('Ada');
  await from.maestro(['projections', 'run', '--once']);
  const { stdout } = await from.maestro(['export']);
  t.notRegex(stdout, /position|projection/);
  writeFileSync(join(folder, 'log.ndjson'), stdout);
  t.notRegex(
    (await to.maestro(['import', '--file', 'log.ndjson', '--dry-run'])).stderr,
    /projection/,
    'none has run here yet',
  );
  await to.maestro(['projections', 'run', '--once']);
  const dry = await to.maestro(['import', '--file', 'log.ndjson', '--dry-run']);
  t.regex(dry.stderr, /^note: 1 projection would take the events in \(owners\)/m);
  const done = await to.maestro(['import', '--file', 'log.ndjson']);
  t.is(done.code, 0, done.stderr);
  t.regex(
    done.stderr,
    /^note: 1 projection will take the events in \(owners\): workers do it, or `maestro projections run --once`$/m,
  );
  t.regex(done.stderr, /^warning: 1 subscription will react to the imported events as to new ones: mails\.$/m);
  t.is((await to.maestro(['projections', 'run', '--once'])).code, 0);
  t.deepEqual(await to.owners(), ['Ada']);
  t.notRegex((await to.maestro(['import', '--file', 'log.ndjson'])).stderr, /projection|subscription/, 'nothing new');
});

test('migrate status tells of copies and of tables that are gone; rollback refuses while there are projections', async (t) => {
  const log = await aLog();
  await log.maestro(['projections', 'run', '--once']);
  const before = await log.maestro(['migrate', 'status', '--exit-code']);
  t.is(before.code, 0, before.stdout);
  t.regex(before.stdout, /^projection owners 1, live: tables owners$/m);
  t.regex(before.stdout, /^subscription mails$/m);
  const refused = await log.maestro(['migrate', 'rollback']);
  t.is(refused.code, 5);
  t.regex(refused.stderr, /maestro_projections/);
  await knex.raw('DROP TABLE ??.owners', [log.schema]);
  const after = await log.maestro(['migrate', 'status', '--exit-code']);
  t.is(after.code, 1);
  t.regex(after.stdout, /^projection owners 1, live: tables owners; not there: owners$/m);
  const { projections } = JSON.parse((await log.maestro(['migrate', 'status', '-o', 'json'])).stdout) as {
    projections: readonly { name: string; missing: string[] }[];
  };
  t.deepEqual(
    projections.map(({ name, missing }) => [name, missing]),
    [
      ['mails', []],
      ['owners', ['owners']],
    ],
  );
});

test('the names of configured projections are completed', async (t) => {
  const complete = async (...words: string[]) => (await runCli(['complete', '--', ...words], { cwd: folder })).stdout;
  t.is(await complete('projections', 'run', ''), 'owners\nmails\n:4\n');
  t.is(await complete('projections', 'run', 'owners', 'm'), 'mails\n:4\n');
  t.is(await complete('projections', 'rebuild', 'o'), 'owners\n:4\n');
  t.notRegex(await complete('projections', 'rebuild', 'owners', ''), /mails/);
  t.regex(await complete('projections', 'run', '--'), /--once/);
  t.regex(await complete('projections', 'r'), /^rebuild/m);
  t.truthy(readFileSync(join(folder, 'maestro.config.ts')));
});

test('a table that is gone is a reason for status and run to exit with 1, until a rebuild has made it anew', async (t) => {
  const log = await aLog();
  await log.maestro(['projections', 'run', '--once', 'owners']);
  t.is((await log.maestro(['projections', 'status', 'owners', '--exit-code'])).code, 0);
  await knex.raw('DROP TABLE ??.owners', [log.schema]);
  const status = await log.maestro(['projections', 'status', 'owners', '--exit-code']);
  t.is(status.code, 1);
  t.regex(status.stdout, /^owners .* no table owners any more$/m);
  const [{ missingTables } = { missingTables: undefined }] = JSON.parse(
    (await log.maestro(['projections', 'status', 'owners', '-o', 'json'])).stdout,
  ) as { missingTables: string[] }[];
  t.deepEqual(missingTables, ['owners']);
  const run = await log.maestro(['projections', 'run', '--once', 'owners']);
  t.is(run.code, 1);
  t.regex(run.stderr, /^warning: There is no table owners any more; `maestro projections rebuild`/m);
  const rebuilt = await log.maestro(['projections', 'rebuild', 'owners']);
  t.is(rebuilt.code, 0, rebuilt.stderr);
  t.regex(rebuilt.stderr, /^note: no worker runs owners, so it falls behind/m);
  t.is((await log.maestro(['projections', 'status', 'owners', '--exit-code'])).code, 0);
});
