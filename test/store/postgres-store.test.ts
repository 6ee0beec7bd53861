import test from 'ava';
import { Timestamp } from '../../src/hlc/timestamp.js';
import { ProjectionError, WriteMismatchError } from '../../src/store/errors.js';
import { MemoryStore } from '../../src/store/memory-store.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import type { Projection } from '../../src/store/store.js';
import { testKnex, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId, collect } from '../support/data/factories.js';

const database = useTestDatabase(test);

test.serial.before(async () => {
  await database.knex.schema
    .withSchema(database.schema)
    .createTable('names', (table) => table.string('name').primary());
});

/** A read model with a unique name per aggregate. */
function claimName(name: string): Projection {
  return (_event, transaction) => transaction('names').withSchema(database.schema).insert({ name });
}

async function namesLike(pattern: string): Promise<string[]> {
  const rows: { name: string }[] = await database.knex('names').withSchema(database.schema).whereLike('name', pattern);
  return rows.map(({ name }) => name);
}

for (const [name, store] of [
  ['PostgresStore', () => database.store()],
  ['MemoryStore', () => new MemoryStore()],
] as const)
  test(`${name} gives no more events than it is asked for`, async (t) => {
    const events = aHistory(anId(), 5);
    const id = events[0]?.aggregateId ?? anId();
    const filled = store();
    await filled.commitEvents(events);
    for (const limit of [1, 4, 5, 9]) {
      t.is((await filled.getEvents(id, 1, { limit })).length, Math.min(limit, 5));
      t.is((await collect(filled.streamEvents(id, 1, { limit }))).length, Math.min(limit, 5));
    }
    for (const limit of [0, -1, 1.5, Number.NaN])
      await t.throwsAsync(filled.getEvents(id, 1, { limit }), { code: 'MAESTRO_INVALID_ARGUMENT', message: /limit/ });
  });

test('projections see every event in sequence order, in the transaction of the events', async (t) => {
  const store = database.store();
  const id = anId();
  const seen: [string, number, number][] = [];
  const project =
    (name: string): Projection =>
    async ({ sequence }, transaction) => {
      const inside = await new PostgresStore(transaction, { schema: database.schema }).getEvents(id, 1);
      seen.push([name, sequence, inside.length]);
    };

  const events = aHistory(id, 2).reverse();
  const result = await store.commitAll(events, [project('first'), project('second')]);

  t.true(result.ok);
  t.deepEqual(seen, [
    ['first', 1, 2],
    ['second', 1, 2],
    ['first', 2, 2],
    ['second', 2, 2],
  ]);
});

test('a projection that throws rolls back the events and what other projections wrote', async (t) => {
  const store = database.store();
  const id = anId();
  const name = `rolled back ${id.hex}`;
  const nameIsTaken = () => Promise.reject(new Error('name is taken'));

  const error = await t.throwsAsync(store.commitAll(aHistory(id, 1), [claimName(name), nameIsTaken]), {
    instanceOf: ProjectionError,
  });

  t.like(error.cause, { message: 'name is taken' });
  t.like(error.event, { aggregateId: id.hex, sequence: 1, type: 'happened' });
  t.deepEqual(await store.getEvents(id, 1), []);
  t.deepEqual(await namesLike(name), []);
});

test('a unique violation in a projection is its error, not a conflict of sequences', async (t) => {
  const store = database.store();
  const [first, second] = [anId(), anId()];
  const name = `unique ${first.hex}`;
  await store.commitAll(aHistory(first, 1), [claimName(name)]);

  const error = await t.throwsAsync(store.commitAll(aHistory(second, 1), [claimName(name)]), {
    instanceOf: ProjectionError,
  });

  t.like(error.cause, { code: '23505' });
  t.deepEqual(await store.getEvents(second, 1), []);
});

test('a projection that swallows the error of its statement does not look like success', async (t) => {
  const store = database.store();
  const id = anId();
  const swallow: Projection = (_event, transaction) => transaction.raw('SELECT 1 / 0').catch(() => undefined);

  await t.throwsAsync(store.commitAll(aHistory(id, 1), [swallow]), { instanceOf: ProjectionError });

  t.deepEqual(await store.getEvents(id, 1), []);
});

for (const end of ['commit', 'rollback'] as const)
  test(`a projection cannot ${end} the transaction itself`, async (t) => {
    const id = anId();
    const endIt: Projection = (_event, transaction) => transaction[end]();
    await t.throwsAsync(database.store().commitAll(aHistory(id, 1), [endIt]), { instanceOf: ProjectionError });
    t.deepEqual(await database.store().getEvents(id, 1), []);
  });

test('with projections a taken sequence answers retry_command, and they do not run', async (t) => {
  const store = database.store();
  const id = anId();
  await store.commitEvents(aHistory(id, 1));
  let ran = false;
  const result = await store.commitAll(aHistory(id, 1), [
    () => {
      ran = true;
    },
  ]);
  t.deepEqual(result, { ok: false, error: 'retry_command' });
  t.false(ran);
});

