import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { exitCodeFor, UNAVAILABLE } from '../../../src/cli/exit-codes.js';
import { parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { type Login, passwordFor, passwordInFile } from '../../../src/connection/server/password.js';
import { openServer } from '../../../src/connection/server/server.js';
import { LoginRefusedError } from '../../../src/store/errors.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testKnex, testUrl, useTemporaryFolder } from '../../support/database.js';
import { failureOf } from '../../support/cli/error-text.js';
import { anId } from '../../support/data/factories.js';

const folder = useTemporaryFolder(test);
const address = parseDatabaseUrl(testUrl(), 'the test');

function passwordFile(name: string, text: string, mode = 0o600): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  chmodSync(path, mode);
  return path;
}

const LOGIN = { host: 'db.example', port: 5432, user: 'ada', database: 'bank' };
const LINES: [line: string, login: Login, password: string | undefined][] = [
  ['db.example:5432:bank:ada:secret', LOGIN, 'secret'],
  ['*:*:*:*:secret', LOGIN, 'secret'],
  ['db.example:5432:bank:ada:sec\\:ret\\\\', LOGIN, 'sec:ret\\'],
  ['db.example:5432:bank:ada:with:colon', LOGIN, 'with:colon'],
  ['db\\:example:5432:bank:ada:secret', { ...LOGIN, host: 'db:example' }, 'secret'],
  ['localhost:*:*:ada:secret', { ...LOGIN, host: '/run/postgresql' }, 'secret'],
  ['/run/postgresql:*:*:ada:secret', { ...LOGIN, host: '/run/postgresql' }, 'secret'],
  ['# db.example:5432:bank:ada:secret', LOGIN, undefined],
  ['other.example:5432:bank:ada:secret', LOGIN, undefined],
  ['db.example:5433:bank:ada:secret', LOGIN, undefined],
  ['db.example:5432:shop:ada:secret', LOGIN, undefined],
  ['db.example:5432:bank:bob:secret', LOGIN, undefined],
  ['db.example:5432:bank:ada:', LOGIN, undefined],
  ['db.example:5432:bank', LOGIN, undefined],
];

for (const [index, [line, login, password]] of LINES.entries())
  test(`the line ${line} gives ${password ?? 'no password'} to ${login.host ?? ''}`, (t) => {
    t.is(passwordInFile(passwordFile(`line-${index}`, `\r\n${line}\r\n*:*:*:nobody:other\n`), login), password);
  });

test('the first line that fits is taken', (t) => {
  t.is(passwordInFile(passwordFile('two', '*:*:*:ada:first\n*:*:*:ada:second\n'), LOGIN), 'first');
});

test('a password file that others may read is not used, and it is said', (t) => {
  const warnings: string[] = [];
  const file = passwordFile('open', '*:*:*:*:secret', 0o644);
  t.is(
    passwordInFile(file, LOGIN, (message) => warnings.push(message)),
    undefined,
  );
  t.regex(warnings.join(), /other users can read it; .*chmod 600/);
});

test('a server that asks for a password that was not given: the error says where it can be given', async (t) => {
  const none = { password: undefined, passFile: join(folder, 'nothing') };
  const database = openServer({ ...address, ...none }, { schema: 'public' });
  t.teardown(() => database.close());
  const error = await failureOf(database.store.getEvents(anId(), 1));
  t.true(error instanceof LoginRefusedError);
  t.is(error.message, 'The server asks for a password, but none was given.');
  t.regex(error.hint ?? '', /URL.*PGPASSWORD.*host:port:database:user:password/);
  t.is(exitCodeFor(error), UNAVAILABLE);
  t.throws(() => passwordFor(none)(LOGIN), { instanceOf: LoginRefusedError });
});

test('a Knex instance of the application without a password is told the same in short', async (t) => {
  const url = new URL(testUrl());
  const config = { host: url.hostname, port: Number(url.port), user: url.username, database: url.pathname.slice(1) };
  const knex = testKnex({ connection: { ...config, password: () => undefined as never } });
  t.teardown(() => knex.destroy());
  const error = await failureOf(new PostgresStore(knex).getEvents(anId(), 1));
  t.true(error instanceof LoginRefusedError);
  t.regex(error.hint ?? '', /PGPASSWORD/);
});

test('a password from a file is used without a warning of Node.js', async (t) => {
  const warnings: Error[] = [];
  const note = (warning: Error) => void warnings.push(warning);
  process.on('warning', note);
  t.teardown(() => process.off('warning', note));
  const passFile = passwordFile('right', `*:*:*:*:${address.password ?? ''}\n`);
  const database = openServer({ ...address, password: undefined, passFile }, { schema: 'public' });
  t.teardown(() => database.close());
  t.deepEqual((await database.knex.raw('SELECT 1 AS one')).rows, [{ one: 1 }]);
  await new Promise((resolve) => setImmediate(resolve));
  t.deepEqual(warnings, []);
});

test.serial('variables for the password that are set to nothing count as not set, as for psql', async (t) => {
  const before = { PGPASSWORD: process.env['PGPASSWORD'], PGPASSFILE: process.env['PGPASSFILE'] };
  t.teardown(() => {
    for (const [name, value] of Object.entries(before))
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
  });
  Object.assign(process.env, { PGPASSWORD: '', PGPASSFILE: '' });
  const passFile = passwordFile('empty', '*:*:*:*:secret\n');
  t.is(passwordFor({ password: undefined, passFile })(LOGIN), 'secret');
  const nobody = { ...LOGIN, user: 'nobody at all' };
  const error = t.throws<LoginRefusedError>(() => passwordFor({ password: undefined })(nobody));
  t.regex(error?.hint ?? '', /to \S*pgpass\S*\.$/);
  const read = parseDatabaseUrl('postgres://ada@db/bank', '--url', process.env);
  t.deepEqual([read.password, read.passFile], [undefined, undefined]);
});
