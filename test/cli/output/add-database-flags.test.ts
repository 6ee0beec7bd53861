import test from 'ava';
import { addDatabaseFlags } from '../../../src/cli/output/add-database-flags.js';
import { runCli } from '../../support/cli/cli.js';
import { useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);

test('a command in a hint has the database flags of the caller, without a password', (t) => {
  const text = 'Run `maestro migrate`, see `maestro events 01a2 --schema other` or `maestro help times`.';
  t.is(addDatabaseFlags(text, {}), text);
  t.is(
    addDatabaseFlags(text, { schema: 'history', dataDir: 'my data' }),
    'Run `maestro migrate --data-dir "my data" --schema history`, ' +
      'see `maestro events 01a2 --schema other --data-dir "my data"` or `maestro help times`.',
  );
  for (const url of [
    'postgres://ada:hunter2@h/d',
    'postgres://ada:hun@ter2@h/d',
    'postgres:///d?password=hunter2&user=ada',
  ])
    t.false(addDatabaseFlags(text, { url }).includes('ter2'), url);
  for (const unchanged of [
    '`maestro --help`',
    '`maestro snapshot verify --help`',
    '`maestro id new`',
    'maestro migrate',
  ])
    t.is(addDatabaseFlags(unchanged, { schema: 'history' }), unchanged);
});

test('hints, notes and warnings name commands that can be run as they are', async (t) => {
  const missing = await runCli(['events', anId().hex, '--schema', 'nothing_here', '--url', database.url]);
  t.regex(missing.stderr, /hint: Check .* run `maestro migrate --url \S+ --schema nothing_here`/);
  const id = anId();
  await database.store().commitEvents([anEvent(id)]);
  const env = { MAESTRO_DATABASE_URL: database.url };
  const event = await runCli(['event', id.hex, '--schema', database.schema], { env });
  t.true(event.stderr.includes(`\`maestro events ${id.hex} --schema ${database.schema}\``), event.stderr);
  const url = `${database.url.replace(':postgres@', '@')}?password=postgres&connect_timeout=9`;
  const elsewhere = await runCli(['event', id.hex, '--schema', database.schema, '--url', url]);
  t.true(elsewhere.stderr.includes(`--url "${url.replace('=postgres', '=***')}" --schema`), elsewhere.stderr);
  const embedded = await runCli(['events', id.hex, '--data-dir', 'none'], { cwd: folder });
  t.regex(embedded.stderr, /hint: /);
});
