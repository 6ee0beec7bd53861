import test from 'ava';
import { PostgresStore } from 'maestro-store';
import { deliveries, loadWebhooks } from '../../examples/webhooks/webhooks.js';
import { query } from '../../src/store/rows.js';
import { useTestDatabase } from '../support/database.js';

const database = useTestDatabase(test);

test('every payload is in the log as GitHub sent it, as often as there are copies; loading again adds nothing', async (t) => {
  const store = new PostgresStore(database.knex, { schema: database.schema });
  const first = await loadWebhooks(store, 2);
  const again = await loadWebhooks(store, 3);

  const payloads = deliveries();
  t.is(first.events, 2 * payloads.length);
  t.deepEqual(again, { aggregates: first.aggregates / 2, events: payloads.length, known: first.aggregates });
  const rows = await query<[string]>(database.knex, `SELECT body::text FROM "${database.schema}".event_log`);
  const counts = new Map<string, number>();
  for (const [body] of rows) counts.set(canonical(body), (counts.get(canonical(body)) ?? 0) + 1);
  for (const { body } of payloads) t.is((counts.get(canonical(JSON.stringify(body))) ?? 0) % 3, 0);
  t.is(rows.length, 3 * payloads.length);
  t.is(new Set(payloads.map(({ body }) => canonical(JSON.stringify(body)))).size, counts.size);
});

/** JSON text with the keys of every object in order. */
function canonical(json: string): string {
  return JSON.stringify(JSON.parse(json), (_key, value: unknown) =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value,
  );
}
