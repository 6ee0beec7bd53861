import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { replaceSnapshot, storedSnapshots } from '../../../src/admin/log/stored-snapshots.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import type { Definition } from '../../../src/aggregate/definition/definition.js';
import { HandlerError, IncompleteHistoryError } from '../../../src/aggregate/errors.js';
import { type SnapshotVerdict, verifySnapshot } from '../../../src/aggregate/snapshot/verify-snapshot.js';
import { MAX_SEQUENCE, type StoredSnapshot } from '../../../src/events.js';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { printJson } from '../../../src/json/print.js';
import type { JsonValue } from '../../../src/json/types.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { query } from '../../../src/store/read/rows.js';
import { jsonBodies, jsonValues } from '../../support/data/arbitraries.js';
import { aSchemaName, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId, collect } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const { knex, schema } = database;
const log = { knex, schema };

/** The state is the body of the last event, digit for digit. */
const Document = defineAggregate({
  name: 'document',
  initialState: (): object => ({}),
  commands: {},
  events: { happened: (_state, body: object) => body },
  numbers: 'lossless',
}) as unknown as Definition;

/** The sum of numbers, as a list with one item, which only JSON of a version can be. */
const Sum = defineAggregate({
  name: 'sum',
  initialState: (): number => 0,
  commands: {},
  events: { happened: (sum, { n }: { n: number }) => sum + n },
  snapshot: {
    version: 2,
    encode: (sum) => [sum],
    decode: (json) => {
      if (!Array.isArray(json)) throw new TypeError('no list');
      return json[0] as number;
    },
  },
}) as unknown as Definition;

/** Stores a snapshot whatever it is, as somebody else might have. */
async function aSnapshot(id: Timestamp, sequence: number, body: string): Promise<StoredSnapshot> {
  await knex.raw(`INSERT INTO "${schema}".snapshots VALUES (?, ?, ?::text::jsonb)`, [id.encode(), sequence, body]);
  return await stored(id);
}

async function stored(id: Timestamp): Promise<StoredSnapshot> {
  const snapshot = await database.store().getStoredSnapshot(id, 0);
  if (snapshot === undefined) throw new Error('no snapshot');
  return snapshot;
}

function verdict(definition: Definition, snapshot: StoredSnapshot): Promise<SnapshotVerdict> {
  return verifySnapshot({ definition, store: database.store(), id: snapshot.aggregateId }, snapshot);
}

async function aDocument(body: object): Promise<Timestamp> {
  const id = anId();
  await database.store().commitEvents([anEvent(id, { body: body })]);
  return id;
}

/**
 * JSON text of the same meaning: keys in another order, numbers with zeros that say nothing. Beyond 2^53 they do say something: there an
 * integer is read as a bigint only when it is written as one.
 */
function inOtherWords(value: JsonValue): string {
  if (typeof value === 'number' && Number.isSafeInteger(value)) return `${value}.00`;
  if (Array.isArray(value)) return `[${value.map(inOtherWords).join(' , ')}]`;
  if (typeof value !== 'object' || value === null) return printJson(value);
  const entries = Object.entries(value).toReversed();
  return `{${entries.map(([key, item]) => `${JSON.stringify(key)}: ${inOtherWords(item as JsonValue)}`).join()}}`;
}

/** The largest integers that mean the same in other words. */
const LARGEST: object = { n: [-(2 ** 53), 2 ** 53 - 1] };

testProp(
  'a snapshot that says the same in other words is the same',
  [jsonBodies()],
  async (t, body) => {
    const id = await aDocument(body);
    t.deepEqual(await verdict(Document, await aSnapshot(id, 1, inOtherWords(body as JsonValue))), { kind: 'same' });
  },
  { numRuns: 60, examples: [[LARGEST]] },
);

testProp(
  'two states are the same exactly when they are to jsonb, and what is correct for a wrong one is',
  [jsonValues(), fc.oneof(jsonValues(), fc.constantFrom<JsonValue>(1, 1e20, '1', 0, '', null, false, [], {}))],
  async (t, left, right) => {
    const [a, b] = [printJson({ value: left }), printJson({ value: right })];
    const [[same] = []] = await query<[boolean]>(knex, 'SELECT ?::text::jsonb = ?::text::jsonb', [a, b]);
    const id = await aDocument({ value: left });
    const snapshot = await aSnapshot(id, 1, b);
    const found = await verdict(Document, snapshot);
    t.is(found.kind, same === true ? 'same' : 'different');
    if (found.kind !== 'different') return;
    t.true(await replaceSnapshot(log, snapshot, found.correct));
    t.deepEqual(await verdict(Document, await stored(id)), { kind: 'same' });
  },
  { numRuns: 60 },
);

