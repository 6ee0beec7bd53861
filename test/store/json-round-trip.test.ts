import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { printJson } from '../../src/json/print.js';
import { parseJsonText } from '../../src/json/parse.js';
import { sameJson } from '../../src/json/same.js';
import type { JsonObject } from '../../src/json/types.js';
import { InvalidEventError } from '../../src/store/errors.js';
import type { PostgresStore } from '../../src/store/postgres-store.js';
import { encodeEvents } from '../../src/store/validate.js';
import { jsonBodies } from '../support/arbitraries.js';
import { useEmbeddedDatabase, useTestDatabase } from '../support/database.js';
import { anEvent, anId, collect } from '../support/factories.js';

const database = useTestDatabase(test);
const embedded = useEmbeddedDatabase(test);
const COMMIT = 500;

/** Bodies that JSON and PostgreSQL keep, and, now and then, anything that JavaScript can hold. */
function anyBodies(): fc.Arbitrary<object> {
  const anything = fc.object({
    withBigInt: true,
    withDate: true,
    withMap: true,
    withTypedArray: true,
    withSparseArray: true,
  });
  return fc.oneof({ weight: 9, arbitrary: jsonBodies() }, { weight: 1, arbitrary: anything });
}

function isTaken(body: object): boolean {
  try {
    encodeEvents([anEvent(anId(), { body })]);
    return true;
  } catch (error) {
    if (error instanceof InvalidEventError) return false;
    throw error;
  }
}

async function bodiesComeBackOrAreRefused(t: ExecutionContext, store: PostgresStore): Promise<void> {
  const bodies = fc.sample(anyBodies(), 10_000);
  const taken = bodies.filter(isTaken);
  t.true(taken.length > 8000 && taken.length < 10_000, `${taken.length} bodies were taken`);
  let different = 0;
  for (let start = 0; start < taken.length; start += COMMIT) {
    const id = anId();
    const sent = taken.slice(start, start + COMMIT).map((body, index) => anEvent(id, { sequence: index + 1, body }));
    const texts = encodeEvents(sent).map(({ json }) => json);
    t.true((await store.commitEvents(sent)).ok);
    const stored = await collect(store.streamStoredEvents(id, 1));
    const lossless = await store.getEvents(id, 1, { numbers: 'lossless' });
    for (const [index, text] of texts.entries()) {
      const back = stored[index]?.body ?? '';
      if (!sameJson(text, back) || !sameJson(text, printJson(lossless[index]?.body as JsonObject))) different += 1;
    }
  }
  t.is(different, 0);
}

test.serial('10,000 generated bodies come back equal, digit for digit, or are refused: PostgreSQL', (t) =>
  bodiesComeBackOrAreRefused(t, database.store()),
);

test.serial('10,000 generated bodies come back equal, digit for digit, or are refused: PGlite', (t) =>
  bodiesComeBackOrAreRefused(t, embedded.get().store),
);

for (const [name, store] of [
  ['PostgreSQL', () => database.store()],
  ['PGlite', () => embedded.get().store],
] as const)
  test(`numbers that were written as text keep every digit on ${name}`, async (t) => {
    const id = anId();
    const digits = '12345678901234567890,1.0,1.10,0.1000000000000000055511151231257827,1e2,1E-5,-1e400,1e400';
    const body = parseJsonText(`{"n":[${digits}]}`) as object;
    await store().commitEvents([anEvent(id, { body })]);
    const [stored] = await collect(store().streamStoredEvents(id, 1));
    const huge = `1${'0'.repeat(400)}`;
    t.is(
      stored?.body,
      `{"n": [12345678901234567890, 1.0, 1.10, 0.1000000000000000055511151231257827, 100, 0.00001, -${huge}, ${huge}]}`,
    );
  });
