import { once } from 'node:events';
import test from 'ava';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { type Timestamp } from '../../../src/hlc/timestamp.js';
import { retry } from '../../../src/projection/apply/parked.js';
import { readCopies } from '../../../src/projection/copies/copy.js';
import { defineSubscription } from '../../../src/projection/define-subscription.js';
import type { SubscriptionHandler } from '../../../src/projection/definition.js';
import { EventParkedError, SlowHandlerError } from '../../../src/projection/worker/errors.js';
import { runProjections } from '../../../src/projection/worker/run-projections.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { testKnex, useTestDatabase } from '../../support/database.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { aJournal, seen, Thing } from '../../support/projection/journal.js';
import { startWorker } from '../../support/projection/workers.js';

const database = useTestDatabase(test);
const { schema, knex } = database;
const table = (name: string) => knex.withSchema(schema).table(name);
test.before(async () => {
  await knex.schema.withSchema(schema).createTable('notes', (notes) => {
    notes.text('subscription');
    notes.text('note');
  });
});

let made = 0;

/** An aggregate of which some events are written down, and others sent. */
const Letter = defineAggregate({
  name: 'letter',
  initialState: () => 0,
  commands: {},
  events: { happened: (state: number, _body: unknown) => state + 1, sent: (state: number, _body: unknown) => state },
});

/** A subscription of a name of its own, from the beginning. Tests share the log, so it looks at some aggregates only. */
function aSubscription(
  ids: readonly Timestamp[],
  handle: SubscriptionHandler,
  startAt: 'now' | 'beginning' = 'beginning',
) {
  return defineSubscription({
    name: `subscription_${(made += 1)}`,
    from: [Thing],
    startAt,
    handle: async (event, context) => {
      if (ids.some((id) => id.equals(event.aggregateId))) await handle(event, context);
    },
  });
}

async function commit(id: Timestamp, length: number): Promise<void> {
  await database.store().commitEvents(aHistory(id, length));
}

async function copyOf({ name }: { readonly name: string }): Promise<number> {
  const [copy] = await readCopies(knex, schema, [name]);
  return copy?.id ?? 0;
}

test.serial('every event is handled once, those of an aggregate in order, with a key that is its own', async (t) => {
  const ids = Array.from({ length: 20 }, anId);
  for (const id of ids) await commit(id, 3);
  const seen: string[] = [];
  const subscription = aSubscription(ids, (_event, { idempotencyKey, attempt }) =>
    seen.push(`${idempotencyKey} ${attempt}`),
  );
  const worker = startWorker(t, database, [subscription]);

  t.deepEqual(await worker.caughtUp(), { parked: 0 });

  t.is(seen.length, 60);
  for (const id of ids)
    t.deepEqual(
      seen.filter((each) => each.includes(id.hex)),
      [1, 2, 3].map((sequence) => `${subscription.name}:${id.hex}:${sequence} 1`),
    );
  await worker.stop();
  t.deepEqual(await table('maestro_leases').where({ copy: await copyOf(subscription) }), []);
});

test.serial(
  'what is committed while a worker runs is handled at once; startAt "now" leaves out what was there before',
  async (t) => {
    const id = anId();
    await commit(id, 2);
    const { promise, resolve } = withResolvers<number>();
    const worker = startWorker(t, database, [aSubscription([id], ({ sequence }) => resolve(sequence), 'now')]);
    await worker.caughtUp();
    await database.store().commitEvents(aHistory(id, 3).slice(2));
    t.is(await promise, 3);
  },
);

