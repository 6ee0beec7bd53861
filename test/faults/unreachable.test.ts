import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import dns from 'node:dns';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { aSchemaName, ONE_AT_A_TIME, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { readingCommands, writingCommands, SAMPLE_CORRELATION } from '../support/cli/sample-commands.js';
import { runAny } from '../support/cli/run-any.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { figure, isFull } from '../support/figures.js';
import { startPostgres } from '../../scripts/support/postgres.js';
import { listenSilently } from '../support/servers/tcp.js';
import { exported } from '../support/data/transfer.js';

/** Longest time that a command may take to give up, in milliseconds. */
const LONGEST = 15_000;
const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const id = anId();
const history = aHistory(id, 3);
const PASSWORD = `canary${randomBytes(8).toString('hex')}`;
const named = {
  id: id.hex,
  timestamp: history[1]?.timestamp.hex ?? '',
  file: join(folder, 'log.ndjson'),
  aggregate: 'tally',
};

test.before(async () => {
  await database
    .store()
    .commitEvents([...history, anEvent(anId(), { metadata: { correlationId: SAMPLE_CORRELATION } })]);
  await database.store().commitSnapshot({ aggregateId: id, sequence: 2, body: { n: 2 } });
  writeFileSync(named.file, await exported(database, { aggregateIds: [id] }));
  writeFileSync(
    join(folder, 'maestro.config.ts'),
    `import { defineAggregate } from 'maestro-store';
     export default { aggregates: [defineAggregate({ name: 'tally', initialState: () => ({ n: 0 }), commands: {},
       events: { happened: (_: unknown, { n }: { n: number }) => ({ n }) }, owns: { firstEvents: ['happened'] } })] };`,
  );
});

/** The end of a command that the database does not let work. */
interface Expected {
  readonly code: number;
  readonly error: string;
  readonly message: RegExp;
}

const unreachable = (message: RegExp): Expected => ({ code: 4, error: 'MAESTRO_UNREACHABLE', message });
const refused = (message: RegExp): Expected => ({ code: 4, error: 'MAESTRO_LOGIN_REFUSED', message });
const denied = (message: RegExp): Expected => ({ code: 4, error: 'MAESTRO_PERMISSION_DENIED', message });

interface Attempt {
  readonly url: string;
  readonly schema?: string;
  readonly commands: Readonly<Record<string, readonly string[]>>;
  readonly expected: (command: string) => Expected | undefined;
}

const all = { ...readingCommands(named), ...writingCommands(named) };
/** All but `doctor`, which finds out and reports instead of failing, and has tests of its own. */
const toFail = Object.fromEntries(Object.entries(all).filter(([command]) => command !== 'doctor'));
const one = { events: all['events'] ?? [], append: all['append'] ?? [] };

/** Every command ends with its code, its message and a hint, in time, and without the password; gives the longest time. */
async function assertAll(t: ExecutionContext, name: string, attempt: Attempt): Promise<void> {
  const { url, schema = database.schema, commands, expected } = attempt;
  let longest = 0;
  let codes = 'exit 0';
  await Promise.all(
    Object.entries(commands).map(async ([words, rest]) => {
      const argv = [...words.split(' '), ...rest];
      // An empty one is none, so that a command waits as long as it does by itself.
      const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema, TERM: 'dumb', PGCONNECT_TIMEOUT: '' };
      const begin = performance.now();
      // Stepping is for people and has no JSON.
      const format = words === 'step' ? [] : ['-o', 'json'];
      const { code, stdout, stderr } = await runAny([...argv, ...format], { cwd: folder, env, atOnce: true });
      longest = Math.max(longest, performance.now() - begin);
      const what = `${argv.join(' ')}: exit ${code}\n${stdout}${stderr}`;
      const outcome = expected(words);
      if (outcome === undefined) {
        t.true(code < 2, what);
        return;
      }
      t.is(code, outcome.code, what);
      const { message, hint, code: error = outcome.error } = errorOf(stderr);
      t.is(error, outcome.error, what);
      t.regex(message, outcome.message, what);
      t.regex(message, /^[A-Z].*\.$/s);
      t.regex(hint, /^[A-Z].*[.?]$/s);
      t.false((stdout + stderr).includes(PASSWORD), what);
      codes = `exit ${code}, ${outcome.error}, a message and a hint each`;
    }),
  );
  t.true(longest < LONGEST, `${longest} ms`);
  figure(name, `${Object.keys(commands).length} commands: ${codes}, ≤ ${(longest / 1000).toFixed(1)} s`);
}

