import test from 'ava';
import { diagnose } from '../../../src/admin/diagnose/diagnose.js';
import { InvalidExportError } from '../../../src/admin/transfer/export-format.js';
import { verifyLog } from '../../../src/admin/verify-log/verify-log.js';
import { defineAggregate } from '../../../src/aggregate/definition/define-aggregate.js';
import { openAggregates } from '../../../src/aggregate/aggregates.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { Clock } from '../../../src/hlc/clock.js';
import { ExactNumber } from '../../../src/json/exact-number.js';
import type { JsonValue } from '../../../src/json/types.js';
import { InvalidEventError, InvalidSnapshotError } from '../../../src/store/errors.js';
import { MemoryStore } from '../../../src/store/memory-store.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { query } from '../../../src/store/read/rows.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId, collect } from '../../support/data/factories.js';
import { emptied, exported, imported, insertRows } from '../../support/data/transfer.js';

const database = useTestDatabase(test);
const other = useTestDatabase(test);
const strict = { ...database, interop: 'elixir' } as const;

/** Numbers as they are written, and whether Elixir reads what PostgreSQL prints for them. */
const NUMBERS: readonly (readonly [text: string, isRead: boolean])[] = [
  ['1', true],
  ['1e1023', true],
  ['1e1024', false],
  ['-1e1022', true],
  ['-1e1023', false],
  [`1${'0'.repeat(1023)}`, true],
  [`1${'0'.repeat(1024)}`, false],
  [`-9${'9'.repeat(1022)}`, true],
  [`-9${'9'.repeat(1023)}`, false],
  ['1.5e300', true],
  ['1.50e1', true],
  ['15e+1000', true],
  ['0.0001e1027', true],
  ['0.0001e1028', false],
  ['0e100000', true],
  ['0.0e2000', true],
  [`1${'0'.repeat(308)}.5`, true],
  [`2${'0'.repeat(308)}.5`, false],
  [`-2${'0'.repeat(308)}.0`, false],
  [`2${'0'.repeat(308)}`, true],
  [`17976931348623157${'0'.repeat(292)}.0`, true],
  [`17976931348623159${'0'.repeat(292)}.5`, false],
  [`${'9'.repeat(200)}.${'9'.repeat(600)}`, true],
  ['12345.678e306', true],
  [`1.${'0'.repeat(400)}1e400`, false],
  ['1e-400', true],
  ['1.7976931348623157e308', true],
];

