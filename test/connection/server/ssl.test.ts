import { generateKeyPairSync } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { exitCodeFor, UNAVAILABLE } from '../../../src/cli/exit-codes.js';
import { parseDatabaseUrl, type ServerAddress } from '../../../src/connection/address/database-url.js';
import { ConfigurationError } from '../../../src/connection/errors.js';
import { openServer } from '../../../src/connection/server/server.js';
import { allowsPlaintext, isSslMode, SSL_MODES, type SslMode, sslOptions } from '../../../src/connection/server/ssl.js';
import { makeAuthority } from '../../support/servers/certificates.js';
import { testUrl, useTemporaryFolder, useTestDatabase } from '../../support/database.js';
import { failureOf } from '../../support/cli/error-text.js';
import { anId } from '../../support/data/factories.js';
import { listenWithTls, type TlsFront } from '../../support/servers/tcp.js';
import { recordWire } from '../../support/servers/wire-recorder.js';

const database = useTestDatabase(test);
const folder = useTemporaryFolder(test);
const address = parseDatabaseUrl(testUrl(), 'the test');

const authority = makeAuthority('Test authority');
const stranger = makeAuthority('Another authority');
const rootCert = file('ca.pem', authority.cert);
const strangersRootCert = file('stranger.pem', stranger.cert);

const encryptedKey = file(
  'encrypted.key',
  generateKeyPairSync('ec', { namedCurve: 'P-256' })
    .privateKey.export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'secret' })
    .toString(),
);

test('a private key that is encrypted is not taken for none', (t) => {
  const files = { ...NO_FILES, sslMode: 'require' as const, sslCert: rootCert, sslKey: encryptedKey };
  const error = t.throws(() => sslOptions(files), { instanceOf: ConfigurationError });
  t.regex(error.message, /encrypted\.key, is encrypted, and sslpassword is missing/);
  t.regex(error.hint ?? '', /sslpassword.*openssl pkey/);
});

const NO_FILES = { sslRootCert: undefined, sslCert: undefined, sslKey: undefined };
const fronts: Record<string, TlsFront> = {};

test.before(async () => {
  for (const [name, hosts] of Object.entries({ own: ['localhost', '127.0.0.1'], foreign: ['db.example', '10.0.0.1'] }))
    fronts[name] = await listenWithTls(address.port, { ...authority.issue(...hosts), authority: authority.cert });
});
test.after.always(() => Promise.all(Object.values(fronts).map((front) => front.close())));

/** Reads through a server's TLS front: resolves to the events, of which there are none. */
async function readThrough(front: TlsFront | undefined, changes: Partial<ServerAddress>): Promise<unknown> {
  const opened = openServer({ ...address, port: front?.port ?? 0, ...changes }, { schema: database.schema });
  try {
    return await opened.store.getEvents(anId(), 1);
  } finally {
    await opened.close();
  }
}

/** Connections that each mode makes or refuses, to a server whose certificate is for this host or for another one. */
const HANDSHAKES: readonly (readonly [SslMode, 'own' | 'foreign', ca: string | undefined, connects: boolean])[] = [
  ['require', 'own', undefined, true],
  ['require', 'foreign', undefined, true],
  ['verify-ca', 'own', rootCert, true],
  ['verify-ca', 'foreign', rootCert, true],
  ['verify-ca', 'own', strangersRootCert, false],
  ['verify-ca', 'own', undefined, false],
  ['verify-ca', 'own', 'system', false],
  ['verify-full', 'own', rootCert, true],
  ['verify-full', 'foreign', rootCert, false],
  ['verify-full', 'own', strangersRootCert, false],
  ['verify-full', 'own', undefined, false],
  ['verify-full', 'own', 'system', false],
];

for (const host of ['localhost', '127.0.0.1'])
  for (const [sslMode, server, sslRootCert, connects] of HANDSHAKES) {
    const signer = { [rootCert]: 'with its authority', [strangersRootCert]: "with a stranger's authority" };
    const ca = signer[sslRootCert ?? ''] ?? `with ${sslRootCert ?? 'no'} authority`;
    test(`${sslMode} ${connects ? 'accepts' : 'refuses'} the ${server} certificate of ${host} ${ca}`, async (t) => {
      const reading = readThrough(fronts[server], { host, sslMode, sslRootCert });
      if (connects) {
        t.deepEqual(await reading, []);
        return;
      }
      const error = await failureOf(reading);
      t.is(exitCodeFor(error), UNAVAILABLE, `${error.name}: ${error.message}`);
      t.regex(error.message, /certificate|altname/i);
      t.truthy(error.hint);
    });
  }

