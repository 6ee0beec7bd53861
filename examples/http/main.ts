import { serve } from '@hono/node-server';
import { migrate, openDatabase } from 'maestro-store';
import { createApp } from './app.js';

// A token for each user: {"s3cret": "ada"}. Put your own way to know them here.
const users = new Map(Object.entries(JSON.parse(process.env['API_TOKENS'] ?? '{}') as Record<string, string>));
const userOf = ({ headers }: Request) => users.get(headers.get('Authorization')?.replace(/^Bearer /, '') ?? '');

const url = process.env['DATABASE_URL'];
const database = await openDatabase(url === undefined ? { dataDir: '.maestro/data' } : { url });
await migrate(database.knex);

const app = createApp({ store: database.store, userOf, log: (error, origin) => console.error(origin, error) });
const port = Number(process.env['PORT'] ?? 3000);
const server = serve({ fetch: app.fetch, hostname: '127.0.0.1', port }, ({ port }) =>
  console.log(`http://127.0.0.1:${port}`),
);

// First the requests that are under way end, then the database is closed.
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => server.close(() => void database.close()));
