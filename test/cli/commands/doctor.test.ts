import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Finding } from '../../../src/admin/diagnose/finding.js';
import { type CliOptions, type CliResult, runCli } from '../../support/cli/cli.js';
import { ONE_AT_A_TIME, testUrl, useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { relay } from '../../support/servers/tcp.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const missing = useTestDatabase(test, { migrated: false });
const folder = useTemporaryFolder(test);
const { schema, knex } = layouts.plain;
const NOBODYS_PORT = '1';

function doctor(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runCli(['doctor', ...argv], { env: { MAESTRO_DATABASE_URL: testUrl(), MAESTRO_SCHEMA: schema }, ...options });
}

async function findings(argv: readonly string[], options: CliOptions = {}): Promise<readonly Finding[]> {
  return JSON.parse((await doctor([...argv, '-o', 'json'], options)).stdout) as Finding[];
}

const of = (all: readonly Finding[], name: string) => all.find(({ check }) => check === name);

const CHECKS = ['connection', 'pooler', 'server version', 'encryption', 'writable', 'connections', 'tables', 'rights'];
const LATER_CHECKS = ['newest event', 'clocks of nodes', 'clock', 'fsync', 'settings', 'handlers'];

for (const [layout, { schema }] of Object.entries(layouts))
  test(`every check is shown with what was found, and with a remedy where it is not well (${layout})`, async (t) => {
    const { code, stdout, stderr } = await doctor(['--schema', schema]);
    // The server of the tests runs without fsync, which is a failure.
    t.deepEqual([code, stderr], [1, '']);
    const shown = stdout.split('\n').filter((line) => /^\S/.test(line));
    t.deepEqual(
      shown.map((line) => line.split(/ {2,}/)[0]),
      [...CHECKS, ...LATER_CHECKS],
    );
    t.regex(stdout, /^fsync +✗ off: a crash of the machine .*\n +Set fsync = on\.$/m);
    t.regex(
      stdout,
      new RegExp(
        `^tables +✓ schema ${schema}, ${layout === 'plain' ? 'the plain layout' : '3 partitions'}, up to date$`,
        'm',
      ),
    );
    t.regex(stdout, /^connection +✓ postgres@127\.0\.0\.1:\d+\/postgres, [\d.]+ ms for a round trip$/m);
    t.false(stdout.includes('postgres:postgres'), 'the password');
  });

test('json and ndjson hold the same findings; -q names what fails', async (t) => {
  const [json, ndjson, quiet] = await Promise.all([doctor(['-o', 'json']), doctor(['-o', 'ndjson']), doctor(['-q'])]);
  t.deepEqual([json.code, ndjson.code, quiet.code], [1, 1, 1]);
  const found = JSON.parse(json.stdout) as Finding[];
  const lines = ndjson.stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Finding);
  t.deepEqual(
    lines.map(({ check }) => check),
    found.map(({ check }) => check),
  );
  for (const { check, status, found: words, remedy } of found) {
    t.true(['ok', 'note', 'warning', 'failure'].includes(status) && words !== '', check);
    t.is(remedy === undefined, status === 'ok', check);
  }
  t.is(quiet.stdout, 'fsync\n');
});

test('in a terminal lines are wrapped to its width', async (t) => {
  const { stdout } = await doctor(['--color', 'never'], { env: { MAESTRO_DATABASE_URL: testUrl() }, terminal: 70 });
  t.true(
    stdout.split('\n').every((line) => line.length <= 70),
    stdout,
  );
});

test('without tables it fails, and says what to run', async (t) => {
  const { code, stdout } = await doctor(['--schema', missing.schema]);
  t.is(code, 1);
  t.regex(stdout, /^tables +✗ schema \S+: no tables\n +Run `maestro migrate`, or name another --schema\.$/m);
});

