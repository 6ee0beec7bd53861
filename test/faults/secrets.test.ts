import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { Database } from '../../src/connection/database.js';
import { openDatabase } from '../../src/connection/open-database.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { runCli } from '../support/cli/cli.js';
import { aSchemaName, ONE_AT_A_TIME, testKnex, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { allTextOf } from '../support/cli/error-text.js';
import { anEvent, anId } from '../support/data/factories.js';
import { startFaultProxy } from '../support/servers/fault-proxy.js';
import { figure } from '../support/figures.js';
import { passwordCases } from '../support/cli/password-cases.js';
import { useProcesses } from '../support/children/processes.js';
import { outcomeOf, startProgram } from '../support/cli/program.js';
import { listenAndHangUp, listenSilently } from '../support/servers/tcp.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const program = useProcesses(test, 'cli-child.ts');
/** Long, and nowhere else: every appearance is one of the password. */
const CANARY = `canary${randomBytes(8).toString('hex')}`;
const role = aSchemaName();
const url = (changes: Partial<Pick<URL, 'port' | 'pathname'>> = {}) =>
  Object.assign(new URL(database.url), { username: role, password: CANARY, ...changes }).href;
const NOWHERE = `postgres://u:${CANARY}@127.0.0.1:1/d`;

const counted = { cases: 0, texts: 0, characters: 0, appearances: 0 };

/** As it is, or in another form in which it can be read. */
const FORMS = [CANARY, Buffer.from(CANARY).toString('base64'), Buffer.from(CANARY).toString('hex')];

/** Number of times that the password stands in texts. */
function appearancesIn(...texts: readonly string[]): number {
  let appearances = 0;
  for (const text of texts) {
    counted.texts += 1;
    counted.characters += text.length;
    for (const form of FORMS) appearances += text.split(form).length - 1;
  }
  counted.appearances += appearances;
  return appearances;
}

/** Apart from that of the schema, which is closed as soon as that is gone. */
const server = testKnex();

test.serial.before(async () => {
  await server.raw(`CREATE ROLE "${role}" LOGIN PASSWORD '${CANARY}'`);
});

// One after the other: dropping the schema and what the role owns at the same time, PostgreSQL may refuse one of them.
test.serial.after.always(async () => {
  await server.raw(`${ONE_AT_A_TIME}; DROP OWNED BY "${role}"`);
  await server.raw(`DROP ROLE "${role}"`);
  await server.destroy();
});

/** Parts of URLs, typed where a URL does not belong. */
const SLIPS = [
  ['events', `postgres://u:${CANARY}`],
  ['events', `postgresql://u:${CANARY}/d`],
  ['diff', anId().hex, `postgres://u:${CANARY}`, '2'],
  ['--schema', `postgres://u:${CANARY}`, 'events', anId().hex],
  ['--url', `postgres://u:${CANARY}`, 'events', anId().hex],
  ['--url', `postgres//u:${CANARY}@h/d`, 'events', anId().hex],
  ['events', `postgres//u:${CANARY}@h/d`],
];

const FLAGS = [[], ['-v'], ['-o', 'json'], ['-v', '-o', 'json'], ['-v', '-o', 'ndjson']];

test('on the command line', async (t) => {
  for (const argv of [...passwordCases(CANARY, database.url), ...SLIPS]) {
    counted.cases += 1;
    for (const flags of FLAGS) {
      const { code, stdout, stderr } = await runCli([...argv, ...flags], { cwd: folder });
      t.true(code === 2 || code === 4, `exit ${code}`);
      t.is(appearancesIn(stdout, stderr), 0, `${stdout}${stderr}`);
    }
  }
});

test('a hint shows its example of a URL whole', async (t) => {
  const asked = `postgres://postgres@${new URL(database.url).host}/postgres`;
  for (const [url, example] of [
    ['mysql://h/d', 'postgres://user:password@host:5432/database?sslmode=verify-full.'],
    ['', 'postgres://user:password@host:5432/database?sslmode=verify-full'],
    ['host=h dbname=d', 'postgres://user:password@host:5432/database.'],
    [asked, '(postgres://user:password@host/database)'],
  ] as const)
    for (const flags of [[], ['-o', 'json']]) {
      const { stderr } = await runCli(['events', anId().hex, '--url', url, ...flags], { cwd: folder });
      t.true(stderr.includes(example), stderr);
    }
  // With more around it, it is somebody's.
  const { stderr } = await runCli(['events', `postgres://user:password@host:5432/database${CANARY}@h/d`], {
    cwd: folder,
  });
  t.is(appearancesIn(stderr), 0, stderr);
});

/** Configuration files with a password that cannot be used, each in its own way. */
const CONFIGURATIONS: Readonly<Record<string, string>> = {
  'refused.json': JSON.stringify({ connection: NOWHERE }),
  'cut.json': `{ "connection": "${NOWHERE}"`,
  'comma.json': `{ "connection": "${NOWHERE}", }`,
  'quotes.json': `{ "connection": '${NOWHERE}' }`,
  'key.json': JSON.stringify({ [NOWHERE]: true }),
  'object.json': JSON.stringify({ connection: { password: CANARY } }),
  'text.json': JSON.stringify(NOWHERE),
  'scheme.json': JSON.stringify({ connection: `u:${CANARY}@127.0.0.1:1/d` }),
  'schema.json': JSON.stringify({ schema: NOWHERE }),
  'pooler.json': JSON.stringify({ connection: NOWHERE, pooler: NOWHERE }),
  'folder.json': JSON.stringify({ dataDir: `/dev/null/${NOWHERE}` }),
  'refused.ts': `export default { connection: '${NOWHERE}' };`,
  'syntax.ts': `export default { connection: '${NOWHERE}' 1 };`,
  'open.ts': `export default { connection: '${NOWHERE} };`,
  'type.ts': `const connection: = '${NOWHERE}'; export default { connection };`,
  'name.ts': `const password = '${CANARY}'; export default { connection: password.nothing.at.all };`,
  'thrown.ts': `throw new Error('cannot use ${NOWHERE}');`,
  'syntax.mjs': `export default { connection: '${NOWHERE}' 1 };`,
  'open.mjs': `export default { connection: '${NOWHERE} };`,
  'import.mjs': `import '${NOWHERE}'; export default {};`,
  'thrown.mjs': `throw new Error('cannot use ${NOWHERE}');`,
};

test('in configuration files', async (t) => {
  const configurations = join(folder, 'configurations');
  mkdirSync(configurations);
  for (const [name, text] of Object.entries(CONFIGURATIONS)) {
    writeFileSync(join(configurations, name), text);
    counted.cases += 1;
    for (const flags of FLAGS) {
      const argv = ['events', anId().hex, '--config', name, ...flags];
      const { code, stdout, stderr } = await runCli(argv, { cwd: configurations });
      t.true(code === 2 || code === 4, `${name}: exit ${code}\n${stderr}`);
      t.is(appearancesIn(stdout, stderr), 0, `${name}: ${stdout}${stderr}`);
    }
  }
});

test('in the environment of a process', async (t) => {
  const wrong = Object.assign(new URL(database.url), { password: '' }).href;
  const environments: readonly Readonly<Record<string, string>>[] = [
    { MAESTRO_DATABASE_URL: NOWHERE },
    { MAESTRO_DATABASE_URL: url(), MAESTRO_SCHEMA: 'nowhere', DEBUG: '*' },
    { DATABASE_URL: `${NOWHERE}?nothing=1` },
    { DATABASE_URL: `u:${CANARY}@127.0.0.1` },
    { DATABASE_URL: wrong, PGPASSWORD: CANARY },
    { MAESTRO_DATABASE_URL: url(), MAESTRO_SCHEMA: CANARY.slice(0, 6), PGOPTIONS: '-c nothing=1' },
  ];
  for (const env of environments) {
    counted.cases += 1;
    const argv = ['events', anId().hex, '-v'];
    const child = startProgram(argv, { cwd: folder, env, program: program.file });
    const { code, stdout, stderr } = await outcomeOf(child);
    t.true(code === 2 || code === 4, `exit ${code}\n${stderr}`);
    t.is(appearancesIn(stdout, stderr), 0, stdout + stderr);
  }
});

type Work = (database: Database) => Promise<unknown>;

test('in the errors of the library, their causes and all that can be seen of them', async (t) => {
  const [silent, gone] = [await listenSilently(), await listenAndHangUp()];
  const proxy = await startFaultProxy(Number(new URL(database.url).port));
  t.teardown(async () => void (await Promise.all([silent.close(), gone.close(), proxy.close()])));
  for (const table of ['event_log', 'snapshots'])
    await database.knex.raw(`${ONE_AT_A_TIME}; GRANT SELECT, INSERT ON "${database.schema}".${table} TO "${role}"`);
  await database.knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${database.schema}" TO "${role}"`);
  const write: Work = ({ store }) => store.commitEvents([anEvent()]);
  const event = anEvent();
  await database.store().commitEvents([event]);
  const broken =
    (text: string, forGood = false): Work =>
    (opened) => {
      proxy.breakAt(text, 'reply', { forGood });
      return opened.store.commitAll([anEvent()], [async () => {}]);
    };
  const works: readonly (readonly [connection: string, schema: string, work: Work])[] = [
    [NOWHERE, 'public', write],
    [url({ port: String(silent.port) }), database.schema, write],
    [url({ port: String(gone.port) }), database.schema, write],
    [url({ pathname: '/nothing_here' }), database.schema, write],
    [`${url()}?sslmode=require`, database.schema, write],
    [url().replace(CANARY, `${CANARY}x`), database.schema, write],
    [url(), 'nowhere', write],
    [url(), database.schema, ({ knex, schema }) => knex.raw(`DROP TABLE "${schema}".event_log`)],
    [url(), aSchemaName(), ({ knex, schema }) => migrate(knex, { schema })],
    [url(), database.schema, ({ store }) => store.commitEvents([{ ...event, sequence: 2 }])],
    [url(), database.schema, ({ store }) => store.commitAll([anEvent()], [() => Promise.reject(new Error('no'))])],
    [url(), database.schema, ({ knex }) => knex.raw('SELECT pg_sleep(60)')],
    [url({ port: String(proxy.port) }), database.schema, broken('INSERT')],
    [url({ port: String(proxy.port) }), database.schema, broken('COMMIT', true)],
    [`${NOWHERE}?sslmode=verify-full&sslrootcert=/nothing`, 'public', write],
    [`u:${CANARY}@nowhere`, 'public', write],
  ];
  for (const [connection, schema, work] of works) {
    counted.cases += 1;
    const error = await openDatabase({ url: connection, schema, timeout: 500 }).then(
      async (opened) => {
        t.teardown(() => opened.close());
        return await work(opened).catch((reason: unknown) => reason);
      },
      (reason: unknown) => reason,
    );
    t.true(error instanceof Error, `${schema}: ${String(error)}`);
    t.is(appearancesIn(allTextOf(error)), 0, allTextOf(error));
  }
});

test.after('figure', () => {
  const { cases, texts, characters, appearances } = counted;
  figure(
    'secrets',
    `a canary password in ${cases} error cases, -v included: ${appearances} appearances in ${texts} texts (${characters} characters)`,
  );
});
