import test from 'ava';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { ConnectionLostError } from '../../../src/store/errors.js';
import type { Break } from '../../support/servers/fault-proxy.js';
import { throughProxy } from '../../support/servers/through-proxy.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { useTestDatabase } from '../../support/database.js';
import { Thing } from '../../support/projection/journal.js';

const database = useTestDatabase(test);
const { knex, schema } = database;
test.serial.before(async () => {
  await knex.raw(`CREATE TABLE "${schema}".counted (id text, sequence integer, PRIMARY KEY (id, sequence))`);
});
const projection = defineProjection({
  name: 'counted',
  from: [Thing],
  project: async ({ aggregateId, sequence }, transaction) => {
    await transaction.raw(`INSERT INTO "${schema}".counted VALUES (?, ?)`, [aggregateId.hex, sequence]);
  },
});

for (const side of ['request', 'sent', 'late', 'reply', 'fatal'] as const satisfies Break[])
  test(`events, read model and position are all there or none is, as the caller is told, when the connection breaks at COMMIT (${side})`, async (t) => {
    const { proxy, store } = await throughProxy(t, { schema });
    const id = anId();
    t.true((await store.commitAll([anEvent(id)], [projection])).ok);
    proxy.breakAt('COMMIT', side);

    const told = await store.commitAll([anEvent(id, { sequence: 2 })], [projection]).then(
      ({ ok }) => ok,
      (error: unknown) => error,
    );

    t.is(proxy.broken, 1);
    if (told !== true) t.true(told instanceof ConnectionLostError);
    const last = told === true ? 2 : 1;
    t.is((await database.store().getEvents(id)).length, last);
    const { rows } = await knex.raw<{ rows: unknown[] }>(
      `SELECT (SELECT max(sequence) FROM "${schema}".counted WHERE id = ?) AS counted,
(SELECT sequence FROM "${schema}".maestro_positions WHERE aggregate_id = ?) AS position`,
      [id.hex, id.encode()],
    );
    t.deepEqual(rows, [{ counted: last, position: last }]);
    t.true((await store.commitAll([anEvent(id, { sequence: last + 1 })], [projection])).ok);
  });
