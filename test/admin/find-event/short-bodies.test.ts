import { randomBytes } from 'node:crypto';
import test from 'ava';
import { shortBodies } from '../../../src/admin/find-event/short-bodies.js';
import { anId } from '../../support/data/factories.js';
import { aHistoryOf } from '../../support/data/histories.js';
import { useTestDatabase } from '../../support/database.js';

const database = useTestDatabase(test);

test('bodies are read by their sequences, long ones and those of others not', async (t) => {
  const store = database.store();
  const long = randomBytes(4000).toString('base64');
  const id = await aHistoryOf(store, [{ body: { n: 1 } }, { body: { long } }, { body: { n: 3 } }, { body: { n: 4 } }]);
  await aHistoryOf(store, [{ body: { other: 1 } }]);

  t.deepEqual(await shortBodies(database, id, [4, 2, 1, 9]), [
    { sequence: 1, body: '{"n": 1}' },
    { sequence: 2, body: undefined },
    { sequence: 4, body: '{"n": 4}' },
  ]);
  t.deepEqual(await shortBodies(database, id, []), []);
  t.deepEqual(await shortBodies(database, anId(), [1]), []);
});