test('a certificate of the client is shown to the server', async (t) => {
  const client = authority.issue('ada');
  const front = await listenWithTls(address.port, { ...authority.issue('localhost'), authority: authority.cert });
  t.teardown(() => front.close());
  const files = {
    sslRootCert: rootCert,
    sslCert: file('client.pem', client.cert),
    sslKey: file('client.key', client.key),
  };

  t.deepEqual(await readThrough(front, { host: 'localhost', sslMode: 'verify-full', ...files }), []);

  t.deepEqual(front.clients, ['ada']);
});

for (const sslMode of SSL_MODES.filter((mode) => !allowsPlaintext(mode)))
  test(`${sslMode} never goes on in plaintext when the server has no TLS`, async (t) => {
    const recorder = await recordWire(address.port);
    t.teardown(() => recorder.close());
    const opened = openServer({ ...address, port: recorder.port, sslMode }, { schema: database.schema });
    t.teardown(() => opened.close());

    const error = await failureOf(opened.store.getEvents(anId(), 1));

    t.regex(error.message, /does not support encrypted connections/);
    t.is(exitCodeFor(error), UNAVAILABLE);
    t.true(recorder.sslRequests > 0);
    t.deepEqual(recorder.startupParameters, []);
  });

test('disable asks for no TLS, whatever PGSSLMODE says', async (t) => {
  process.env['PGSSLMODE'] = 'require';
  t.teardown(() => {
    delete process.env['PGSSLMODE'];
  });
  const recorder = await recordWire(address.port);
  t.teardown(() => recorder.close());
  const opened = openServer({ ...address, port: recorder.port }, { schema: database.schema });
  t.teardown(() => opened.close());

  t.deepEqual(await opened.store.getEvents(anId(), 1), []);

  t.is(recorder.sslRequests, 0);
  t.is(recorder.startupParameters.length, 1);
});

test('the modes are those of PostgreSQL', (t) => {
  t.deepEqual([...SSL_MODES], ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full']);
});

testProp(
  'nothing else is a mode',
  [fc.oneof(fc.string(), fc.constantFrom('prefer', 'allow', 'Require'))],
  (t, text) => {
    t.is(isSslMode(text), ['disable', 'allow', 'prefer', 'require', 'verify-ca', 'verify-full'].includes(text));
  },
);

for (const parameter of ['sslrootcert', 'sslcert', 'sslkey']) {
  const missing = join(folder, 'missing.pem');

  test(`a file of ${parameter} that is not there is refused before anything is sent`, (t) => {
    const url = `postgres://ada:canary@h/d?sslmode=verify-full&${parameter}=${encodeURIComponent(missing)}`;
    const error = t.throws(() => openServer(parseDatabaseUrl(url, '--url'), { schema: 'public' }), {
      instanceOf: ConfigurationError,
    });
    t.true(error?.message.includes(parameter));
    t.true(error?.message.includes(missing));
    t.false(error?.message.includes('canary'));
  });

  test(`a folder as ${parameter} is refused`, (t) => {
    const url = `postgres://h/d?sslmode=verify-full&${parameter}=${encodeURIComponent(folder)}`;
    t.throws(() => openServer(parseDatabaseUrl(url, '--url'), { schema: 'public' }), {
      instanceOf: ConfigurationError,
      message: new RegExp(parameter),
    });
  });

  test(`a file of ${parameter} that holds something else is refused before anything is sent`, (t) => {
    const url = `postgres://h/d?sslmode=verify-full&${parameter}=${encodeURIComponent(file('other.txt', 'Dear Ada'))}`;
    t.throws(() => openServer(parseDatabaseUrl(url, '--url'), { schema: 'public' }), {
      instanceOf: ConfigurationError,
      message: new RegExp(parameter),
    });
  });

  for (const mode of ['', 'sslmode=disable&'])
    test(`${parameter} is refused when it would not be used (${mode === '' ? 'no sslmode' : 'sslmode=disable'})`, (t) => {
      const url = `postgres://h/d?${mode}${parameter}=${encodeURIComponent(rootCert)}`;
      t.throws(() => openServer(parseDatabaseUrl(url, '--url'), { schema: 'public' }), {
        instanceOf: ConfigurationError,
        message: mode === '' ? /no sslmode is given/ : /sslmode is "disable"/,
      });
    });
}

test('disable is no TLS at all', (t) => {
  t.false(sslOptions({ sslMode: 'disable', ...NO_FILES }));
});

function file(name: string, content: string): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
