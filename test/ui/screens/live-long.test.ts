import test from 'ava';
import { anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { uiOf } from '../../support/ui/ui-client.js';

const database = useTestDatabase(test);
const ui = uiOf(database);
const id = anId();

test.serial.before(async () => {
  await database.knex.raw(
    `INSERT INTO "${database.schema}".event_log ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(lpad(to_hex(1000 + n), 12, '0') || repeat('0', 19) || '1', 'hex'), ?, n, CASE n WHEN 1 THEN 'rare' ELSE 'usual' END, '{}'
FROM generate_series(1, 50001) AS n`,
    [id.encode()],
  );
  await database.store().commitEvents([anEvent(id, { sequence: 50_002, type: 'rare' })]);
});

for (const where of ['', `&aggregate=${id.hex}`])
  test(`the last events of a type are looked for among so many, and the page says so: type${where && ', aggregate'}`, async (t) => {
    const rare = await ui.get(`/live?type=rare${where}`);
    t.deepEqual(
      rare.links.filter((link) => link.includes('?at=')),
      [`/aggregate/${id.hex}?at=50002`],
    );
    t.regex(rare.text, /looked for among the last 50.?000/);
    t.true(rare.links.includes(where === '' ? '/search?type=rare' : `/aggregate/${id.hex}`));

    t.notRegex((await ui.get(`/live?type=usual${where}`)).text, /looked for/);
    t.notRegex((await ui.get(`/live?${where}`)).text, /looked for/);
  });