/** Facts of an error, printed as JSON or as text. */
function errorOf(stderr: string): { readonly code?: string; readonly message: string; readonly hint: string } {
  const json = /^\{"error":.*$/m.exec(stderr)?.[0];
  if (json !== undefined) return (JSON.parse(json) as { error: ReturnType<typeof errorOf> }).error;
  // In a terminal, as `step` has one, lines are wrapped.
  const [, message = '', hint = ''] = /error: (.*) hint: (.*) $/.exec(stderr.replaceAll('\n', ' ')) ?? [];
  return { message, hint };
}

function urlWith(changes: Partial<Pick<URL, 'username' | 'password' | 'port' | 'hostname'>>): string {
  return Object.assign(new URL(database.url), { password: PASSWORD, ...changes }).href;
}

test('black hole: somebody takes the connection and says nothing', async (t) => {
  const server = await listenSilently();
  t.teardown(() => server.close());
  await assertAll(t, 'black hole that accepts', {
    url: urlWith({ port: String(server.port) }),
    commands: toFail,
    expected: () => unreachable(/timeout/),
  });
});

test('black hole: nobody answers to the request for a connection', async (t) => {
  const hole = await aBlackHole();
  t.teardown(() => hole.close());
  await assertAll(t, 'black hole that swallows packets', {
    url: urlWith({ port: String(hole.port) }),
    commands: one,
    expected: () => unreachable(/timeout/),
  });
});

test.serial('dual stack: refused on every address of the host; and one that answers is enough', async (t) => {
  const { lookup } = dns;
  const addresses = [
    { address: '127.0.0.3', family: 4 },
    { address: '::1', family: 6 },
    { address: '127.0.0.1', family: 4 },
  ];
  const patched = (host: string, options: { all?: boolean }, done: (...words: unknown[]) => void) => {
    const found = host === 'three.test' ? addresses : addresses.slice(0, 2);
    if (!host.endsWith('.test')) return lookup(host, options, done as never);
    return options.all ? done(null, found) : done(null, found[0]?.address, found[0]?.family);
  };
  dns.lookup = Object.assign(patched as unknown as typeof lookup, lookup);
  t.teardown(() => {
    dns.lookup = lookup;
  });
  await assertAll(t, 'dual-stack refusal', {
    url: urlWith({ hostname: 'two.test', port: '1' }),
    commands: toFail,
    expected: () => unreachable(/ECONNREFUSED 127\.0\.0\.3:1; .*::1:1\b/),
  });
  const { password } = new URL(database.url);
  await assertAll(t, 'dual stack of which one address answers', {
    url: urlWith({ hostname: 'three.test', password }),
    commands: { events: all['events'] ?? [] },
    expected: () => undefined,
  });
});

test('wrong password', async (t) => {
  await assertAll(t, 'wrong password', {
    url: urlWith({}),
    commands: toFail,
    expected: () => refused(/password authentication failed/),
  });
});

test('missing permission', async (t) => {
  const role = await aRole(t);
  await assertAll(t, 'missing permission', {
    url: urlWith({ username: role }),
    commands: toFail,
    expected: () => denied(/permission denied|must be owner/),
  });
});

test('missing table', async (t) => {
  const { password } = new URL(database.url);
  const isAllowed = (command: string) => command.startsWith('migrate');
  const commands = Object.fromEntries(Object.entries(toFail).filter(([command]) => !isAllowed(command)));
  await assertAll(t, 'missing table', {
    url: urlWith({ password }),
    schema: aSchemaName(),
    commands,
    expected: () => ({ code: 2, error: 'MAESTRO_NOT_MIGRATED', message: /does not exist|has no table/ }),
  });
});

test('too many connections of one role', async (t) => {
  const role = await aRole(t, 'CONNECTION LIMIT 0');
  await assertAll(t, 'too many connections of one role', {
    url: urlWith({ username: role }),
    commands: toFail,
    expected: () => unreachable(/too many connections/),
  });
});

/** Commands that have nothing to write, because it is there, or is not. */
const DO_NOTHING = ['migrate up', 'migrate index drop'];
const readOnly = (command: string) =>
  command in writingCommands(named) && !DO_NOTHING.includes(command) ? denied(/read-only|during recovery/) : undefined;

test('read-only server: its transactions are', async (t) => {
  const role = await aRole(t, 'SUPERUSER');
  await database.knex.raw(`ALTER ROLE "${role}" SET default_transaction_read_only = on`);
  await assertAll(t, 'read-only server', {
    url: urlWith({ username: role }),
    commands: toFail,
    expected: readOnly,
  });
});

if (isFull)
  test.serial('too many connections of a whole server, and a standby, which is read-only', async (t) => {
    const flags = ['-c', 'fsync=off', '-c', 'max_connections=60', '-c', 'superuser_reserved_connections=0'];
    const server = await startPostgres(flags);
    t.teardown(() => server.stop());
    const held = await Promise.all(Array.from({ length: 60 }, () => login(server.url)));
    await assertAll(t, 'too many connections', {
      url: server.url,
      commands: toFail,
      expected: () => unreachable(/too many clients/),
    });
    await Promise.all(held.map((client) => client.end()));

    const env = { MAESTRO_DATABASE_URL: server.url, MAESTRO_SCHEMA: database.schema };
    for (const argv of [['migrate'], ['import', '--file', named.file]])
      t.is((await runAny(argv, { cwd: folder, env })).code, 0);
    writeFileSync(join(server.folder, 'standby.signal'), '', { mode: 0o666 });
    await server.restart();
    await assertAll(t, 'read-only server, a standby', { url: server.url, commands: toFail, expected: readOnly });
  });

async function login(url: string): Promise<{ end(): Promise<void> }> {
  const { default: pg } = await import('pg');
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  return client;
}

/** A role with the password that may log in, gone when the test is done. */
async function aRole(t: ExecutionContext, options = ''): Promise<string> {
  const role = `test_${randomBytes(6).toString('hex')}`;
  await database.knex.raw(`CREATE ROLE "${role}" LOGIN PASSWORD '${PASSWORD}' ${options}`);
  t.teardown(async () => {
    await database.knex.raw(`${ONE_AT_A_TIME}; DROP OWNED BY "${role}"`);
    await database.knex.raw(`DROP ROLE "${role}"`);
  });
  return role;
}

/** A port at which the system itself leaves every request unanswered: of a process that is stopped, with a full queue. */
async function aBlackHole(): Promise<{ readonly port: number; close(): Promise<void> }> {
  const program = `const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 },
    () => console.log(server.address().port))`;
  const child = spawn(process.execPath, ['-e', program], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [line] = (await once(child.stdout, 'data')) as [Buffer];
  const port = Number(line.toString());
  child.kill('SIGSTOP');
  const sockets: Socket[] = [];
  for (let isFilled = false; !isFilled;) {
    const socket = connect(port, '127.0.0.1').on('error', () => {});
    sockets.push(socket);
    isFilled = await Promise.race([
      once(socket, 'connect').then(() => false),
      new Promise<boolean>((resolve) => setTimeout(resolve, 300, true)),
    ]);
  }
  return {
    port,
    close: async () => {
      for (const socket of sockets) socket.destroy();
      const gone = once(child, 'close');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
