import { mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { runCli } from '../support/cli/cli.js';
import { aSchemaName, testKnex, testUrl, useTemporaryFolder } from '../support/database.js';
import { readingCommands, writingCommands } from '../support/cli/sample-commands.js';
import { runAny } from '../support/cli/run-any.js';
import { aHistory, anId } from '../support/data/factories.js';
import { FAULTY_CONFIG } from '../support/data/histories.js';

const knex = testKnex();
const schema = aSchemaName();
const temporary = useTemporaryFolder(test);
const outside = useTemporaryFolder(test);
const cwd = realpathSync(temporary);
const history = aHistory(anId(), 3);
const named = {
  id: history[0]?.aggregateId.hex ?? '',
  timestamp: history[1]?.timestamp.toString() ?? '',
  file: 'export.ndjson',
  aggregate: 'tally',
};
const url = new URL(testUrl());
const place = `${url.username}@${url.host}${url.pathname}, schema ${schema}`;
const flags = ['--url', Object.assign(new URL(url), { password: url.password }).href, '--schema', schema];

test.before(async () => {
  await migrate(knex, { schema });
  await new PostgresStore(knex, { schema }).commitEvents(history);
  writeFileSync(join(cwd, 'maestro.config.ts'), `export { default } from ${JSON.stringify(FAULTY_CONFIG)};`);
  await runCli(['export', named.id, '--file', named.file, ...flags], { cwd });
});

test.after.always(async () => {
  await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  await knex.destroy();
});

test.serial('a command that only reads does not name its database', async (t) => {
  for (const [words, argv] of Object.entries(readingCommands(named))) {
    const { stderr } = await runAny([...words.split(' '), ...argv, ...flags], { cwd, withTarget: true });
    t.notRegex(stderr, /note: using/, words);
  }
});

test.serial(
  'every command that writes names its database before it does, but not with -q, and never a password',
  async (t) => {
    for (const [words, argv] of Object.entries(writingCommands(named))) {
      const { stderr } = await runCli([...words.split(' '), ...argv, ...flags], { cwd, withTarget: true });
      t.true(stderr.startsWith(`note: using ${place}\n`), `${words}: ${stderr}`);
      t.false(stderr.includes(`:${url.password}@`));
      const quiet = await runCli([...words.split(' '), ...argv, ...flags, '-q'], { cwd, withTarget: true });
      t.notRegex(quiet.stderr, /note: using/, words);
    }
  },
);

test.serial('for programs it is named after the work, so that an error is all there is on stderr', async (t) => {
  for (const format of ['json', 'ndjson']) {
    const done = await runCli(['migrate', ...flags, '-o', format], { cwd, withTarget: true });
    t.is(done.stderr, `note: using ${place}\n`);
    const argv = ['append', named.id, '--expect', '99', '--type', 'a', '--body', '{}', ...flags, '-o', format];
    const refused = await runCli(argv, { cwd, withTarget: true });
    t.is(refused.code, 5);
    t.notRegex(refused.stderr, /note: using/);
    t.like(JSON.parse(refused.stderr.trimEnd().split('\n').at(-1) ?? ''), {
      error: { code: 'MAESTRO_SEQUENCE_CONFLICT' },
    });
  }
});

test.serial('the embedded database is named by its folder', async (t) => {
  const { code, stderr } = await runCli(['migrate', '--data-dir', 'data'], { cwd, withTarget: true });
  t.is(code, 0);
  t.is(stderr, `note: using the embedded database in ${join(cwd, 'data')}, schema public\n`);
});

test.serial('PGUSER alone means no server: where the embedded database is the default, it is said so', async (t) => {
  const env = { PGUSER: 'ada' };
  // Below a configuration file the embedded database is no default.
  const here = join(outside, 'with-user');
  mkdirSync(here);
  const byDefault = await runCli(['migrate'], { cwd: here, env, withTarget: true });
  t.is(byDefault.code, 0);
  t.regex(
    byDefault.stderr,
    /^note: using the embedded database in .*, schema public \(PGUSER alone names no server: .*PGHOST/,
  );
  const named = await runCli(['migrate', '--data-dir', '.maestro/data'], { cwd: here, env, withTarget: true });
  t.notRegex(named.stderr, /PGUSER/);
});

test.serial('in CI nothing is migrated, written or made unless a database is named', async (t) => {
  const here = join(cwd, 'ci');
  for (const words of [
    ['migrate'],
    ['append', 'new', '--type', 'a', '--body', '{}'],
    ['events', named.id],
    ['migrate', 'sql'],
  ]) {
    const { code, stdout, stderr } = await runCli(words, { cwd: here, env: { CI: 'true' } });
    t.deepEqual([code, stdout], [2, ''], words.join(' '));
    t.regex(stderr, /^error: No database is named, .* CI .*\nhint: .*--data-dir/);
  }
  t.is((await runCli(['migrate', '--data-dir', 'data'], { cwd, env: { CI: 'true' } })).code, 0);
});
