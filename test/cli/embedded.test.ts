import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { openEmbedded } from '../../src/connection/embedded/embedded.js';
import { type CliOptions, type CliResult, runCli } from '../support/cli/cli.js';
import { useTemporaryFolder } from '../support/database.js';
import { anId } from '../support/data/factories.js';
import { printedSteps } from '../support/data/steps.js';

// One program at a time can open a database, so the tests that share one run one after another.

const folder = useTemporaryFolder(test);
const emptyFolder = useTemporaryFolder(test);

function maestro(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(argv, { cwd: folder, ...options });
}

test.before(async () => {
  const { code, stderr } = await maestro(['migrate']);
  if (code !== 0) throw new Error(stderr);
});

test.serial('the database lies below the working directory', async (t) => {
  t.true(existsSync(join(folder, '.maestro', 'data', 'PG_VERSION')));
  const { code, stdout } = await maestro(['migrate', 'status', '--exit-code']);
  t.is(code, 0);
  t.regex(stdout, /^schema public, layout plain: up to date$/m);
});

test.serial('what is appended is listed and replayed, digit for digit', async (t) => {
  const id = anId().hex;
  const stdin = '{"type":"opened","body":{"owner":"Ada","limit":1e400}}\n{"type":"deposited","body":{"amount":1.10}}\n';
  const limit = `1${'0'.repeat(400)}`;

  const appended = await maestro(['append', id, '--file', '-', '-o', 'json', '--expect', '0'], { stdin });
  t.deepEqual(appended, { code: 0, stdout: `{"aggregateId":"${id}","sequences":[1,2]}\n`, stderr: '' });

  const events = await maestro(['events', id, '-o', 'ndjson']);
  t.deepEqual([events.code, events.stderr], [0, '']);
  const lines = events.stdout.split('\n').slice(0, -1);
  t.deepEqual(
    lines.map((line) => line.replace(/^.*?"body":/, '').slice(0, -1)),
    [`{"limit": ${limit}, "owner": "Ada"}`, '{"amount": 1.10}'],
  );
  t.deepEqual(
    lines.map((line) => JSON.parse(line)).map(({ aggregateId, sequence, type }) => ({ aggregateId, sequence, type })),
    [
      { aggregateId: id, sequence: 1, type: 'opened' },
      { aggregateId: id, sequence: 2, type: 'deposited' },
    ],
  );

  const replayed = await maestro(['replay', id, '--max-sequence', '1', '-o', 'json']);
  t.is(replayed.code, 0);
  t.true(replayed.stdout.endsWith(`"aggregate":null,"state":{"limit":${limit},"owner":"Ada"}}\n`));

  t.is((await maestro(['append', id, '--file', '-', '--expect', '0'], { stdin })).code, 5);
});

test.serial('a snapshot that is put is shown', async (t) => {
  const id = anId().hex;
  await maestro(['append', id, '--type', 'opened', '--body', '{}']);
  t.is((await maestro(['snapshot', 'put', id, '--sequence', '1', '--body', '{"total": 1.10}'])).code, 0);
  const { stdout } = await maestro(['snapshot', 'get', id, '-o', 'json']);
  t.is(stdout, `{"aggregateId":"${id}","sequence":1,"body":{"total": 1.10}}\n`);
});

test.serial('--data-dir names the same database from elsewhere, and -v shows its SQL', async (t) => {
  const { code, stderr } = await runCli(['events', anId().hex, '-v', '--data-dir', join(folder, '.maestro/data')]);
  t.is(code, 3);
  t.regex(stderr, /^sql: SELECT .* ms\)$/m);
});

test.serial('while another program has it open, a command waits as long as it may and then exits 4', async (t) => {
  const other = await openEmbedded(join(folder, '.maestro/data'), { schema: 'public', purpose: 'a report' });
  try {
    const { code, stderr } = await maestro(['events', anId().hex, '--timeout', '0.1']);
    t.is(code, 4);
    t.regex(
      stderr,
      new RegExp(`^error: .*in use by process ${process.pid} on .*\\(a report\\); waited 0\\.1 s.*\nhint: `),
    );
  } finally {
    await other.close();
  }
});

test('nothing is there before migrate, and after a rollback nothing is left', async (t) => {
  const at = (...argv: string[]) => runCli(argv, { cwd: emptyFolder });

  const before = await at('migrate', 'status', '--exit-code', '-o', 'json');
  t.is(before.code, 1);
  t.like(JSON.parse(before.stdout), { schema: 'public', upToDate: false });
  t.regex((await at('migrate', 'sql')).stdout, /CREATE TABLE "public"\."event_log"/);
  t.deepEqual(readdirSync(emptyFolder), []);

  const { stdout } = await at('migrate', 'up');
  t.is(stdout, printedSteps('applied'));
  t.is((await at('append', 'new', '--type', 'a', '--body', '{}')).code, 0);

  t.is((await at('migrate', 'rollback')).code, 5);
  t.regex((await at('migrate', 'rollback', '--discard-all-events')).stdout, /event_log +rolled back/);
  t.is((await at('append', 'new', '--type', 'a', '--body', '{}')).code, 2);
});