test('what Elixir cannot read is refused at its path, in events and snapshots, and all else is taken', async (t) => {
  const stores = [new MemoryStore({ interop: 'elixir' }), new PostgresStore(database.knex, strict)];
  for (const [text, isRead] of NUMBERS)
    for (const store of stores) {
      const number = new ExactNumber(text);
      for (const [body, path] of [
        [{ deep: [0, { amount: number, note: '"a": 1e9999 \\"' }] }, 'body.deep[1].amount'],
        [{ 'a b': { '1e5000': [number] } }, 'body["a b"]["1e5000"][0]'],
      ] as const) {
        const event = anEvent(anId(), { body: body });
        const snapshot = { aggregateId: anId(), sequence: 1, body: body as never };
        if (isRead) {
          t.true((await store.commitEvents([event])).ok, text);
          t.is(await store.commitSnapshot(snapshot), 'committed');
        } else {
          const refused = await t.throwsAsync(
            store.commitEvents([anEvent(), event]),
            { instanceOf: InvalidEventError },
            text,
          );
          t.deepEqual(
            refused?.issues.map((issue) => [issue.index, issue.path]),
            [[1, path]],
          );
          t.regex(refused?.message ?? '', /Elixir's Maestro.*write it as a string/);
          const also = await t.throwsAsync(store.commitSnapshot(snapshot), { instanceOf: InvalidSnapshotError });
          t.deepEqual(
            also?.issues.map((issue) => issue.path),
            [path],
          );
        }
      }
    }
});

test('PostgreSQL prints the numbers as they are judged: integers of more than 1,024 characters are refused', async (t) => {
  for (const [text, isRead] of NUMBERS) {
    const [row] = await query<[string]>(database.knex, 'SELECT (?::text)::jsonb::text', [text]);
    const printed = row?.[0] ?? '';
    t.is(printed.includes('.') ? Number.isFinite(Number(printed)) : printed.length <= 1024, isRead, text);
  }
});

test('without the setting every number that PostgreSQL holds is taken', async (t) => {
  const body = { n: new ExactNumber('1e5000') };
  t.true((await database.store().commitEvents([anEvent(anId(), { body })])).ok);
  t.is(await new MemoryStore().commitSnapshot({ aggregateId: anId(), sequence: 1, body }), 'committed');
  for (const make of [
    () => new MemoryStore({ interop: 'ruby' as never }),
    () => new PostgresStore(database.knex, { interop: 'ruby' as never }),
  ])
    t.throws(make, { instanceOf: InvalidArgumentError, message: '"ruby" is not a valid value of interop.' });
});

const Counter = (version?: number) =>
  defineAggregate({
    name: 'counter',
    initialState: (): { n: JsonValue } => ({ n: 0 }),
    commands: { set: (_state, n: bigint) => [{ type: 'set', body: { n } }] },
    events: { set: (_state, body: { n: bigint }) => ({ n: body.n }) },
    numbers: 'lossless',
    ...(version === undefined ? {} : { snapshot: { version } }),
  });

test('a command whose event Elixir could not read commits nothing; a snapshot with a version is refused', async (t) => {
  const store = new PostgresStore(database.knex, strict);
  const counters = openAggregates(Counter(), { store, clock: new Clock() });
  const id = counters.create();
  await t.throwsAsync(counters.evaluate(id, { type: 'set', data: 10n ** 1024n }), { instanceOf: InvalidEventError });
  t.true((await counters.evaluate(id, { type: 'set', data: 10n ** 1023n })).ok);
  t.deepEqual(await counters.get(id), { n: 10n ** 1023n });
  t.is(await counters.snapshot(id), 'committed');

  t.throws(() => openAggregates(Counter(2), { store }), {
    instanceOf: InvalidArgumentError,
    message: /^counter has a `snapshot\.version`/,
  });
  const body = { $maestro: { version: 2 }, state: {} };
  const refused = await t.throwsAsync(store.commitSnapshot({ aggregateId: id, sequence: 2, body }), {
    instanceOf: InvalidSnapshotError,
  });
  t.regex(refused?.message ?? '', /has a version.*leave `snapshot\.version` out/);
  t.is(await store.commitSnapshot({ aggregateId: anId(), sequence: 2, body: { a: body } }), 'committed');
});

test('an import into a log that Elixir reads is refused with the line; verify finds what is stored already', async (t) => {
  const { schema, knex } = other;
  const log = { schema, knex };
  const [first, second, third] = [anId(), anId(), anId()];
  const big = `{"n": [1, 1${'0'.repeat(1024)}]}`;
  await insertRows(log, {
    events: [
      { aggregateId: first, sequence: 1, timestamp: anId(), type: 'a', body: `{"n": 1${'0'.repeat(1023)}}` },
      { aggregateId: second, sequence: 1, timestamp: anId(), type: 'a', body: big },
      { aggregateId: third, sequence: 1, timestamp: anId(), type: 'a', body: '{}' },
    ],
    snapshots: [
      { aggregateId: second, sequence: 1, body: big },
      { aggregateId: third, sequence: 1, body: '{"$maestro": {"version": 1}, "state": {}}' },
    ],
  });
  t.deepEqual(await collect(verifyLog(log)), []);
  const found = await collect(verifyLog({ ...log, interop: 'elixir' }));
  t.deepEqual(
    found.map((violation) => [violation.kind, violation.aggregateId, 'path' in violation ? violation.path : '']),
    [
      ['unreadable body', second.hex, 'n[1]'],
      ['unreadable body', second.hex, 'n[1]'],
      ['unreadable body', third.hex, ''],
    ],
  );
  const text = await exported(log);
  await emptied(log);
  const error = await t.throwsAsync(imported({ ...log, interop: 'elixir' }, text), { instanceOf: InvalidExportError });
  t.regex(error?.message ?? '', /^Line 3 of the export has a body that at n\[1\] is an integer of 1025 characters/);
  t.is((await imported(log, text)).events, 3);
});

test('doctor recommends the setting where the bookkeeping of Ecto is in the schema', async (t) => {
  const { knex, schema } = other;
  const finding = async (log: { interop?: 'elixir' }) =>
    (await collect(diagnose({ knex, schema, ...log }, { embedded: false, isLocal: true }))).find(
      ({ check }) => check === 'interop',
    );
  t.is(await finding({}), undefined);
  await knex.raw(`CREATE TABLE "${schema}".schema_migrations (version varchar)`);
  t.is(await finding({}), undefined, 'of another framework');
  await knex.raw(`DROP TABLE "${schema}".schema_migrations;
CREATE TABLE "${schema}".schema_migrations (version bigint PRIMARY KEY, inserted_at timestamp(0))`);
  t.like(await finding({}), { status: 'note' });
  t.like(await finding({ interop: 'elixir' }), { status: 'ok' });
});
