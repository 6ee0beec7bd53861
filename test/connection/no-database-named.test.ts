import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { ConnectionConfig } from '../../src/connection/settings.js';
import { connectionSettings, programSettings } from '../../src/connection/settings.js';
import { ConfigurationError } from '../../src/connection/errors.js';
import { openDatabase } from '../../src/connection/open-database.js';
import { NotMigratedError } from '../../src/store/errors.js';
import { useTemporaryFolder } from '../support/database.js';
import { allTextOf } from '../support/cli/error-text.js';

const temporary = useTemporaryFolder(test);
const aFolder = () => mkdtempSync(join(temporary, 'here-'));

/** Variables that would decide here instead of the test. */
const AROUND = [
  'MAESTRO_TEST_URL',
  'CI',
  'NODE_ENV',
  'MAESTRO_DATABASE_URL',
  'DATABASE_URL',
  'PGHOST',
  'PGDATABASE',
  'PGUSER',
];

/** Opens a database as a program does in a folder of its own, with these variables and no others of those that matter. */
async function openAsProgram(
  options: Parameters<typeof openDatabase>[0] | undefined,
  environment: Readonly<Record<string, string>> = {},
  folder = aFolder(),
): Promise<string> {
  const workingDirectory = process.cwd();
  const before = new Map(AROUND.map((name) => [name, process.env[name]]));
  for (const name of AROUND) delete process.env[name];
  Object.assign(process.env, environment);
  process.chdir(folder);
  try {
    const database = await (options === undefined ? openDatabase() : openDatabase(options));
    await database.close();
    return database.location;
  } finally {
    process.chdir(workingDirectory);
    for (const name of Object.keys(environment)) delete process.env[name];
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  }
}

test.serial('a program that says nothing means the embedded database', async (t) => {
  const folder = aFolder();
  for (const options of [undefined, {}] as const)
    await t.throwsAsync(openAsProgram({ ...options, create: false }, {}, folder), {
      instanceOf: NotMigratedError,
      message: new RegExp(join(realpathSync(folder), '.maestro', 'data').replace(/[.\\]/g, '\\$&')),
    });
  t.deepEqual(readdirSync(folder), []);
});

/** Arguments for openDatabase() that name no database, though they were meant to. */
const MEANT: Readonly<Record<string, readonly [options: unknown, message: RegExp]>> = {
  'a variable that is not set': [
    { url: process.env['MAESTRO_NEVER_SET'] },
    /`url` of openDatabase\(\) has no value: it is undefined/,
  ],
  'a variable that is set to nothing': [{ url: '' }, /`url` of openDatabase\(\) is empty/],
  blanks: [{ url: ' \n' }, /`url` of openDatabase\(\) is empty/],
  null: [{ url: null }, /has no value: it is null/],
  'a number': [{ url: 5432 }, /`url` of openDatabase\(\) is not a string/],
  'a URL object under the key': [
    { url: new URL('postgres://ada:canary@h/d') },
    /`url` of openDatabase\(\) is not a string/,
  ],
  'a folder that is undefined': [{ dataDir: undefined }, /`dataDir` of openDatabase\(\) has no value: it is undefined/],
  'a folder without a name': [{ dataDir: '' }, /`dataDir` of openDatabase\(\) is empty/],
  'a schema that is undefined': [
    { dataDir: 'd', schema: undefined },
    /`schema` of openDatabase\(\) has no value: it is undefined/,
  ],
  'a schema without a name': [{ dataDir: 'd', schema: '' }, /`schema` of openDatabase\(\) is empty/],
  'a pooler that is undefined': [
    { dataDir: 'd', pooler: undefined },
    /`pooler` of openDatabase\(\) has no value: it is undefined/,
  ],
  'a URL by itself': ['postgres://ada:canary@h/d', /takes an object with options, not a string/],
  'a URL object by itself': [
    new URL('postgres://ada:canary@h/d'),
    /takes an object with options, not an object of a class/,
  ],
  'a list': [['postgres://ada:canary@h/d'], /not a list/],
  'nothing but null': [null, /not null/],
  'a function': [() => 'postgres://h/d', /not a function/],
  'the key of another driver': [{ uri: 'postgres://ada:canary@h/d' }, /does not take the option "uri"/],
  'the key of node-postgres': [
    { connectionString: 'postgres://ada:canary@h/d' },
    /does not take the option "connectionString"/,
  ],
  'the key of the configuration file': [
    { connection: 'postgres://ada:canary@h/d' },
    /does not take the option "connection"/,
  ],
  'a mistyped key': [{ Url: 'postgres://ada:canary@h/d' }, /does not take the option "Url"/],
  'a URL as a key': [{ 'postgres://ada:canary@h/d': true }, /does not take the option that is given/],
};

