import { parseArgs } from 'node:util';
import { migrate, openDatabase } from 'maestro-store';
import { loadWebhooks } from './webhooks.js';

// The server that DATABASE_URL names, or else a PostgreSQL of our own in .maestro/data.
const { values } = parseArgs({ options: { copies: { type: 'string', default: '60' } } });
const copies = Number(values.copies);
if (!Number.isInteger(copies) || copies < 1) throw new Error(`--copies is a whole number; got ${values.copies}.`);

const database = await openDatabase({ url: process.env['DATABASE_URL'] });
try {
  await migrate(database.knex);
  const { aggregates, events, known } = await loadWebhooks(database.store, copies);
  console.log(`${events} events in ${aggregates} aggregates loaded; ${known} aggregates were there already.`);
} finally {
  await database.close();
}