test.serial('an event whose handler fails holds up its aggregate alone, and is tried again', async (t) => {
  const [bad, good] = [anId(), anId()];
  await commit(bad, 3);
  await commit(good, 2);
  const seen: string[] = [];
  let isFixed = false;
  const subscription = aSubscription([bad, good], (event, { attempt }) => {
    const isBad = event.aggregateId.equals(bad);
    seen.push(`${isBad ? 'bad' : 'good'} ${event.sequence} ${attempt}`);
    if (isBad && event.sequence === 2 && !isFixed) throw new Error('the mail server is away');
  });
  const worker = startWorker(t, database, [subscription]);

  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  const error = (await worker.toldError()) as EventParkedError;
  t.true(error instanceof EventParkedError);
  t.like(error, { projection: subscription.name, aggregateId: bad.hex, sequence: 2, attempts: 1 });
  t.is((error.cause as Error).message, 'the mail server is away');
  t.deepEqual([...seen].sort(), ['bad 1 1', 'bad 2 1', 'good 1 1', 'good 2 1']);

  await retry(knex, schema, await copyOf(subscription), bad);
  t.like(await worker.toldError(2), { sequence: 2, attempts: 2 });
  isFixed = true;
  await retry(knex, schema, await copyOf(subscription), bad);
  await worker.until(() => seen.includes('bad 3 1'));
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  t.deepEqual(seen.slice(-2), ['bad 2 3', 'bad 3 1']);
});

test.serial(
  'an onProgress that throws ends the worker with its error, after the event that it was told of',
  async (t) => {
    const id = anId();
    await commit(id, 3);
    const seen: number[] = [];
    const subscription = aSubscription([id], ({ sequence }) => seen.push(sequence));
    const failure = new Error('no terminal');
    const stop = new AbortController();
    const worker = runProjections(database, [subscription], {
      concurrency: 1,
      signal: stop.signal,
      onError: () => {},
      onProgress: () => {
        if (seen.length > 0) throw failure;
      },
    });
    const [reached, stopped] = [worker.caughtUp(), worker.stopped].map((end) => end.catch((error: unknown) => error));
    t.is(await Promise.race([reached, stopped]), failure);
    stop.abort();
    t.is(await stopped, failure);
    t.deepEqual(seen, [1]);
    const position = { copy: await copyOf(subscription), aggregate_id: id.encode() };
    t.like(await table('maestro_positions').where(position).first(), { sequence: 1 });
  },
);

test.serial(
  'what is written with the transaction of the context is written exactly once, with the position',
  async (t) => {
    const id = anId();
    await commit(id, 3);
    let runs = 0;
    let isFixed = false;
    const subscription = aSubscription([id], async (event, { transaction }) => {
      runs += 1;
      await transaction
        .withSchema(schema)
        .table('notes')
        .insert({ subscription: subscription.name, note: event.sequence });
      if (event.sequence === 2 && !isFixed) throw new Error('not yet');
    });
    const worker = startWorker(t, database, [subscription]);
    const notes = () => table('notes').where({ subscription: subscription.name }).orderBy('note').pluck('note');

    t.deepEqual(await worker.caughtUp(), { parked: 1 });
    t.deepEqual(await notes(), ['1']);
    isFixed = true;
    await retry(knex, schema, await copyOf(subscription));
    await worker.until(() => runs === 4);
    t.deepEqual(await worker.caughtUp(), { parked: 0 });
    t.deepEqual(await notes(), ['1', '2', '3']);
    t.is(runs, 4, 'the run without a transaction ends where it is asked for');
  },
);

test.serial(
  'an event whose transaction is refused at its end is parked as any other, and not tried again without end',
  async (t) => {
    await knex.raw('CREATE TABLE ?? (value integer, UNIQUE (value) DEFERRABLE INITIALLY DEFERRED)', [
      `${schema}.singles`,
    ]);
    const id = anId();
    await commit(id, 3);
    let isFixed = false;
    const subscription = aSubscription([id], async ({ sequence }, { transaction }) => {
      const value = sequence === 2 && !isFixed ? 1 : sequence;
      await transaction.withSchema(schema).table('singles').insert({ value });
    });
    const worker = startWorker(t, database, [subscription]);

    t.deepEqual(await worker.caughtUp(), { parked: 1 });
    t.like(await worker.toldError(), { projection: subscription.name, sequence: 2, attempts: 1 });
    isFixed = true;
    await retry(knex, schema, await copyOf(subscription));
    await worker.caughtUp();
    t.deepEqual(await table('singles').orderBy('value').pluck('value'), [1, 2, 3]);
  },
);

