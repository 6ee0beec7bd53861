import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { ConfigurationError } from '../../src/connection/errors.js';
import { openDatabase } from '../../src/connection/open-database.js';
import { connectionSettings } from '../../src/connection/settings.js';
import { InvalidArgumentError } from '../../src/errors.js';
import { allTextOf } from '../support/cli/error-text.js';

const URL_SOURCES = ['--url', 'MAESTRO_DATABASE_URL', 'DATABASE_URL', 'connection'] as const;

/** Settings in which each named source names a server of its own. */
function settingsWith(urls: Partial<Record<(typeof URL_SOURCES)[number], string>>) {
  const { '--url': url, connection, ...environment } = urls;
  return connectionSettings(
    url === undefined ? {} : { url },
    environment,
    connection === undefined ? {} : { connection },
  );
}

testProp(
  '--url wins over MAESTRO_DATABASE_URL over DATABASE_URL over `connection` over the embedded database',
  [fc.subarray([...URL_SOURCES])],
  (t, given) => {
    const urls = Object.fromEntries(
      given.map((source) => [source, `postgres://host-of${source.replaceAll('_', '-')}/d`]),
    );
    const { target } = settingsWith(urls);
    const [first] = given;
    if (first === undefined) t.deepEqual(target, { dataDir: '.maestro/data' });
    else t.is('server' in target ? target.server.host : undefined, `host-of${first.replaceAll('_', '-')}`);
  },
);

testProp(
  'a bad URL is refused, naming its source, however good those behind it are; those behind it are not looked at',
  [
    fc.nat(URL_SOURCES.length - 1),
    fc.constantFrom('', ' ', '\t\n', 'canary', 'mysql://ada:canary@h/d', 'postgres://ada:canary@', 'postgres:///d'),
  ],
  (t, index, bad) => {
    const name = URL_SOURCES[index] as (typeof URL_SOURCES)[number];
    const behind = URL_SOURCES.slice(index + 1).map((source) => [source, 'postgres://h/d'] as const);
    const error = t.throws(() => settingsWith(Object.fromEntries([[name, bad], ...behind])), {
      instanceOf: ConfigurationError,
    });
    t.true(error?.message.includes(name), error?.message);
    t.false(allTextOf(error).includes('canary'));
    const before = URL_SOURCES.slice(0, index).map((source) => [source, 'postgres://before/d'] as const);
    if (before.length > 0) t.notThrows(() => settingsWith(Object.fromEntries([...before, [name, bad]])));
  },
);

test('--data-dir wins over every URL of the environment and the configuration', (t) => {
  const environment = { MAESTRO_DATABASE_URL: 'postgres://h/d', DATABASE_URL: '' };
  const { target } = connectionSettings({ dataDir: 'here' }, environment, { connection: 'nonsense', dataDir: 'there' });
  t.deepEqual(target, { dataDir: 'here' });
});

test('a URL of the environment wins over `dataDir` of the configuration, and so does `connection`', (t) => {
  t.like(connectionSettings({}, { DATABASE_URL: 'postgres://h/d' }, { dataDir: 'there' }).target, {
    server: { host: 'h' },
  });
  t.like(connectionSettings({}, {}, { dataDir: 'there', connection: 'postgres://h/d' }).target, {
    server: { host: 'h' },
  });
  t.deepEqual(connectionSettings({}, {}, { dataDir: 'there' }).target, { dataDir: 'there' });
});

test('--url and --data-dir together are refused', (t) => {
  t.throws(() => connectionSettings({ url: 'postgres://ada:canary@h/d', dataDir: 'here' }), {
    instanceOf: ConfigurationError,
    message: /--url and --data-dir/,
  });
});

for (const blank of ['', '  ']) {
  test(`${JSON.stringify(blank)} as a data folder is refused, naming its source`, (t) => {
    t.throws(() => connectionSettings({ dataDir: blank }), { instanceOf: ConfigurationError, message: /--data-dir/ });
    t.throws(() => connectionSettings({}, {}, { dataDir: blank }), {
      instanceOf: ConfigurationError,
      message: /dataDir/,
    });
  });

  test(`${JSON.stringify(blank)} as a schema is refused from each source, not passed over`, (t) => {
    for (const choose of [
      () => connectionSettings({ schema: blank }, { MAESTRO_SCHEMA: 'other' }),
      () => connectionSettings({}, { MAESTRO_SCHEMA: blank }, { schema: 'other' }),
      () => connectionSettings({}, {}, { schema: blank }),
    ])
      t.throws(choose, { instanceOf: ConfigurationError, message: /(--schema|MAESTRO_SCHEMA|`schema` .*) is empty/ });
  });
}

testProp(
  '--schema wins over MAESTRO_SCHEMA over `schema` over public',
  [fc.subarray(['flag', 'environment', 'file'])],
  (t, given) => {
    const under = (key: string, source: string) => (given.includes(source) ? { [key]: `of_${source}` } : {});
    const { schema } = connectionSettings(
      under('schema', 'flag'),
      under('MAESTRO_SCHEMA', 'environment'),
      under('schema', 'file'),
    );
    t.is(schema, given[0] === undefined ? 'public' : `of_${given[0]}`);
  },
);

testProp(
  'a schema name is a letter or underscore and up to 62 letters, digits, underscores or dollar signs',
  [
    fc.oneof(
      fc.stringMatching(/^[A-Za-z_][A-Za-z0-9_$]{0,70}$/),
      fc.string({ maxLength: 65 }),
      fc.constantFrom('é', 'a b', '1a', '$a', 'a"b', 'a;b', 'a\n', 'a.b', 'a-b', 'A'.repeat(63), 'A'.repeat(64)),
    ),
  ],
  (t, schema) => {
    const legal =
      schema.length >= 1 &&
      schema.length <= 63 &&
      [...schema].every((c, i) => /[A-Za-z_]/.test(c) || (i > 0 && /[0-9$]/.test(c)));
    if (legal) t.is(connectionSettings({ schema }).schema, schema);
    else if (schema.trim() === '') t.throws(() => connectionSettings({ schema }), { instanceOf: ConfigurationError });
    else t.throws(() => connectionSettings({ schema }), { instanceOf: InvalidArgumentError });
  },
);

test('the pooler is "transaction" or none, and the flag wins over the file', (t) => {
  t.is(connectionSettings({}).pooler, undefined);
  t.is(connectionSettings({ pooler: 'transaction' }).pooler, 'transaction');
  t.is(connectionSettings({}, {}, { pooler: 'transaction' }).pooler, 'transaction');
  t.is(connectionSettings({ pooler: 'transaction' }, {}, { pooler: 'session' as 'transaction' }).pooler, 'transaction');
});

testProp('every other pooler is refused', [fc.oneof(fc.string(), fc.constantFrom('session', ''))], (t, pooler) => {
  fc.pre(pooler !== 'transaction');
  t.throws(() => connectionSettings({ pooler }), { instanceOf: ConfigurationError, message: /pooler/ });
});

test('a program that names a server gets it without a connection being made', async (t) => {
  const database = await openDatabase({ url: 'postgres://ada:canary@127.0.0.1:1/shop', schema: 'mine' });
  t.like(database, { embedded: false, schema: 'mine', location: 'ada@127.0.0.1:1/shop' });
  await database.close();
  await database.close();
});