test('one digit far behind is a difference', async (t) => {
  const id = anId();
  const digits = '0.1000000000000000055511151231257827';
  await knex.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, 1, 'happened', ?::text::jsonb)`, [
    anId().encode(),
    id.encode(),
    `{"n": ${digits}, "large": 9007199254740993}`,
  ]);
  const snapshot = await aSnapshot(id, 1, `{"large": 9007199254740993, "n": ${digits}0}`);
  t.is((await verdict(Document, snapshot)).kind, 'same');
  t.like(
    await verdict(Document, { ...snapshot, body: `{"large": 9007199254740993.0, "n": ${digits}}` }),
    { kind: 'different', readAs: 'state.large is a bigint, but is read as an ExactNumber' },
    'handlers that are given a bigint fail on another kind of number',
  );
  const wrong = { ...snapshot, body: `{"large": 9007199254740992, "n": ${digits}}` };
  t.is((await verdict(Document, wrong)).kind, 'different');
  t.is(
    (await verdict(Document, { ...snapshot, body: `{"large": 9007199254740993, "n": ${digits}1}` })).kind,
    'different',
  );
});

test('a snapshot is compared with the state at its own sequence, and what is stored takes no part in it', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 4));
  const marked = (sum: JsonValue) => JSON.stringify({ $maestro: { version: 2 }, state: sum });
  const snapshot = await aSnapshot(id, 3, marked([6]));
  t.is((await verdict(Sum, snapshot)).kind, 'same');
  t.deepEqual(await verdict(Sum, { ...snapshot, sequence: 4 }), {
    kind: 'different',
    correct: { sequence: 4, body: '{"$maestro":{"version":2},"state":[10]}' },
  });
  t.like(await verdict(Sum, { ...snapshot, sequence: 0 }), { kind: 'different', correct: { sequence: 0 } });
  t.like(await verdict(Sum, { ...snapshot, sequence: 9 }), { kind: 'ahead', correct: { sequence: 4 } });
  t.like(await verdict(Sum, { ...snapshot, aggregateId: anId() }), { kind: 'ahead', correct: { sequence: 0 } });
});

test('a snapshot of another version is not compared, and a wrong one need not be understood', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 2));
  const of = (version: unknown, state: unknown) => ({
    aggregateId: id,
    sequence: 2,
    body: JSON.stringify({ $maestro: { version }, state }),
  });
  for (const version of [1, '2', null]) t.deepEqual(await verdict(Sum, of(version, [9])), { kind: 'other version' });
  t.deepEqual(await verdict(Sum, { aggregateId: id, sequence: 2, body: '{}' }), { kind: 'other version' });
  t.like(await verdict(Sum, of(2, 'what decode fails on')), { kind: 'different' });
});

test('a state that cannot be stored, a hole in the history, and a right snapshot that cannot be read are errors', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 2));
  const snapshot = { aggregateId: id, sequence: 2, body: '{"n": 2}' };
  const variant = (encode: () => unknown, decode?: () => unknown): Definition => ({
    ...Document,
    snapshot: { encode, decode },
  });
  await t.throwsAsync(
    verdict(
      variant(() => ({ n: NaN })),
      snapshot,
    ),
    {
      instanceOf: HandlerError,
      message: /snapshot\.encode .* returned a state that cannot be stored/,
    },
  );
  const unreadable = () => {
    throw new Error('cannot read it');
  };
  await t.throwsAsync(
    verdict(
      variant(() => ({ n: 2 }), unreadable),
      snapshot,
    ),
    {
      instanceOf: HandlerError,
      message: /cannot read it/,
    },
  );
  const holed = anId();
  await database.store().commitEvents([anEvent(holed), anEvent(holed, { sequence: 3 })]);
  await t.throwsAsync(verdict(Document, { ...snapshot, aggregateId: holed, sequence: 3 }), {
    instanceOf: IncompleteHistoryError,
  });
});

test('a wrong snapshot is replaced only while it is the one that was found wrong', async (t) => {
  const id = anId();
  await database.store().commitEvents(aHistory(id, 5));
  const wrong = await aSnapshot(id, 2, '{"n": 99}');
  const correct = { sequence: 2, body: '{"n": 2}' };

  await database.store().commitSnapshot({ aggregateId: id, sequence: 4, body: { n: 4 } });
  t.false(await replaceSnapshot(log, wrong, correct));
  t.deepEqual(await stored(id), { aggregateId: id, sequence: 4, body: '{"n": 4}' });

  const other = anId();
  t.false(await replaceSnapshot(log, { ...wrong, aggregateId: other }, correct), 'none is there');
  t.is(await database.store().getStoredSnapshot(other, 0), undefined);

  const now = await stored(id);
  t.false(await replaceSnapshot(log, { ...now, body: '{"n": 5}' }, correct), 'another body of the same sequence');
  t.true(await replaceSnapshot(log, { ...now, body: '{"n": 4.0}' }, { sequence: 3, body: '{"n": 3}' }));
  t.deepEqual(await stored(id), { aggregateId: id, sequence: 3, body: '{"n": 3}' });
});

test('every snapshot is listed once, by id, across pages', async (t) => {
  const own = { knex, schema: aSchemaName() };
  await migrate(knex, own);
  t.teardown(() => knex.raw(`DROP SCHEMA "${own.schema}" CASCADE`));
  const ids = Array.from({ length: 1234 }, () => anId());
  await knex.raw(
    `INSERT INTO "${own.schema}".snapshots SELECT decode(id, 'hex'), ?, '{"n": 1}' FROM unnest(?::text[]) AS id`,
    [MAX_SEQUENCE, ids.map(({ hex }) => hex).toReversed()],
  );
  const listed = await collect(storedSnapshots(own));
  t.deepEqual(
    listed.map(({ aggregateId }) => aggregateId.hex),
    ids.map(({ hex }) => hex).sort(),
  );
  t.deepEqual(listed[0], { aggregateId: listed[0]?.aggregateId, sequence: MAX_SEQUENCE, body: '{"n": 1}' });
});
