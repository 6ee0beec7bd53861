import { randomBytes } from 'node:crypto';
import type { Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { defineProjection } from '../../../src/projection/define-projection.js';
import { defineSubscription } from '../../../src/projection/define-subscription.js';
import type { AnyProjection } from '../../../src/projection/definition.js';
import { anEvent, anId } from '../../support/data/factories.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { startWorker } from '../../support/projection/workers.js';

const own = useTestDatabase(test);
const MEGABYTE = 1_000_000;

const Paper = defineAggregate({
  name: 'paper',
  initialState: () => 0,
  commands: {},
  events: { titled: (state: number) => state + 1, scanned: (state: number) => state },
  aliases: { titled: ['named "once"', String.raw`named\twice`] },
});

/** Text that the database cannot make shorter. */
const text = (length: number) => randomBytes(length / 2).toString('hex');

/** Has the log have the events of one aggregate and no others, one for each type and length of its body. */
async function commit(id: Timestamp, contents: readonly (readonly [type: string, length: number])[]): Promise<void> {
  const events = contents.map(([type, length], index) =>
    anEvent(id, { sequence: index + 1, type, body: { text: text(length) } }),
  );
  await own.knex.withSchema(own.schema).table('event_log').delete();
  await own.store().commitEvents(events);
}

/** A database that tells how many bytes it has sent. */
function aMeasuredDatabase(t: ExecutionContext) {
  const sockets: Socket[] = [];
  const afterCreate = (client: { connection: { stream: Socket } }, done: (error: unknown) => void) => {
    sockets.push(client.connection.stream);
    done(undefined);
  };
  const knex = testKnex({ searchPath: [own.schema], pool: { min: 0, max: 8, afterCreate } });
  t.teardown(() => knex.destroy());
  return { knex, schema: own.schema, sent: () => sockets.reduce((sum, { bytesRead }) => sum + bytesRead, 0) };
}

let made = 0;

/** A projection and a subscription that call a function with the sequence of each event of an aggregate. */
function bothKinds(id: Timestamp, handle: (sequence: number) => void): AnyProjection[] {
  const titled = (event: { readonly aggregateId: Timestamp; readonly sequence: number }) => {
    if (event.aggregateId.equals(id)) handle(event.sequence);
  };
  const facts = { name: `titles_${(made += 1)}`, from: [Paper] as const };
  return [
    defineProjection({ ...facts, version: 1, project: { titled } }),
    defineSubscription({ ...facts, startAt: 'beginning', handle: { titled } }),
  ];
}

for (const kind of [0, 1] as const) {
  const name = kind === 0 ? 'a projection' : 'a subscription';

  test.serial(`${name} does not read the bodies of events that it has no handler for`, async (t) => {
    const id = anId();
    await commit(id, [
      ...Array.from({ length: 12 }, () => ['scanned', MEGABYTE / 4] as const),
      ['titled', 100],
      ['named "once"', 100],
      ['nobody knows', MEGABYTE],
      [String.raw`named\twice`, 100],
    ]);
    const database = aMeasuredDatabase(t);
    const seen: number[] = [];
    const worker = startWorker(t, database, [bothKinds(id, (sequence) => seen.push(sequence))[kind] as AnyProjection]);

    t.deepEqual(await worker.caughtUp(), { parked: 0 });

    t.deepEqual(seen, [13, 14, 16]);
    t.true(database.sent() < MEGABYTE, `${database.sent()} bytes`);
  });

  test.serial(`${name} reads long bodies a few at a time, and all of them`, async (t) => {
    const id = anId();
    const length = 16;
    await commit(
      id,
      Array.from({ length }, () => ['titled', MEGABYTE] as const),
    );
    const database = aMeasuredDatabase(t);
    const sent: number[] = [];
    const seen: number[] = [];
    const handle = (sequence: number) => {
      seen.push(sequence);
      sent.push(database.sent());
    };
    const worker = startWorker(t, database, [bothKinds(id, handle)[kind] as AnyProjection]);

    t.deepEqual(await worker.caughtUp(), { parked: 0 });

    t.deepEqual(
      seen,
      Array.from({ length }, (_, index) => index + 1),
    );
    const longest = Math.max(...sent.map((bytes, index) => bytes - (sent[index - 1] ?? 0)));
    t.true(longest < 7 * MEGABYTE, `${longest} bytes before one event`);
    t.true(database.sent() < 2 * length * MEGABYTE, `${database.sent()} bytes in all`);
  });
}
