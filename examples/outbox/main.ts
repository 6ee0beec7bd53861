import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { json } from 'node:stream/consumers';
import { migrate, openAggregates, openDatabase, runProjections } from 'maestro-store';
import { BankAccount } from '../bank/account.js';
import { migrateBank } from '../bank/migrations.js';
import { outbox } from './outbox.js';

// Somebody else's server: it remembers the keys that it has seen, so an event that comes again changes nothing.
const known = new Set<unknown>();
const server = createServer((request, response) => {
  void receive(request).finally(() => response.end());
});
await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
const address = `http://127.0.0.1:${(server.address() as AddressInfo).port}/events`;

async function receive(request: IncomingMessage): Promise<void> {
  const { account, sequence, type } = (await json(request)) as { account: string; sequence: number; type: string };
  const key = request.headers['idempotency-key'];
  if (!known.has(key)) console.log(`received event ${sequence} of ${account}: ${type}`);
  known.add(key);
}

// The server that DATABASE_URL names, or else a PostgreSQL of our own: said here, because it is never taken by accident.
const url = process.env['DATABASE_URL'];
const database = await openDatabase(url === undefined ? { dataDir: '.maestro/data' } : { url });
const stop = new AbortController();
try {
  await migrate(database.knex);
  await migrateBank(database.knex);
  const worker = runProjections(database, [outbox(address)], { signal: stop.signal, onError: console.error });
  const accounts = openAggregates(BankAccount, { store: database.store });
  const id = accounts.create();
  await accounts.evaluate(id, { type: 'open', data: { name: id.hex } });
  await accounts.evaluate(id, { type: 'deposit', data: { amount: 100_00 } });
  await accounts.evaluate(id, { type: 'withdraw', data: { amount: 30_00 } });
  await worker.caughtUp();
  stop.abort();
  await worker.stopped;
} finally {
  await database.close();
  server.closeAllConnections();
  server.close();
}
