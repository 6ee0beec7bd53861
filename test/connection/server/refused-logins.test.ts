import { createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { parseDatabaseUrl } from '../../../src/connection/address/database-url.js';
import { openServer } from '../../../src/connection/server/server.js';
import { anId } from '../../support/data/factories.js';
import { failureOf } from '../../support/cli/error-text.js';
import { listen } from '../../support/servers/tcp.js';

/** A message of a server: its kind, its length, and what it says. */
function message(kind: string, ...parts: (number | string)[]): Buffer {
  const rest = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(part);
      const number = Buffer.alloc(4);
      number.writeInt32BE(part);
      return number;
    }),
  );
  const head = Buffer.alloc(5, kind);
  head.writeInt32BE(4 + rest.length, 1);
  return Buffer.concat([head, rest]);
}

const READY = message('Z', 'I');
const LOGGED_IN = Buffer.concat([message('R', 0), READY]);
const REFUSED = Buffer.concat([message('E', 'SFATAL\0VFATAL\0C57P03\0Mno\0\0'), READY]);

/** Messages with which a server asks for a password and waits for the answer. */
const ASKED: Record<string, Buffer> = {
  'as it is': message('R', 3),
  'by MD5': message('R', 5, 'salt'),
  'by SCRAM': message('R', 10, 'SCRAM-SHA-256\0\0'),
  'in a way that nobody knows': message('R', 10, 'UNHEARD-OF\0\0'),
};

const SSL_REQUEST = 80877103;

/** A server that answers the first message of each connection, then every other one, and ends none by itself. */
async function aServer(t: ExecutionContext, first: Buffer, later: Buffer = Buffer.alloc(0)) {
  const ends: Promise<void>[] = [];
  const server = createServer((socket: Socket) => {
    ends.push(new Promise((resolve) => void socket.on('close', () => resolve())));
    let answer = first;
    socket.on('data', (bytes) => {
      if (bytes.length === 8 && bytes.readInt32BE(4) === SSL_REQUEST) return void socket.write('N');
      socket.write(answer);
      answer = later;
    });
  });
  const listener = await listen(server);
  t.teardown(() => listener.close());
  return { port: listener.port, ends };
}

/** Fails unless the client ends, after its error, every connection that it has made. */
async function assertEnds(t: ExecutionContext, url: string, ends: readonly Promise<void>[], readOnly = false) {
  t.timeout(20_000);
  const database = openServer(
    { ...parseDatabaseUrl(url, '--url'), passFile: '/nowhere' },
    { schema: 'public', readOnly },
  );
  await failureOf(database.store.getEvents(anId(), 1));
  t.true(ends.length > 0);
  await Promise.all(ends);
  await database.close();
}

const QUERIES = {
  'one server': 'sslmode=disable',
  'encryption when there is some': 'sslmode=prefer',
  'a bound login': 'sslmode=prefer&channel_binding=require',
  'a server that is meant': 'sslmode=disable&target_session_attrs=read-write',
  'a pooler in transaction mode': 'sslmode=disable&pgbouncer=true',
};

for (const [how, asks] of Object.entries(ASKED))
  for (const [what, query] of Object.entries(QUERIES))
    test(`a server asks for a password ${how}, and there is none for ${what}: the connection is ended`, async (t) => {
      const { port, ends } = await aServer(t, asks);
      await assertEnds(t, `postgres://ada@127.0.0.1:${port}/bank?${query}`, ends, what.includes('pooler'));
    });

test('a password that no answer can be made of ends the connection', async (t) => {
  const { port, ends } = await aServer(t, ASKED['by SCRAM'] as Buffer, message('R', 11, 'nonsense'));
  await assertEnds(t, `postgres://ada:pw@127.0.0.1:${port}/bank?sslmode=disable`, ends);
});

for (const [what, query] of Object.entries(QUERIES).filter(([what]) => !what.includes('bound')))
  test(`a server that refuses the first statement after the login, for ${what}: the connection is ended`, async (t) => {
    const { port, ends } = await aServer(t, LOGGED_IN, REFUSED);
    await assertEnds(t, `postgres://ada@127.0.0.1:${port}/bank?${query}`, ends, what.includes('pooler'));
  });
