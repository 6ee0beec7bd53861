import test from 'ava';
import { mayOpenBrowser } from '../../../src/cli/commands/ui/may-open-browser.js';
import { commandFor } from '../../../src/cli/output/open-browser.js';
import { runCli } from '../../support/cli/cli.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { serving, visitServed } from '../../support/ui/serving.js';

const database = useTestDatabase(test, { partitions: 16 });
/** Apart, because one test locks its table. */
const locked = useTestDatabase(test);
const env = { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: database.schema, PGCONNECT_TIMEOUT: '60' };

test('ui prints the address of its pages, serves them, and ends by Ctrl-C', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 2));
  const server = await serving(env, ['--label', 'production', '--schema', database.schema]);
  t.regex(server.url, /^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}$/);
  const page = await visitServed(server.url);
  t.is(page.status, 200);
  const html = await page.text();
  t.true(html.includes('<strong class="label">production</strong>'));
  t.true(html.includes(`--schema ${database.schema}`));
  t.is(await server.end(), 130);
  await t.throwsAsync(fetch(server.url));
});

test('Ctrl-C ends it also while a page waits for the database, and cancels what that asked', async (t) => {
  const server = await serving(env, ['--schema', locked.schema]);
  const waiting = async () => {
    const { rows } = await locked.knex.raw<{ rows: [{ count: number }] }>(
      `SELECT count(*)::integer AS count FROM pg_locks WHERE NOT granted AND relation = to_regclass(?)`,
      [`"${locked.schema}".event_log`],
    );
    return rows[0].count;
  };
  await locked.knex.transaction(async (transaction) => {
    await transaction.raw(`LOCK TABLE "${locked.schema}".event_log`);
    const asked = t.throwsAsync(visitServed(server.url));
    while ((await waiting()) === 0);
    t.is(await server.end(), 130);
    await asked;
    while ((await waiting()) > 0);
  });
});

test('a port that is taken is not waited for', async (t) => {
  const first = await serving(env);
  const { port } = new URL(first.url);
  const second = await serving(env, ['--port', port]);
  t.not(new URL(second.url).port, port);
  t.true(second.notes().includes(`port ${port} is taken`));
  await Promise.all([first.end(), second.end()]);
});

test('another address than that of this machine alone is warned of', async (t) => {
  const server = await serving(env, ['--host', '0.0.0.0']);
  t.regex(server.notes(), /warning: Whoever reaches port \d+ of this machine/);
  await server.end();
  const { code, stderr } = await runCli(['ui', '--host', '203.0.113.7', '--port', '0'], { env });
  t.is(code, 2);
  t.regex(stderr, /203\.0\.113\.7 is not an address of this machine/);
});

test('what is wrong with the database is told before anything is served', async (t) => {
  const { code, stdout, stderr } = await runCli(['ui', '--schema', 'nowhere', '--port', '0'], { env });
  t.is(stdout, '');
  t.not(code, 0);
  t.regex(stderr, /error: /);
});

test('wrong values are refused with what to write', async (t) => {
  for (const argv of [
    ['--port', '70000'],
    ['--host', 'http://x'],
    ['--label', ''],
    ['--label', 'a\u001b[2J'],
  ])
    t.is((await runCli(['ui', ...argv], { env })).code, 2, argv.join(' '));
});

test('the browser is opened where somebody sits, with an address that admits once', async (t) => {
  const stdin = Object.assign((async function* () {})(), { isTerminal: true });
  const at = (environment: Record<string, string>, isTerminal = true) =>
    mayOpenBrowser({ environment, stdin, stdout: { isTerminal, columns: 80, write: async () => {} } });
  t.true(at({}));
  t.false(at({}, false));
  for (const name of ['CI', 'SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY']) t.false(at({ [name]: '1' }), name);

  let opened = '';
  const openBrowser = async (url: string) => void (opened = url);
  const server = await serving(env, [], { stdin, openBrowser }, true);
  t.is(await server.end(), 130);
  t.is(new URL(opened).origin, new URL(server.url).origin);
  t.not(opened, server.url);
  opened = '';
  await (await serving(env, ['--no-open'], { stdin, openBrowser }, true)).end();
  t.is(opened, '');
});

test('each system opens addresses by a command of its own', (t) => {
  t.deepEqual(commandFor('http://x/', 'darwin'), ['open', 'http://x/']);
  t.deepEqual(commandFor('http://x/', 'linux'), ['xdg-open', 'http://x/']);
  t.is(commandFor('http://x/?a=1&b', 'win32').at(-1), 'http://x/?a=1&b');
});