test('a commit of 20,000 events is atomic', async (t) => {
  const store = database.store();
  const id = anId();
  const history = aHistory(id, 20_000);
  await store.commitEvents([anEvent(id, { sequence: 15_000 })]);

  t.deepEqual(await store.commitEvents(history), { ok: false, error: 'retry_command' });
  t.is((await store.getEvents(id, 1)).length, 1);

  const other = anId();
  t.true((await store.commitEvents(aHistory(other, 20_000))).ok);
  t.is((await store.getEvents(other, 1)).length, 20_000);
});

test('a commit too large for one statement is still all or nothing', async (t) => {
  const store = database.store();
  const id = anId();
  const text = 'x'.repeat(9 * 1024 * 1024);
  const large = aHistory(id, 4).map((event) => ({ ...event, body: { text } }));
  await store.commitEvents([anEvent(id, { sequence: 4 })]);

  t.deepEqual(await store.commitEvents(large), { ok: false, error: 'retry_command' });
  t.is((await store.getEvents(id, 1, { maxSequence: 3 })).length, 0);

  t.true((await store.commitEvents(large.slice(0, 3))).ok);
  const lengths = (await store.getEvents(id, 1, { maxSequence: 3 })).map(({ body }) => (body['text'] as string).length);
  t.deepEqual(lengths, [text.length, text.length, text.length]);
});

test('a trigger that drops rows silently does not look like success', async (t) => {
  const knex = database.knex;
  const { schema } = database;
  const id = anId();
  await knex.raw(`CREATE FUNCTION "${schema}".drop_one() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.type = 'dropped' THEN RETURN NULL; END IF; RETURN NEW; END $$`);
  await knex.raw(`CREATE TRIGGER drop_one BEFORE INSERT ON "${schema}".event_log
    FOR EACH ROW EXECUTE FUNCTION "${schema}".drop_one()`);

  const events = [anEvent(id), anEvent(id, { sequence: 2, type: 'dropped' })];
  await t.throwsAsync(database.store().commitEvents(events), { instanceOf: WriteMismatchError });
});

test('with verifyWrites a row that comes back different is rolled back', async (t) => {
  const { knex, schema } = database;
  const id = anId();
  await knex.raw(`CREATE FUNCTION "${schema}".alter_one() RETURNS trigger LANGUAGE plpgsql AS
    $$ BEGIN IF NEW.type = 'altered' THEN NEW.body = '{}'; END IF; RETURN NEW; END $$`);
  await knex.raw(`CREATE TRIGGER alter_one BEFORE INSERT ON "${schema}".event_log
    FOR EACH ROW EXECUTE FUNCTION "${schema}".alter_one()`);
  const store = new PostgresStore(knex, { schema, verifyWrites: true });

  const events = [anEvent(id), anEvent(id, { sequence: 2, type: 'altered' })];
  await t.throwsAsync(store.commitEvents(events), { instanceOf: WriteMismatchError });

  t.deepEqual(await store.getEvents(id, 1), []);
});

test('a Knex instance that renames columns and parses types its own way makes no difference', async (t) => {
  const { testKnex } = await import('../support/database.js');
  const knex = testKnex({
    wrapIdentifier: (name, wrap) => wrap(name.toUpperCase()),
    postProcessResponse: (response) =>
      Array.isArray(response) ? response.map((row) => ({ ...row, renamed: true })) : response,
  });
  t.teardown(() => knex.destroy());
  const store = new PostgresStore(knex, { schema: database.schema });
  const history = aHistory(anId(), 2);

  t.deepEqual(await store.commitEvents(history), { ok: true, value: history });
  t.deepEqual(await store.getEvents(history[0]?.aggregateId ?? anId(), 1), history);
});

test('a schema without the tables is told from an empty one', async (t) => {
  const store = new PostgresStore(database.knex, { schema: 'nothing_here' });
  await t.throwsAsync(store.getEvents(anId(), 1), { code: 'MAESTRO_NOT_MIGRATED' });
  await t.throwsAsync(store.commitEvents(aHistory(anId(), 1)), { code: 'MAESTRO_NOT_MIGRATED' });
});

test('a schema name that is not one is refused before anything is sent', (t) => {
  for (const schema of ['', 'a"b', '1st', 'a.b', 'x'.repeat(64)])
    t.throws(() => new PostgresStore(database.knex, { schema }), { code: 'MAESTRO_INVALID_ARGUMENT' });
});

test('events are read whatever way the server prints bytes', async (t) => {
  const id = Timestamp.decode(Buffer.from(Array.from({ length: 16 }, (_, index) => index * 17)));
  const events = Array.from({ length: 5 }, (_, index) =>
    anEvent(id, {
      sequence: index + 1,
      timestamp: Timestamp.parse(`${index}c5c4100de${'27225c'.repeat(4)}`.slice(0, 32)),
    }),
  );
  await database.store().commitEvents(events);
  const legacy = testKnex({ connection: `${database.url}?options=-c%20bytea_output%3Descape` });
  t.teardown(() => legacy.destroy());
  const { schema } = database;
  t.deepEqual(await new PostgresStore(legacy, { schema }).getEvents(id, 1), await database.store().getEvents(id, 1));
  t.is((await database.store().getEvents(id, 1)).length, 5);
});