test.serial('an event whose handler asks for no transaction is parked after one whose handler has one', async (t) => {
  const id = anId();
  await commit(id, 2);
  await database.store().commitEvents([{ ...aHistory(id, 3)[2], type: 'sent' } as never]);
  const subscription = defineSubscription({
    name: `subscription_${(made += 1)}`,
    from: [Letter],
    startAt: 'beginning',
    handle: {
      happened: ({ sequence }, { transaction }) => transaction.raw('SELECT ?::integer', [sequence]),
      sent: (event) => {
        if (event.aggregateId.equals(id)) throw Object.assign(new Error('of another database'), { code: '40001' });
      },
    },
  });
  const worker = startWorker(t, database, [subscription]);
  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  t.like(await worker.toldError(), { sequence: 3, attempts: 1 });
});

test.serial(
  'what is claimed is prolonged while a search waits, and a handler that takes long is told once',
  async (t) => {
    const id = anId();
    await commit(id, 1);
    const [begun, end] = [withResolvers<AbortSignal>(), withResolvers<undefined>()];
    const subscription = aSubscription([id], async (_event, { signal }) => {
      begun.resolve(signal);
      await end.promise;
    });
    const worker = startWorker(t, database, [subscription], { lease: 400, interval: 1 });
    t.teardown(() => end.resolve(undefined));
    const signal = await begun.promise;
    const lost = once(signal, 'abort');
    const told = await knex.transaction(async (transaction) => {
      await transaction.raw('LOCK TABLE ?? IN ACCESS EXCLUSIVE MODE', [`${schema}.event_log`]);
      // After a few leases.
      return await Promise.race([worker.toldError(), lost]);
    });
    t.false(signal.aborted);
    t.true(told instanceof SlowHandlerError);
    t.like(told, { subscription: subscription.name, aggregateId: id.hex, sequence: 1 });
    end.resolve(undefined);
    t.deepEqual(await worker.caughtUp(), { parked: 0 });
    t.is(worker.errors.length, 1);
  },
);

test.serial('an event is parked for which the database names itself at fault again and again', async (t) => {
  const [bad, good] = [anId(), anId()];
  for (const id of [bad, good]) await commit(id, 1);
  const seen: string[] = [];
  const subscription = aSubscription([bad, good], async ({ aggregateId }, { transaction }) => {
    if (aggregateId.equals(bad)) await transaction.raw(`DO $$ BEGIN RAISE 'as told' USING ERRCODE = 'XX000'; END $$`);
    seen.push(aggregateId.hex);
  });
  const worker = startWorker(t, database, [subscription]);
  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  t.deepEqual(seen, [good.hex]);
});

test.serial('an event is parked whose transaction meets another one whenever it is tried', async (t) => {
  const id = anId();
  await commit(id, 2);
  let runs = 0;
  const subscription = aSubscription([id], async ({ sequence }, { transaction }) => {
    runs += 1;
    if (sequence === 2 || runs < 3)
      await transaction.raw(`DO $$ BEGIN RAISE 'as told' USING ERRCODE = '40001'; END $$`);
  });
  const worker = startWorker(t, database, [subscription]);
  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  t.like(await worker.toldError(), { sequence: 2, attempts: 1 });
});

test.serial('a handler that is at work when the worker stops is told; its event goes to the next worker', async (t) => {
  const id = anId();
  await commit(id, 1);
  const begun = withResolvers<AbortSignal>();
  const attempts: number[] = [];
  const subscription = aSubscription([id], async (_event, { signal, attempt }) => {
    attempts.push(attempt);
    if (attempts.length > 1) return;
    begun.resolve(signal);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    signal.throwIfAborted();
  });
  const first = startWorker(t, database, [subscription]);
  const signal = await begun.promise;
  await first.stop();
  t.true(signal.aborted);
  t.deepEqual(first.errors, []);

  const second = startWorker(t, database, [subscription]);
  t.deepEqual(await second.caughtUp(), { parked: 0 });
  t.deepEqual(attempts, [1, 1], 'an attempt that was interrupted has not failed');
});