test('a database that cannot be reached exits 4, in the form that was asked for', async (t) => {
  const url = Object.assign(new URL(testUrl()), { port: NOBODYS_PORT }).href;
  const { code, stdout, stderr } = await doctor(['--url', url]);
  t.deepEqual([code, stdout], [4, '']);
  t.regex(stderr, /^error: The database cannot be reached: .*ECONNREFUSED.*\nhint: /);
  const json = await doctor(['--url', url, '-o', 'json']);
  t.deepEqual([json.code, json.stdout], [4, '']);
  t.like(JSON.parse(json.stderr), { error: { code: 'MAESTRO_UNREACHABLE' } });
  const refused = Object.assign(new URL(testUrl()), { password: 'wrong' }).href;
  t.is((await doctor(['--url', refused])).code, 4);
});

test('a role with few rights, for which commits are not durable, is told all of it', async (t) => {
  const role = `test_${randomBytes(6).toString('hex')}`;
  await knex.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  t.teardown(async () => {
    await knex.raw(`${ONE_AT_A_TIME}; DROP OWNED BY ${role}`);
    await knex.raw(`DROP ROLE ${role}`);
  });
  await knex.raw(`ALTER ROLE ${role} SET synchronous_commit = off`);
  await knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO ${role}`);
  await knex.raw(`${ONE_AT_A_TIME}; GRANT SELECT ON ALL TABLES IN SCHEMA "${schema}" TO ${role}`);
  const url = Object.assign(new URL(testUrl()), { username: role, password: 'secret' }).href;
  const found = await findings(['--url', url]);
  t.like(of(found, 'rights'), { status: 'note' });
  t.true(of(found, 'rights')?.found.startsWith(`${role} may read, commands list, but not append, `));
  t.regex(of(found, 'rights')?.remedy ?? '', /GRANT INSERT ON /);
  t.like(of(found, 'synchronous_commit'), { status: 'warning' });
  t.is(of(found, 'tables')?.status, 'ok');
});

test('the timeout of the command itself is not taken for a setting of the server', async (t) => {
  t.is(of(await findings(['--timeout', '20']), 'statement_timeout'), undefined);
});

test('what is in between shows, and how it is to be treated', async (t) => {
  const proxy = await relay(Number(new URL(testUrl()).port));
  t.teardown(() => proxy.close());
  const url = Object.assign(new URL(testUrl()), { port: String(proxy.port) }).href;
  const remedy = 'If it is PgBouncer in transaction mode, add --pooler transaction.';
  t.like(of(await findings(['--url', url]), 'pooler'), { status: 'note', remedy });
  const pooled = of(await findings(['--url', url, '--pooler', 'transaction']), 'pooler');
  t.deepEqual(pooled, {
    check: 'pooler',
    status: 'ok',
    found: 'transaction mode: no prepared statements and no session settings are used',
  });
});

test('handlers that are configured are named', async (t) => {
  const file = join(folder, 'handlers.ts');
  writeFileSync(
    file,
    `import { defineAggregate } from 'maestro-store';
     const base = { initialState: () => 0, commands: {}, events: {} };
     export default { aggregates: ['account', 'door'].map((name) => defineAggregate({ ...base, name })) };`,
  );
  t.like(of(await findings([]), 'handlers'), { status: 'note' });
  t.deepEqual(of(await findings(['--config', file]), 'handlers'), {
    check: 'handlers',
    status: 'ok',
    found: 'account, door',
  });
});

test.serial('the embedded database is fine once it is there', async (t) => {
  const at = (...argv: string[]) => runCli(argv, { cwd: folder });
  const before = await at('doctor');
  t.deepEqual([before.code, before.stdout], [2, '']);
  t.regex(before.stderr, /^error: There is no embedded database in .*\nhint: Check .* run `maestro migrate`/);

  await at('migrate');
  const { code, stdout, stderr } = await at('doctor', '-o', 'json');
  t.deepEqual([code, stderr], [0, '']);
  const found = JSON.parse(stdout) as Finding[];
  t.deepEqual(
    found.map(({ check, status }) => `${check}: ${status}`),
    [
      'connection: ok',
      'server version: ok',
      'tables: ok',
      'rights: ok',
      'newest event: ok',
      'clocks of nodes: ok',
      'handlers: note',
    ],
  );
  t.true(of(found, 'connection')?.found.includes(join(folder, '.maestro', 'data')));
});

test('it takes no argument', async (t) => {
  t.is((await doctor(['everything'])).code, 2);
});
