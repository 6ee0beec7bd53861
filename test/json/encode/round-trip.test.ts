import test from 'ava';
import { readBack } from '../../../src/json/encode/round-trip.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent } from '../../support/data/factories.js';

const database = useTestDatabase(test);

for (const numbers of ['plain', 'lossless'] as const)
  test(`a body is expected as the database gives it back: ${numbers}`, async (t) => {
    const body = { large: 1e21, small: -1.5e-7, list: [{ '1e5': '2e5' }, 12] };
    const store = database.store();
    const event = anEvent(undefined, { body });
    await store.commitEvents([event]);
    const [stored] = await store.getEvents(event.aggregateId, 1, { numbers });
    t.deepEqual(readBack(JSON.stringify(body), numbers), stored?.body);
  });
