import { userInfo } from 'node:os';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { addressText, isLocal, parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { ConfigurationError } from '../../../src/connection/errors.js';
import { allTextOf } from '../../support/cli/error-text.js';
import { codePoints } from '../../support/data/arbitraries.js';

const parse = (text: string) => parseDatabaseUrl(text, '--url');

/** A text that a URL can hold in one of its parts, percent-encoded: PostgreSQL itself takes no U+0000. */
const part = () =>
  fc
    .string({ unit: codePoints(), minLength: 1, maxLength: 20 })
    .filter((text) => text.isWellFormed() && !text.includes('\0') && text !== '.' && text !== '..');
const hosts = () =>
  fc.oneof(
    fc.domain(),
    fc.ipV4(),
    fc.constantFrom('localhost', 'db', '::1', '2001:db8::5', 'ABC.Example', 'under_score'),
  );
const inUrl = (host: string) => (host.includes(':') ? `[${host}]` : host);

testProp(
  'every percent-encoded part comes out as it was',
  [part(), part(), part(), hosts(), fc.option(fc.integer({ min: 1, max: 65535 })), fc.boolean()],
  (t, user, password, database, host, port, short) => {
    const credentials = `${encodeURIComponent(user)}:${encodeURIComponent(password)}`;
    const place = inUrl(host) + (port === null ? '' : `:${port}`);
    const scheme = short ? 'postgres' : 'postgresql';
    t.like(parse(`${scheme}://${credentials}@${place}/${encodeURIComponent(database)}`), {
      user,
      password,
      database,
      host,
      port: port ?? 5432,
      sslMode: 'disable',
    });
  },
);

test('what is not named is left out, or is as psql has it, but for the sslmode', (t) => {
  t.deepEqual(parse('postgres://db.example/shop'), {
    host: 'db.example',
    port: 5432,
    otherHosts: [],
    shuffled: false,
    targetSession: 'any',
    user: userInfo().username,
    password: undefined,
    passFile: undefined,
    database: 'shop',
    sslMode: 'disable',
    sslRootCert: undefined,
    sslCert: undefined,
    sslKey: undefined,
    sslPassword: undefined,
    sslCrl: undefined,
    sslNegotiation: 'postgres',
    sslVersions: { min: undefined, max: undefined },
    channelBinding: 'disable',
    applicationName: undefined,
    connectTimeout: undefined,
    options: undefined,
    keepAlive: undefined,
    pooler: undefined,
  });
});

test('every known parameter has its field', (t) => {
  const parameters =
    'sslmode=verify-full&sslrootcert=%2Fca.pem&sslcert=c.pem&sslkey=k%20.pem&application_name=shop%20%26%20co&connect_timeout=7';
  t.like(parse(`postgresql://ada@db.example/shop?${parameters}`), {
    sslMode: 'verify-full',
    sslRootCert: '/ca.pem',
    sslCert: 'c.pem',
    sslKey: 'k .pem',
    applicationName: 'shop & co',
    connectTimeout: 7,
  });
});

for (const mode of ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'] as const)
  test(`sslmode=${mode} is taken`, (t) => {
    t.is(parse(`postgres://h/d?sslmode=${mode}`).sslMode, mode);
  });

test('a socket folder is named by ?host=, by the encoded host, and with a user', (t) => {
  t.like(parse('postgres:///shop?host=/var/run/postgresql'), { host: '/var/run/postgresql', database: 'shop' });
  t.like(parse('postgres://ada:pw@%2Fvar%2Frun%2Fpostgresql:5433/shop'), {
    host: '/var/run/postgresql',
    port: 5433,
    user: 'ada',
    password: 'pw',
    database: 'shop',
  });
  t.like(parse('postgres://ada:pw@/shop?host=/var/run/postgresql'), {
    host: '/var/run/postgresql',
    user: 'ada',
    password: 'pw',
    database: 'shop',
  });
});

const REFUSED: Readonly<Record<string, readonly [url: string, message: RegExp]>> = {
  'an empty text': ['', /is empty/],
  blanks: [' \t\n', /is empty/],
  'a word': ['shop', /is not a URL/],
  'a connection string of key words': ['host=h dbname=d password=canary', /is a list like host=/],
  'a URL without slashes': ['postgres:h/d?host=x', /does not begin with postgres:\/\//],
  'a @ in the password': ['postgres://ada:x@canary@h/d', /one @ too many/],
  'a / in the password': ['postgres://ada:12/canary@h/d', /one @ too many/],
  'a ? and a parameter before the @': ['postgres://h?password=x@canary', /\? before its @/],
  'a & in a password that is a parameter': ['postgres://h/d?password=x&canary=y', /unknown parameter after a password/],
  'a line break': ['postgres://ada:can\nary@h/d', /line break/],
  'an address without its end': ['postgres://ada:canary@[::1/d', /\[ \] that does not end/],
  'a host with a blank': ['postgres://ada:canary@h h/d', /host with a character/],
  'no host among several': ['postgres://ada:canary@one,,two/d', /an empty host/],
  'another protocol': ['http://ada:canary@h/d', /begins with "http:"/],
  'the protocol of another database': ['mysql://ada:canary@h/d', /begins with "mysql:"/],
  'no protocol': ['ada:canary@h/d', /begins with "ada:"/],
  'no host': ['postgres:///d', /names no host/],
  'no host but a user': ['postgres://ada:canary@/d', /host|is not a URL/],
  'a port that is none': ['postgres://ada:canary@h:x/d', /./],
  'a port beyond 65535': ['postgres://ada:canary@h:65536/d', /./],
  'port 0': ['postgres://ada:canary@h:0/d', /port/],
  'an unknown parameter': ['postgres://ada:canary@h/d?shema=x', /unknown parameter "shema"/],
  'a parameter of another letter case': ['postgres://h/d?SSLMODE=require', /unknown parameter "SSLMODE"/],
  'a parameter twice': ['postgres://ada:canary@h/d?sslmode=require&sslmode=disable', /parameter sslmode twice/],
  'a parameter without a value': ['postgres://ada:canary@h/d?sslmode=', /sslmode without a value/],
  'an sslmode of another letter case': ['postgres://h/d?sslmode=REQUIRE', /sslmode "REQUIRE"/],
  'a fraction as connect_timeout': ['postgres://ada:canary@h/d?connect_timeout=1.5', /connect_timeout/],
  'a word as connect_timeout': ['postgres://ada:canary@h/d?connect_timeout=soon', /connect_timeout/],
  'a fragment': ['postgres://ada:canary@h/d#x', /#/],
  'a % that encodes nothing': ['postgres://ada:canary%zz@h/d', /password .* percent-encoded/],
  'bytes that are not UTF-8': ['postgres://ada%ff:canary@h/d', /user .* percent-encoded/],
  'U+0000 in the user': ['postgres://ada%00:canary@h/d', /./],
  'U+0000 in the password': ['postgres://ada:canary%00@h/d', /./],
  'U+0000 in the database': ['postgres://ada:canary@h/d%00', /./],
  'U+0000 in the host': ['postgres://ada:canary@h%00/d', /./],
  'U+0000 in a parameter': ['postgres://ada:canary@h/d?application_name=a%00b', /./],
};

for (const [what, [url, message]] of Object.entries(REFUSED))
  for (const source of ['--url', 'DATABASE_URL'])
    test(`${what} is refused, naming ${source}`, (t) => {
      const error = t.throws(() => parseDatabaseUrl(url, source), { instanceOf: ConfigurationError, message });
      t.true(error?.message.includes(source));
      t.regex(error?.message ?? '', /^[^\n]+\.$/, 'one line, a sentence');
      t.truthy(error?.hint);
      t.false(allTextOf(error).includes('canary'));
    });

/** Text around a password that people mistake for a URL, or mistype. */
const AROUND: readonly (readonly [before: string, after: string])[] = [
  ['postgres://ada:', '@h/d'],
  ['postgres://ada:', '@h'],
  ['postgres://ada:', '@h:x/d'],
  ['postgres://ada:', '@h/d?sslmode=always'],
  ['postgres://ada:', '@one:1,two:2/d?schema=x'],
  ['postgres://ada@h/d?user=eve&password=', '&dbname=x'],
  ['postgres://h?password=', ''],
  ['postgres://ada:', '@h/d?shema=x'],
  ['postgres://ada:', '@h/d?connect_timeout=x'],
  ['postgres://ada:', '@/d'],
  ['postgres://ada:', '@one,two/d'],
  ['postgres://ada:', '@h/d#x'],
  ['postgres://:', '@h/d'],
  ['postgres:ada:', '@h/d'],
  ['postgresql//ada:', '@h/d'],
  ['http://ada:', '@h/d'],
  ['ada:', '@h/d'],
  ['host=h password=', ' dbname=d'],
  ['postgres://ada@h/d?password=', ''],
  ['postgres://ada@h/d?sslpassword=', '&sslmode=require'],
];

/** A password and what is around it: before and after it, its own three parts, and whether it is percent-encoded. */
type Written = [(typeof AROUND)[number], string, string, string, boolean];

/** Characters with a meaning in a URL: a password with one is cut in two when it is not percent-encoded. */
const special = () => fc.string({ unit: fc.constantFrom(...'?#/@:%&=+,.[]\\ 1a'), maxLength: 3 });

testProp(
  'a password is in no error and no location, however it is written and whatever else is wrong',
  [fc.constantFrom(...AROUND), special(), fc.stringMatching(/^canary[a-z]{10}$/), special(), fc.boolean()],
  (t, [before, after], prefix, canary, suffix, encoded) => {
    const password = prefix + canary + suffix;
    const text = before + (encoded ? encodeURIComponent(password) : password) + after;
    try {
      t.false(addressText(parse(text)).includes(canary), `shown as the location of ${text}`);
    } catch (error) {
      t.true(error instanceof ConfigurationError, String(error));
      t.false(allTextOf(error).includes(canary), `shown in the error for ${text}`);
    }
  },
  {
    numRuns: 3000,
    examples: ['?', '12?', '12/', '#', '&', '@'].flatMap((prefix) =>
      ['', '=', '/', '?'].map((suffix): Written => [
        ['postgres://ada:', '@h/d'],
        prefix,
        'canaryexample',
        suffix,
        false,
      ]),
    ),
  },
);

test('a location names user, host, port and database', (t) => {
  t.is(addressText(parse('postgres://ada:secret@db.example/shop')), 'ada@db.example:5432/shop');
  t.is(addressText(parse('postgres://ada@one,two:5433/shop')), 'ada@one:5432,two:5433/shop');
  t.is(addressText(parse('postgres://ada@[::1]:5433/shop')), 'ada@[::1]:5433/shop');
});

test('local are the loopback addresses, localhost and socket folders', (t) => {
  for (const host of ['localhost', '127.0.0.1', '127.1.2.3', '::1', '/tmp']) t.true(isLocal(host), host);
  for (const host of ['db', '10.0.0.1', '127.0.0.1.example', 'localhost.example', '::2', '128.0.0.1', '0127.0.0.1'])
    t.false(isLocal(host), host);
});
