import test from 'ava';
import { eraseAggregate } from '../../../src/admin/erase-aggregate/erase-aggregate.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { useEveryKind } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { uiOf } from '../../support/ui/ui-client.js';

for (const [place, database] of Object.entries(useEveryKind(test))) {
  test.serial(`no page shows what was erased since it was shown: ${place}`, async (t) => {
    const { knex, schema } = database();
    const store = new PostgresStore(knex, { schema });
    const ui = uiOf(database());
    const id = anId();
    const history = Array.from({ length: 5 }, (_, index) =>
      anEvent(id, { sequence: index + 1, body: index === 1 ? { name: 'Ada' } : { n: index } }),
    );
    await store.commitEvents(history);
    const addresses = [
      `/aggregate/${id.hex}`,
      `/aggregate/${id.hex}?at=4&part=moment`,
      `/aggregate/${id.hex}?path=/name`,
    ];
    const shown = async () => await Promise.all(addresses.map((address) => ui.get(address)));
    for (const { html } of await shown()) t.regex(html, /Ada/);

    await eraseAggregate(database(), { aggregateId: id, paths: ['/name'] });
    for (const { status, html } of await shown()) {
      t.is(status, 200);
      t.notRegex(html, /Ada/);
    }

    await eraseAggregate(database(), { aggregateId: id });
    await store.commitEvents([1, 2, 3, 4, 5].map((sequence) => anEvent(id, { sequence, type: 'begun_again' })));
    for (const { html } of await shown()) {
      t.regex(html, /begun_again/);
      t.notRegex(html, />happened</);
    }
  });
}
