import { mkdirSync, writeFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { parseDatabaseUrl, type ServerAddress } from '../../../src/connection/address/database-url.js';
import { ConfigurationError } from '../../../src/connection/errors.js';
import { useTemporaryFolder } from '../../support/database.js';
import { allTextOf } from '../../support/cli/error-text.js';

/**
 * URLs as people paste them: what psql 15 (libpq) does with each, beside what Maestro takes it for. What is refused is
 * refused with what to write instead.
 */
interface Case {
  readonly url: string;
  /** The result in psql, in the words of its settings. */
  readonly psql: string;
  /** The address that it is taken for, or the beginning of the refusal and the form that its hint gives. */
  readonly maestro: Partial<ServerAddress> | readonly [refusal: RegExp, instead: RegExp];
  readonly environment?: Readonly<Record<string, string>>;
}

const me = userInfo().username;
const folder = useTemporaryFolder(test);
const services = join(folder, 'services.conf');
writeFileSync(
  services,
  '# ours\n[other]\nhost=elsewhere\n\n[shop]\nhost=db.example\nport=5433\ndbname=shop\nsslmode=verify-full\n[last]\nuser=x\n',
);
mkdirSync(join(folder, 'empty'));

const CASES: readonly Case[] = [
  // Which server.
  {
    url: 'postgres://db/shop',
    psql: 'host=db dbname=shop',
    maestro: { host: 'db', port: 5432, database: 'shop', user: me },
  },
  { url: 'postgresql://db/shop', psql: 'host=db dbname=shop', maestro: { host: 'db', database: 'shop' } },
  {
    url: 'postgres://db',
    psql: 'host=db; the database is called like the user',
    maestro: { host: 'db', database: me },
  },
  {
    url: 'postgres://ada@db/',
    psql: 'user=ada host=db, and so the database ada',
    maestro: { user: 'ada', database: 'ada' },
  },
  {
    url: 'postgres:///shop',
    psql: 'the socket in the folder that it was built with',
    maestro: [/names no host/, /localhost .*\?host=\/var\/run\/postgresql/],
  },
  {
    url: 'postgres://',
    psql: 'the socket in the folder that it was built with',
    maestro: [/names no host/, /localhost/],
  },
  {
    url: 'postgres://[2001:db8::5]:5433/shop',
    psql: 'host=2001:db8::5 port=5433',
    maestro: { host: '2001:db8::5', port: 5433 },
  },
  {
    url: 'postgres:///shop?host=/var/run/postgresql',
    psql: 'the socket in that folder',
    maestro: { host: '/var/run/postgresql', port: 5432 },
  },
  {
    url: 'postgres://ada:pw@%2Fvar%2Frun%2Fpostgresql:5433/shop',
    psql: 'the socket in that folder, port=5433',
    maestro: { host: '/var/run/postgresql', port: 5433, user: 'ada', password: 'pw' },
  },
  { url: 'postgres://localhost/shop?host=/tmp', psql: 'host=/tmp: the parameter wins', maestro: { host: '/tmp' } },
  {
    url: 'postgres://localhost:5433/shop?host=/tmp',
    psql: 'host=/tmp port=5433',
    maestro: { host: '/tmp', port: 5433 },
  },
  { url: 'postgres://:5433/shop?host=/tmp', psql: 'host=/tmp port=5433', maestro: { host: '/tmp', port: 5433 } },
  { url: 'postgres:///shop?host=/tmp&port=5433', psql: 'host=/tmp port=5433', maestro: { host: '/tmp', port: 5433 } },
  {
    url: 'postgres://one,two/shop',
    psql: 'host=one,two: each in turn',
    maestro: { host: 'one', port: 5432, otherHosts: [{ host: 'two', port: 5432 }] },
  },
  {
    url: 'postgres://one:5433,two:5434/shop',
    psql: 'host=one,two port=5433,5434',
    maestro: { host: 'one', port: 5433, otherHosts: [{ host: 'two', port: 5434 }] },
  },
  {
    url: 'postgres://one,two:5434/shop',
    psql: 'host=one,two port=,5434',
    maestro: { host: 'one', port: 5432, otherHosts: [{ host: 'two', port: 5434 }] },
  },
  {
    url: 'postgres:///shop?host=one,two&port=5433',
    psql: 'host=one,two port=5433: one port for all',
    maestro: { host: 'one', port: 5433, otherHosts: [{ host: 'two', port: 5433 }] },
  },
  {
    url: 'postgres:///shop?host=one,two&port=1,2,3',
    psql: 'could not match 3 port numbers to 2 hosts',
    maestro: [/a different number of hosts and of ports/, /one port for all hosts, or one for each/],
  },
  {
    url: 'postgres://one,/shop',
    psql: 'host="one," the second being its socket',
    maestro: [/an empty host/, /postgres:\/\//],
  },
  { url: 'postgres://db:0/shop', psql: 'invalid port number: "0"', maestro: [/port 0/, /5432/] },
  {
    url: 'postgres://db:65536/shop',
    psql: 'invalid port number: "65536"',
    maestro: [/port that is no number from 1 to 65535/, /5432/],
  },
  {
    url: 'postgres://db/shop?hostaddr=10.0.0.5&sslmode=verify-full',
    psql: 'connects to 10.0.0.5, whose certificate is for db',
    maestro: { host: 'db', hostAddress: '10.0.0.5', sslMode: 'verify-full' },
  },
  {
    url: 'postgres:///shop?hostaddr=10.0.0.5',
    psql: 'connects to 10.0.0.5',
    maestro: { host: '10.0.0.5', hostAddress: '10.0.0.5' },
  },
  { url: 'postgres://ada@/shop', psql: 'user=ada on its socket', maestro: [/names no host/, /localhost/] },
  // Who, and which database.
  { url: 'postgres://u:p%40ss%2Fw%3Frd@db/shop', psql: 'password=p@ss/w?rd', maestro: { password: 'p@ss/w?rd' } },
  {
    url: 'postgres://u:what?ever#1@db/shop',
    psql: 'password=what?ever#1',
    maestro: { password: 'what?ever#1', host: 'db' },
  },
  { url: 'postgres://u:a:b@db/shop', psql: 'password=a:b', maestro: { user: 'u', password: 'a:b' } },
  {
    url: 'postgres://u:a+b@db/shop?application_name=x+y',
    psql: 'password=a+b application_name=x+y: a + is a +',
    maestro: { password: 'a+b', applicationName: 'x+y' },
  },
  { url: 'postgres://u:a@b@db/shop', psql: 'host=b@db', maestro: [/one @ too many/, /./] },
  {
    url: 'postgres://u:a/b@db/shop',
    psql: 'invalid integer value "a" for "port"',
    maestro: [/one @ too many.*@ as %40 and \/ as %2F/, /./],
  },
  {
    url: 'postgres://u:a%zz@db/shop',
    psql: 'invalid percent-encoded token: "a%zz"',
    maestro: [/password that is not percent-encoded/, /./],
  },
  {
    url: 'postgres://db/shop?user=ada&password=pw&dbname=other',
    psql: 'user=ada password=pw dbname=other',
    maestro: { user: 'ada', password: 'pw', database: 'other' },
  },
  { url: 'postgres://db/shop#x', psql: 'dbname=shop#x', maestro: [/part after #; write a # as %23/, /./] },
  { url: 'postgres://db/a/b', psql: 'dbname=a/b', maestro: [/\/ in its database name.*%2F/, /./] },
  {
    url: 'postgres://db/shop?passfile=/run/secrets/pgpass',
    psql: 'the password from that file',
    maestro: { passFile: '/run/secrets/pgpass' },
  },
  // Encryption.
  { url: 'postgres://db/shop?sslmode=disable', psql: 'plaintext', maestro: { sslMode: 'disable' } },
  {
    url: 'postgres://db/shop?sslmode=allow',
    psql: 'plaintext, and TLS if that is refused',
    maestro: { sslMode: 'allow' },
  },
  {
    url: 'postgres://db/shop?sslmode=prefer',
    psql: 'TLS, and plaintext if there is none',
    maestro: { sslMode: 'prefer' },
  },
  { url: 'postgres://db/shop?sslmode=require', psql: 'TLS', maestro: { sslMode: 'require' } },
  {
    url: 'postgres://db/shop?sslmode=no-verify',
    psql: 'invalid sslmode value: "no-verify" (it is of node-postgres)',
    maestro: { sslMode: 'require' },
  },
  {
    url: 'postgres://db/shop?sslmode=no-verify&sslrootcert=ca.pem',
    psql: 'invalid sslmode value: "no-verify"',
    maestro: [/sslrootcert that sslmode=no-verify does not check/, /sslmode=verify-full/],
  },
  {
    url: 'postgres://db/shop?sslmode=REQUIRE',
    psql: 'invalid sslmode value: "REQUIRE"',
    maestro: [/sslmode "REQUIRE"/, /disable, allow, prefer, require, verify-ca, verify-full/],
  },
  { url: 'postgres://db/shop?ssl=true', psql: 'sslmode=require, as JDBC writes it', maestro: { sslMode: 'require' } },
  { url: 'postgres://db/shop?ssl=false', psql: 'invalid URI query parameter: "ssl"', maestro: { sslMode: 'disable' } },
  {
    url: 'postgres:///shop?host=/tmp&sslmode=require',
    psql: 'the socket, where sslmode is ignored',
    maestro: { host: '/tmp', sslMode: 'disable' },
  },
  {
    url: 'postgres:///shop?host=/tmp&sslmode=verify-full&sslrootcert=ca.pem',
    psql: 'the socket, where sslmode is ignored',
    maestro: { host: '/tmp', sslMode: 'disable', sslRootCert: undefined },
  },
  {
    url: 'postgres://db/shop?sslmode=verify-full&sslcert=c.pem&sslkey=k.pem&sslpassword=pw&sslcrl=r.pem',
    psql: 'takes them',
    maestro: { sslCert: 'c.pem', sslKey: 'k.pem', sslPassword: 'pw', sslCrl: 'r.pem' },
  },
  {
    url: 'postgres://db/shop?sslrootcert=system',
    psql: 'a file called system (from 16 on: verify-full by the authorities of the system)',
    maestro: { sslMode: 'verify-full', sslRootCert: 'system' },
  },
  {
    url: 'postgres://db/shop?sslrootcert=system&sslmode=require',
    psql: 'from 16 on: weak sslmode "require" may not be used',
    maestro: [/weaker sslmode than verify-full/, /sslmode=verify-full/],
  },
  {
    url: 'postgres://db/shop?sslmode=require&ssl_min_protocol_version=TLSv1.3',
    psql: 'nothing below TLS 1.3',
    maestro: { sslVersions: { min: 'TLSv1.3', max: undefined } },
  },
  {
    url: 'postgres://db/shop?sslmode=require&sslnegotiation=direct',
    psql: 'from 17 on: TLS without asking',
    maestro: { sslNegotiation: 'direct' },
  },
  {
    url: 'postgres://db/shop?sslnegotiation=direct',
    psql: 'from 17 on: weak sslmode "prefer" may not be used',
    maestro: [/sslnegotiation=direct without encryption/, /sslmode=verify-full/],
  },
  {
    url: 'postgres://db/shop?sslmode=require&channel_binding=require',
    psql: 'takes nothing but SCRAM bound to TLS',
    maestro: { channelBinding: 'require' },
  },
  {
    url: 'postgres://db/shop?sslmode=require&channel_binding=prefer',
    psql: 'binds SCRAM to TLS where it can',
    maestro: { channelBinding: 'prefer' },
  },
  {
    url: 'postgres://db/shop?sslmode=disable&channel_binding=require',
    psql: 'channel binding required, but SSL not in use',
    maestro: [/channel_binding=require without the encryption/, /sslmode=verify-full/],
  },
  { url: 'postgres://db/shop?gssencmode=disable', psql: 'does not try Kerberos', maestro: { host: 'db' } },
  {
    url: 'postgres://db/shop?gssencmode=require',
    psql: 'takes nothing but Kerberos',
    maestro: [/gssencmode/, /sslmode=verify-full/],
  },
  {
    url: 'postgres://db/shop?require_auth=scram-sha-256',
    psql: 'from 16 on: takes nothing but SCRAM',
    maestro: [/require_auth/, /channel_binding=require/],
  },
  // The session.
  {
    url: 'postgres://db/shop?application_name=nightly',
    psql: 'application_name=nightly',
    maestro: { applicationName: 'nightly' },
  },
  {
    url: 'postgres://db/shop?fallback_application_name=nightly',
    psql: 'application_name=psql: psql names itself first',
    maestro: { applicationName: 'nightly' },
  },
  {
    url: 'postgres://db/shop?options=-c%20geqo%3Doff',
    psql: 'a session with geqo off',
    maestro: { options: '-c geqo=off' },
  },
  {
    url: 'postgres://db/shop?options=-c geqo=off',
    psql: 'extra key/value separator "=" in URI query parameter',
    maestro: { options: '-c geqo=off' },
  },
  { url: 'postgres://db/shop?connect_timeout=10', psql: 'gives up after 10 s', maestro: { connectTimeout: 10 } },
  { url: 'postgres://db/shop?connect_timeout=0', psql: 'never gives up', maestro: { connectTimeout: 0 } },
  {
    url: 'postgres://db/shop?connect_timeout=soon',
    psql: 'invalid integer value "soon"',
    maestro: [/connect_timeout that is not a whole number/, /./],
  },
  { url: 'postgres://db/shop?keepalives=0', psql: 'asks for no keepalives', maestro: { keepAlive: 0 } },
  { url: 'postgres://db/shop?keepalives_idle=30', psql: 'asks after 30 s', maestro: { keepAlive: 30 } },
  {
    url: 'postgres://db/shop?tcp_user_timeout=5000',
    psql: 'a setting of the socket',
    maestro: [/tcp_user_timeout/, /leave it out/],
  },
  { url: 'postgres://db/shop?client_encoding=UTF8', psql: 'UTF-8', maestro: { host: 'db' } },
  { url: 'postgres://db/shop?client_encoding=LATIN1', psql: 'Latin-1', maestro: [/client_encoding/, /leave it out/] },
  {
    url: 'postgres://db/shop?replication=database',
    psql: 'a connection for replication',
    maestro: [/replication/, /Leave it out/],
  },
  {
    url: 'postgres://one,two/shop?target_session_attrs=read-write',
    psql: 'the first that takes writes',
    maestro: { targetSession: 'read-write' },
  },
  {
    url: 'postgres://one,two/shop?target_session_attrs=primary',
    psql: 'the first that is no standby',
    maestro: { targetSession: 'primary' },
  },
  {
    url: 'postgres://one,two/shop?target_session_attrs=master',
    psql: 'invalid target_session_attrs value: "master"',
    maestro: [/target_session_attrs "master"/, /read-write, read-only, primary, standby/],
  },
  {
    url: 'postgres://one,two/shop?load_balance_hosts=random',
    psql: 'from 16 on: in another order each time',
    maestro: { shuffled: true },
  },
  {
    url: 'postgres://db/shop?shema=x',
    psql: 'invalid URI query parameter: "shema"',
    maestro: [/unknown parameter "shema"/, /^Did you mean schema\?$/],
  },
  {
    url: 'postgres://db/shop?ssl_mode=require',
    psql: 'invalid URI query parameter: "ssl_mode"',
    maestro: [/unknown parameter "ssl_mode"/, /^Did you mean sslmode\?$/],
  },
  {
    url: 'postgres://db/shop?colour=blue',
    psql: 'invalid URI query parameter: "colour"',
    maestro: [/unknown parameter "colour"/, /The parameters are host, hostaddr/],
  },
  {
    url: 'postgres://db/shop?sslrootcert=ca.pem',
    psql: 'checks the certificate once the server offers encryption, and else goes without',
    maestro: [/names a certificate in sslrootcert, but no sslmode/, /sslmode=verify-full/],
  },
  {
    url: 'postgres://db/shop',
    environment: { PGSSLCERT: 'me.pem' },
    psql: 'shows the certificate once the server offers encryption, and else goes without',
    maestro: [/^The variable PGSSLCERT names a certificate in sslcert, but no sslmode/, /sslmode=verify-full/],
  },
  {
    url: 'postgres://db/shop?sslmode=',
    psql: 'invalid sslmode value: ""',
    maestro: [/sslmode without a value/, /leave it out/],
  },
  {
    url: 'postgres://db/shop?sslmode',
    psql: 'missing key/value separator "=" in URI query parameter',
    maestro: [/not name=value/, /./],
  },
  {
    url: 'postgres://db/shop?sslmode=require&sslmode=disable',
    psql: 'the last one: plaintext',
    maestro: [/sslmode twice/, /Write it once/],
  },
  {
    url: 'postgres://db/shop?ssl=true&sslmode=require',
    psql: 'sslmode=require',
    maestro: { sslMode: 'require' },
  },
  {
    url: 'host=db dbname=shop',
    psql: 'host=db dbname=shop',
    maestro: [/a list like host=/, /postgres:\/\/user:password@host:5432\/database/],
  },
  // As hosting services and other tools print them.
  {
    url: 'postgresql://neondb_owner:npg_1@ep-cool-1.eu-central-1.aws.neon.tech/neondb?sslmode=require&channel_binding=require',
    psql: 'takes it (Neon)',
    maestro: { user: 'neondb_owner', sslMode: 'require', channelBinding: 'require', database: 'neondb' },
  },
  {
    url: 'postgresql://postgres.abcd:pw@aws-0-eu-central-1.pooler.supabase.com:6543/postgres?pgbouncer=true',
    psql: 'invalid URI query parameter: "pgbouncer" (Supabase, for Prisma)',
    maestro: { user: 'postgres.abcd', port: 6543, pooler: 'transaction' },
  },
  {
    url: 'postgres://u:pw@db.example:6543/postgres?sslmode=require&supa=base-pooler.x',
    psql: 'invalid URI query parameter: "supa" (Vercel)',
    maestro: [/supa/, /leave it out/],
  },
  {
    url: 'postgresql://u:pw@db/shop?schema=public',
    psql: 'invalid URI query parameter: "schema" (Prisma)',
    maestro: [/parameter schema/, /--schema public/],
  },
  {
    url: 'postgresql://u:pw@db/shop?connection_limit=5',
    psql: 'invalid URI query parameter: "connection_limit" (Prisma)',
    maestro: [/connection_limit/, /leave it out/],
  },
  {
    url: 'postgres://u:pw@db/shop?sslaccept=strict',
    psql: 'invalid URI query parameter: "sslaccept" (Prisma)',
    maestro: [/sslaccept/, /sslmode=verify-full for strict/],
  },
  {
    url: 'postgres://u:pw@dpg-1-a.frankfurt-postgres.render.com/shop',
    psql: 'takes it (Render)',
    maestro: { host: 'dpg-1-a.frankfurt-postgres.render.com' },
  },
  {
    url: 'postgres://u:pw@ec2-1.compute.amazonaws.com:5432/d1?ssl=no-verify',
    psql: 'invalid URI query parameter: "ssl" (Heroku, for node-postgres)',
    maestro: { sslMode: 'require' },
  },
  {
    url: 'postgres://db/shop?uselibpqcompat=true&sslmode=require',
    psql: 'invalid URI query parameter: "uselibpqcompat" (node-postgres)',
    maestro: { sslMode: 'require' },
  },
  {
    url: 'jdbc:postgresql://db/shop',
    psql: 'takes it for the name of a database on its socket',
    maestro: [/begins with "jdbc:"/, /postgres:\/\/user/],
  },
  // What the environment and a service fill in.
  {
    url: 'postgres://db',
    environment: { PGUSER: 'ada', PGPASSWORD: 'pw' },
    psql: 'user=ada password=pw, and the database ada',
    maestro: { user: 'ada', password: 'pw', database: 'ada' },
  },
  {
    url: 'postgres://bob@db/shop',
    environment: { PGUSER: 'ada', PGDATABASE: 'other' },
    psql: 'what the URL says wins',
    maestro: { user: 'bob', database: 'shop' },
  },
  {
    url: 'postgres:///shop',
    environment: { PGHOST: '/tmp', PGPORT: '5433' },
    psql: 'host=/tmp port=5433',
    maestro: { host: '/tmp', port: 5433 },
  },
  {
    url: 'postgres://db/shop',
    environment: { PGSSLMODE: 'verify-full', PGSSLROOTCERT: 'ca.pem' },
    psql: 'sslmode=verify-full sslrootcert=ca.pem',
    maestro: { sslMode: 'verify-full', sslRootCert: 'ca.pem' },
  },
  {
    url: 'postgres://db/shop?sslmode=disable',
    environment: { PGSSLROOTCERT: 'ca.pem' },
    psql: 'plaintext',
    maestro: { sslMode: 'disable', sslRootCert: undefined },
  },
  {
    url: 'postgres://db/shop',
    environment: { PGSSLMODE: 'always' },
    psql: 'invalid sslmode value: "always"',
    maestro: [/variable PGSSLMODE has the sslmode "always"/, /verify-full/],
  },
  {
    url: 'postgres://db/shop',
    environment: { PGREQUIRESSL: '1' },
    psql: 'sslmode=require',
    maestro: { sslMode: 'require' },
  },
  {
    url: 'postgres://db/shop',
    environment: { PGUSER: '', PGPORT: '', PGAPPNAME: '' },
    psql: 'what is set to nothing is not set',
    maestro: { user: me, port: 5432, applicationName: undefined },
  },
  {
    url: 'postgres://db/shop',
    environment: { PGSSLMODE: '' },
    psql: 'invalid sslmode value: ""',
    maestro: [/variable PGSSLMODE has the sslmode ""/, /verify-full/],
  },
  {
    url: 'postgres://db/shop',
    environment: {
      PGAPPNAME: 'nightly',
      PGOPTIONS: '-c geqo=off',
      PGCONNECT_TIMEOUT: '7',
      PGCHANNELBINDING: 'prefer',
      PGTARGETSESSIONATTRS: 'primary',
    },
    psql: 'takes them',
    maestro: {
      applicationName: 'nightly',
      options: '-c geqo=off',
      connectTimeout: 7,
      channelBinding: 'prefer',
      targetSession: 'primary',
    },
  },
  {
    url: 'postgres://db/shop',
    environment: { PGPASSFILE: '/run/pgpass' },
    psql: 'the password from that file',
    maestro: { passFile: '/run/pgpass' },
  },
  {
    url: 'postgres://db/shop',
    environment: { PGREQUIREAUTH: 'scram-sha-256' },
    psql: 'from 16 on: takes nothing but SCRAM',
    maestro: [/variable PGREQUIREAUTH/, /channel_binding=require/],
  },
  {
    url: 'postgres://?service=shop',
    environment: { PGSERVICEFILE: services },
    psql: 'what the service says',
    maestro: { host: 'db.example', port: 5433, database: 'shop', sslMode: 'verify-full', user: me },
  },
  {
    url: 'postgres://other:1/',
    environment: { PGSERVICEFILE: services, PGSERVICE: 'shop', PGDATABASE: 'no' },
    psql: 'host=other port=1, and what is left out by the service before the environment',
    maestro: { host: 'other', port: 1, database: 'shop' },
  },
  {
    url: 'postgres://db/shop?service=nothing',
    environment: { PGSERVICEFILE: services },
    psql: 'definition of service "nothing" not found',
    maestro: [/names the service "nothing", which is not in/, /PGSERVICEFILE/],
  },
  {
    url: 'postgres://db/shop?service=shop',
    environment: { PGSERVICEFILE: folder },
    psql: 'reads nothing from it, and does not find the service',
    maestro: [/names the service "shop", but its file .* cannot be read \(EISDIR\)/, /permissions/],
  },
];

test('URLs are taken for what psql takes them for, or refused with what to write instead', (t) => {
  t.true(CASES.length >= 40);
  for (const { url, maestro, environment = {} } of CASES) {
    const shown = `${url} ${JSON.stringify(environment)}`;
    if (!Array.isArray(maestro)) {
      t.like(parseDatabaseUrl(url, '--url', environment), maestro as Partial<ServerAddress>, shown);
      continue;
    }
    const [refusal, instead] = maestro as readonly [RegExp, RegExp];
    const error = t.throws(
      () => parseDatabaseUrl(url, '--url', environment),
      { instanceOf: ConfigurationError },
      shown,
    );
    t.regex(error?.message ?? '', refusal, shown);
    t.regex(error?.message ?? '', /^[^\n]+\.$/, 'one line, a sentence');
    t.regex(error?.message ?? '', /--url|PG[A-Z]+/, 'names where it stands');
    t.regex(error?.hint ?? '', instead, shown);
    t.false(/pw|npg_1/.test(allTextOf(error)), shown);
  }
});