test.serial('what a handler has done is recorded also when its worker stops meanwhile', async (t) => {
  const id = anId();
  await commit(id, 2);
  const begun = withResolvers<AbortSignal>();
  const handled: number[] = [];
  const subscription = aSubscription([id], async ({ sequence }, { signal }) => {
    handled.push(sequence);
    if (handled.length > 1) return;
    begun.resolve(signal);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  });
  const first = startWorker(t, database, [subscription]);
  await begun.promise;
  await first.stop();
  t.deepEqual(handled, [1], 'nothing begins after the stop');
  const second = startWorker(t, database, [subscription]);
  t.deepEqual(await second.caughtUp(), { parked: 0 });
  t.deepEqual(handled, [1, 2]);
});

test.serial('a worker that stops while it claims an aggregate does not begin with its events', async (t) => {
  const id = anId();
  await commit(id, 1);
  let runs = 0;
  const subscription = aSubscription([id], () => (runs += 1));
  const own = testKnex({ searchPath: [schema] });
  t.teardown(() => own.destroy());
  const claiming = withResolvers<void>();
  own.on('query', ({ sql }: { readonly sql: string }) => {
    if (/INSERT INTO \S*maestro_leases/.test(sql)) claiming.resolve();
  });
  const first = startWorker(t, { knex: own, schema }, [subscription]);
  await claiming.promise;
  await first.stop();
  t.is(runs, 0);
  const second = startWorker(t, database, [subscription]);
  t.deepEqual(await second.caughtUp(), { parked: 0 });
  t.is(runs, 1);
});

test.serial('handlers that do not end keep no read model back', async (t) => {
  const own = testKnex({ searchPath: [schema] });
  t.teardown(() => own.destroy());
  const ids = Array.from({ length: 3 }, anId);
  const hung = withResolvers<void>();
  let hanging = 0;
  const subscription = aSubscription(ids, async () => {
    if ((hanging += 1) === 2) hung.resolve();
    await new Promise(() => {});
  });
  const journal = aJournal();
  const worker = startWorker(t, { knex: own, schema }, [subscription, journal.definition], { concurrency: 2 });
  for (const id of ids) await commit(id, 1);
  await hung.promise;
  const late = anId();
  await commit(late, 2);
  await worker.until(async () => (await seen(own, journal, late)).length === 2);
  t.is(hanging, 2);
});

test.serial(
  'a handler that does not end does not keep its worker from stopping, and what it writes later does not count',
  async (t) => {
    const id = anId();
    await commit(id, 1);
    const begun = withResolvers<void>();
    const end = withResolvers<void>();
    let runs = 0;
    const subscription = aSubscription([id], async () => {
      runs += 1;
      if (runs > 1) return;
      begun.resolve();
      await end.promise;
    });
    const first = startWorker(t, database, [subscription], { lease: 100 });
    await begun.promise;
    await first.stop();
    const second = startWorker(t, database, [subscription]);
    t.deepEqual(await second.caughtUp(), { parked: 0 });
    t.is(runs, 2);
    end.resolve();
  },
);

test.serial('a handler whose event has gone to another worker is told, and moves nothing', async (t) => {
  const id = anId();
  await commit(id, 2);
  const begun = withResolvers<AbortSignal>();
  const seen: string[] = [];
  const subscription = aSubscription([id], async ({ sequence }, { signal }) => {
    seen.push(`${sequence} begun`);
    if (seen.length > 1) return;
    begun.resolve(signal);
    await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
    seen.push(`${sequence} ended`);
  });
  const worker = startWorker(t, database, [subscription], { lease: 200 });
  const signal = await begun.promise;
  // As if this worker had been suspended for so long that another one took over, and is done.
  const copy = await copyOf(subscription);
  await table('maestro_leases').where({ copy, aggregate_id: id.encode() }).delete();
  const moved = { copy, aggregate_id: id.encode(), sequence: 1 };
  await table('maestro_positions').insert(moved).onConflict(['copy', 'aggregate_id']).merge();
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  t.true(signal.aborted);
  t.deepEqual(seen, ['1 begun', '1 ended', '2 begun']);
  t.deepEqual(worker.errors, []);
});

