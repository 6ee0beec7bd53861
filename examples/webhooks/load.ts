import { parseArgs } from 'node:util';
import { migrate, openDatabase } from 'maestro-store';
import { loadWebhooks } from './webhooks.js';

const { values } = parseArgs({ options: { copies: { type: 'string', default: '60' } } });
const copies = Number(values.copies);
if (!Number.isInteger(copies) || copies < 1) throw new Error(`--copies is a whole number; got ${values.copies}.`);

// The server that DATABASE_URL names, or else a PostgreSQL of our own: said here, because it is never taken by accident.
const url = process.env['DATABASE_URL'];
const database = await openDatabase(url === undefined ? { dataDir: '.maestro/data' } : { url });
try {
  await migrate(database.knex);
  const { aggregates, events, known } = await loadWebhooks(database.store, copies);
  console.log(`${events} events in ${aggregates} aggregates loaded; ${known} aggregates were there already.`);
} finally {
  await database.close();
}
