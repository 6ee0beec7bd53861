import test from 'ava';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);

test('a history with large states is kept, too: with fewer of them, so that not all is folded with each step', async (t) => {
  const ui = uiOf(database);
  const id = anId();
  const length = 1200;
  const large = { text: 'x'.repeat(400_000) };
  await database
    .store()
    .commitEvents(
      Array.from({ length }, (_, index) =>
        anEvent(id, { sequence: index + 1, body: index === 0 ? large : { n: index } }),
      ),
    );
  await ui.get(`/aggregate/${id.hex}`);
  let rows = 0;
  const count = (response: unknown) => (rows += (response as { rows?: unknown[] } | undefined)?.rows?.length ?? 0);
  database.knex.on('query-response', count);
  t.teardown(() => database.knex.off('query-response', count));

  const { text } = await ui.get(`/aggregate/${id.hex}?at=${length - 1}`);

  t.regex(text, /event 1199 of 1200/);
  t.true(rows < 500, `${rows} rows`);
});
