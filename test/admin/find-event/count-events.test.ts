import test from 'ava';
import { countEvents } from '../../../src/admin/find-event/count-events.js';
import { useTestDatabase } from '../../support/database.js';
import { aHistoryOf } from '../../support/data/histories.js';

const database = useTestDatabase(test);

test('the events of a part of a history are counted, not its sequences, and no further than asked', async (t) => {
  const id = await aHistoryOf(database.store(), [{ sequence: 5 }, { sequence: 900 }, { sequence: 901 }]);

  t.is(await countEvents(database, id, { after: 0, upTo: 901, most: 10 }), 3);
  t.is(await countEvents(database, id, { after: 5, upTo: 900, most: 10 }), 1);
  t.is(await countEvents(database, id, { after: 0, upTo: 901, most: 2 }), 2);
});