test.serial('a program that means a database, but names none, is refused, and nothing is made', async (t) => {
  const folder = aFolder();
  for (const [what, [options, message]] of Object.entries(MEANT)) {
    const opening = openAsProgram(options as Parameters<typeof openDatabase>[0], {}, folder);
    const error = await t.throwsAsync(opening, { instanceOf: ConfigurationError, message }, what);
    t.truthy(error?.hint, what);
    t.false(allTextOf(error).includes('canary'), what);
  }
  t.deepEqual(readdirSync(folder), []);
});

test('the page of opening a database has every option that there is, and no other', async (t) => {
  const error = await t.throwsAsync(openDatabase({ nope: true } as never), { instanceOf: ConfigurationError });
  const [, options = ''] = /Its options are (.*)\.$/.exec(error.hint ?? '') ?? [];
  const page = readFileSync(new URL('../../docs/opening.md', import.meta.url), 'utf8');
  const documented = [...page.matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
  t.deepEqual(documented.toSorted(), options.split(', ').toSorted());
});

test('`{ url: process.env.DATABASE_URL }` compiles, and so does it in a configuration', (t) => {
  const config: ConnectionConfig = { connection: process.env['MAESTRO_NEVER_SET'] };
  t.throws(() => connectionSettings({}, {}, config), {
    instanceOf: ConfigurationError,
    message: /`connection` in the configuration file has no value: it is undefined/,
  });
});

test('what a configuration says is looked at only when nothing before it decided', (t) => {
  const config = { connection: undefined, schema: undefined, pooler: undefined };
  t.like(connectionSettings({ url: 'postgres://h/d', schema: 's', pooler: 'transaction' }, {}, config), {
    schema: 's',
  });
  for (const key of ['connection', 'dataDir', 'schema', 'pooler'])
    for (const value of [undefined, null, '', ' '])
      t.throws(() => connectionSettings({}, {}, { [key]: value }), {
        instanceOf: ConfigurationError,
        message: new RegExp(`\`${key}\` in the configuration file (has no value: it is (undefined|null)|is empty)`),
      });
});

test('a variable that is set to nothing is refused, naming it, and never means another database', (t) => {
  for (const name of ['MAESTRO_DATABASE_URL', 'DATABASE_URL', 'PGHOST', 'PGHOSTADDR', 'PGDATABASE', 'PGSERVICE'])
    t.throws(() => connectionSettings({}, { [name]: '' }), {
      instanceOf: ConfigurationError,
      message: new RegExp(`^${name} is empty`),
    });
});

/** Surroundings in which nobody would notice a throwaway database, and some that only look like it. */
const UNATTENDED: readonly (readonly [environment: Readonly<Record<string, string>>, refused: boolean])[] = [
  [{ CI: 'true' }, true],
  [{ CI: '1' }, true],
  [{ CI: 'woodpecker' }, true],
  [{ NODE_ENV: 'production' }, true],
  [{ CI: '' }, false],
  [{ CI: '0' }, false],
  [{ CI: 'false' }, false],
  [{ CI: 'FALSE' }, false],
  [{ NODE_ENV: 'test' }, false],
];

test('in a CI job and in production the embedded database needs its folder named', (t) => {
  for (const [environment, refused] of UNATTENDED) {
    const message = environment['CI'] === undefined ? /NODE_ENV=production/ : /when CI is set/;
    for (const [decide, hint] of [
      [() => connectionSettings({}, environment), /--url.*--data-dir/],
      [() => programSettings({}, { environment }), /openDatabase\(\{ dataDir \}\)/],
    ] as const)
      if (refused) t.regex(t.throws(decide, { instanceOf: ConfigurationError, message })?.hint ?? '', hint);
      else t.deepEqual(decide().target, { dataDir: '.maestro/data' });
    t.deepEqual(connectionSettings({ dataDir: 'here' }, environment).target, { dataDir: 'here' });
    t.deepEqual(connectionSettings({}, environment, { dataDir: 'there' }).target, { dataDir: 'there' });
    t.deepEqual(programSettings({ dataDir: 'here' }, { environment }).target, { dataDir: 'here' });
    t.like(connectionSettings({}, { ...environment, DATABASE_URL: 'postgres://h/d' }).target, {
      server: { host: 'h' },
    });
  }
});

test.serial('a program is refused there, too, and makes nothing', async (t) => {
  const folder = aFolder();
  for (const environment of [{ CI: 'true' }, { NODE_ENV: 'production' }] as readonly Record<string, string>[])
    await t.throwsAsync(openAsProgram(undefined, environment, folder), {
      instanceOf: ConfigurationError,
      message: /the embedded database is not the default when/,
    });
  t.deepEqual(readdirSync(folder), []);
});

test.serial('a program does not pass over a database that its environment names, nor take it', async (t) => {
  for (const name of ['MAESTRO_DATABASE_URL', 'DATABASE_URL', 'PGHOST', 'PGDATABASE']) {
    const error = await t.throwsAsync(openAsProgram(undefined, { [name]: 'postgres://ada:canary@h/d' }), {
      instanceOf: ConfigurationError,
      message: new RegExp(`names no database, but ${name} is set`),
    });
    t.false(allTextOf(error).includes('canary'));
  }
});

test.serial('a program that names a server leaves the rest to PGUSER and its like, as psql does', async (t) => {
  const location = await openAsProgram({ url: 'postgres://127.0.0.1:1' }, { PGUSER: 'ada', PGDATABASE: 'shop' });
  t.is(location, 'ada@127.0.0.1:1/shop');
});

test('PGHOST and its like name the server when nothing else does', (t) => {
  const named = (environment: Record<string, string>, config: ConnectionConfig = {}) =>
    connectionSettings({}, environment, config).target;
  t.like(named({ PGHOST: 'db', PGPORT: '5433', PGUSER: 'ada', PGDATABASE: 'shop', PGSSLMODE: 'require' }), {
    server: { host: 'db', port: 5433, user: 'ada', database: 'shop', sslMode: 'require' },
  });
  t.like(named({ PGHOSTADDR: '10.0.0.5', PGUSER: 'ada' }), { server: { host: '10.0.0.5', database: 'ada' } });
  t.like(named({ PGHOST: 'db', DATABASE_URL: 'postgres://other/d' }), { server: { host: 'other' } });
  t.like(named({ PGHOST: 'db' }, { connection: 'postgres://other/d' }), { server: { host: 'other' } });
  t.deepEqual(named({ PGHOST: 'db' }, { dataDir: 'there' }), { dataDir: 'there' });
  t.deepEqual(connectionSettings({ dataDir: 'here' }, { PGHOST: 'db' }).target, { dataDir: 'here' });
  t.throws(() => named({ PGDATABASE: 'shop' }), {
    instanceOf: ConfigurationError,
    message: /of PGDATABASE names no host/,
  });
  t.throws(() => named({ PGSERVICE: 'shop', PGSERVICEFILE: '/nowhere' }), {
    instanceOf: ConfigurationError,
    message: /PGSERVICE names the service "shop", which is not in/,
  });
  // Who and how alone are no database: many have them in their shell for all.
  t.deepEqual(named({ PGUSER: 'ada', PGPASSWORD: 'pw', PGPORT: '5433', PGSSLMODE: 'require' }), {
    dataDir: '.maestro/data',
  });
});

test('a variable that is easily taken for ours is not passed over', (t) => {
  for (const name of ['MAESTRO_URL', 'MAESTRO_DB_URL', 'MAESTRO_DATA_DIR', 'POSTGRES_URL'])
    t.throws(() => connectionSettings({}, { [name]: 'x' }), {
      instanceOf: ConfigurationError,
      message: new RegExp(`${name} is set, but Maestro does not read it`),
    });
  t.notThrows(() => connectionSettings({ dataDir: 'here' }, { POSTGRES_URL: 'x' }));
});

test('a variable of any name that holds the URL of a server is not passed over, and its value never shown', (t) => {
  for (const value of ['postgres://ada:canary@h/d', 'postgresql://ada:canary@h/d']) {
    for (const decide of [
      () => connectionSettings({}, { SHOP_DB: value }),
      () => programSettings({}, { environment: { SHOP_DB: value } }),
    ]) {
      const error = t.throws(decide, { instanceOf: ConfigurationError, message: /: SHOP_DB holds the URL/ });
      t.regex(error?.hint ?? '', /^If that server is meant, set DATABASE_URL/);
      t.false(allTextOf(error).includes('canary'));
    }
    t.notThrows(() => connectionSettings({ dataDir: 'here' }, { SHOP_DB: value }));
    t.notThrows(() => connectionSettings({}, { SHOP_DB: value, DATABASE_URL: 'postgres://h/d' }));
  }
  t.notThrows(() => connectionSettings({}, { SHOP: 'see postgres://h/d', OTHER: 'mysql://h/d' }));
});

test('files beside .env that set variables are looked at like it, and those that only show how to write one are not', (t) => {
  for (const [name, refused] of [
    ['.env.local', true],
    ['.env.production', true],
    ['.envrc', true],
    ['.env.example', false],
    ['.env.local.sample', false],
    ['.env.template', false],
    ['.env.dist', false],
    ['.environment', false],
    ['my.env', false],
  ] as const) {
    const folder = aFolder();
    writeFileSync(join(folder, name), 'export DATABASE_URL=postgres://ada:canary@h/d\n');
    const decide = () => connectionSettings({}, {}, {}, folder);
    if (!refused) t.notThrows(decide, name);
    else {
      const error = t.throws(decide, { instanceOf: ConfigurationError }, name);
      t.true(error?.message.includes(`the file ${name} here sets DATABASE_URL`));
      t.false(allTextOf(error).includes('canary'));
    }
  }
});

test('a file .env that names a database is not read, and not passed over', (t) => {
  const folder = aFolder();
  const decide = () => connectionSettings({}, {}, {}, folder);
  for (const [text, name] of [
    ['DATABASE_URL=postgres://ada:canary@h/d\n', 'DATABASE_URL'],
    ['# x\nexport MAESTRO_DATABASE_URL="postgres://ada:canary@h/d"\n', 'MAESTRO_DATABASE_URL'],
    ['PGHOST=db\n', 'PGHOST'],
    ['POSTGRES_URL=postgres://ada:canary@h/d\n', 'POSTGRES_URL'],
    ['SHOP_DB="postgresql://ada:canary@h/d"\n', 'SHOP_DB'],
  ] as const) {
    writeFileSync(join(folder, '.env'), text);
    const error = t.throws(decide, { instanceOf: ConfigurationError, message: new RegExp(`\\.env here sets ${name}`) });
    t.regex(error?.hint ?? '', /--env-file=\.env/);
    t.false(allTextOf(error).includes('canary'));
    t.throws(() => programSettings({}, { environment: {}, workingDirectory: folder }), {
      instanceOf: ConfigurationError,
    });
  }
  t.deepEqual(connectionSettings({ dataDir: 'here' }, {}, {}, folder).target, { dataDir: 'here' });
  const inCi = t.throws(() => connectionSettings({}, { CI: 'true' }, {}, folder), {
    instanceOf: ConfigurationError,
    message: /when CI is set\. The file \.env here sets SHOP_DB, but is not read\.$/,
  });
  t.regex(inCi?.hint ?? '', /^Load it .*--data-dir/);
  writeFileSync(join(folder, '.env'), 'PORT=3000\n# DATABASE_URL=postgres://h/d\n');
  t.deepEqual(decide().target, { dataDir: '.maestro/data' });
  const other = aFolder();
  mkdirSync(join(other, '.env'));
  t.deepEqual(connectionSettings({}, {}, {}, other).target, { dataDir: '.maestro/data' });
});
