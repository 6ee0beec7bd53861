import test from 'ava';
import { anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database);
const [one, other] = [anId(), anId()];

test.serial.before(async () => {
  await database.knex.raw(
    `INSERT INTO "${database.schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(1000 + n), 12, '0') || repeat('0', 18) || '1' || place, 'hex'), id, n, 'a', '{}'
FROM generate_series(1, 12001) AS n, (VALUES (1, ?::bytea), (2, ?::bytea)) AS ids(place, id)`,
    [one.encode(), other.encode()],
  );
});

test('what is read for one long history is read for several together', async (t) => {
  const alone = await ui.get(`/compare?id=${one.hex}`);
  t.is(alone.status, 200);
  t.notRegex(alone.text, /estimates/);

  const both = await ui.get(`/compare?id=${one.hex}&id=${other.hex}`);
  t.regex(both.text, /estimates/);
});