test.serial('a claim is prolonged for as long as its handler takes', async (t) => {
  const id = anId();
  await commit(id, 1);
  const subscription = aSubscription([id], async (_event, { signal }) => {
    runs += 1;
    const copy = await copyOf(subscription);
    const expiry = () =>
      table('maestro_leases').where({ copy, aggregate_id: id.encode() }).first<{ expires_at: Date }>();
    const { expires_at: first } = await expiry();
    while (!signal.aborted && (await expiry()).expires_at.getTime() <= first.getTime() + 500) continue;
    t.false(signal.aborted);
  });
  let runs = 0;
  const worker = startWorker(t, database, [subscription], { lease: 400 });
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  t.is(runs, 1);
});

test.serial('an event that is missing before others is waited for, and handled when it comes', async (t) => {
  const id = anId();
  const [first, second, third] = aHistory(id, 3);
  await commitRows([first, third]);
  const seen: number[] = [];
  const subscription = aSubscription([id], ({ sequence }) => seen.push(sequence));
  const worker = startWorker(t, database, [subscription]);
  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  t.deepEqual(seen, [1]);
  t.regex(String(await worker.toldError()), /waits before a gap in .*: the log has later events, and no event 2\.$/);

  await commitRows([second]);
  await worker.until(() => seen.length === 3);
  t.deepEqual(seen, [1, 2, 3]);
  t.deepEqual(await table('maestro_parked').where({ copy: await copyOf(subscription) }), []);
});

test.serial('an aggregate is parked no longer when what came after the gap was deleted', async (t) => {
  const id = anId();
  const [first, , third] = aHistory(id, 3);
  await commitRows([first, third]);
  const subscription = aSubscription([id], () => {});
  const worker = startWorker(t, database, [subscription]);
  t.deepEqual(await worker.caughtUp(), { parked: 1 });
  await table('event_log').where({ aggregate_id: id.encode(), sequence: 3 }).delete();
  await retry(knex, schema, await copyOf(subscription));
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
});

test.serial('handlers can carry out commands with one connection for all', async (t) => {
  const one = testKnex({ pool: { min: 0, max: 1 } });
  t.teardown(() => one.destroy());
  const things = openAggregates(Thing, { store: new PostgresStore(one, { schema }) });
  const [from, to] = [anId(), anId()];
  const subscription = aSubscription([from], async ({ body }, { idempotencyKey }) => {
    const answer = await things.evaluate(
      to,
      { type: 'happen', data: body as { n: number } },
      { commandId: idempotencyKey },
    );
    t.true(answer.ok);
  });
  const worker = startWorker(t, { knex: one, schema }, [subscription]);
  for (let n = 1; n <= 5; n += 1) await things.evaluate(from, { type: 'happen', data: { n } });
  t.deepEqual(await worker.caughtUp(), { parked: 0 });
  t.is(await things.fetch(to), 5);
});

async function commitRows(events: readonly (ReturnType<typeof aHistory>[number] | undefined)[]): Promise<void> {
  for (const event of events)
    if (event !== undefined)
      await table('event_log').insert({
        timestamp: event.timestamp.encode(),
        aggregate_id: event.aggregateId.encode(),
        sequence: event.sequence,
        type: event.type,
        body: event.body,
      });
}

function withResolvers<Value>() {
  let resolve = (_value: Value): void => {};
  const promise = new Promise<Value>((settle) => (resolve = settle));
  return { promise, resolve };
}
