import { randomBytes } from 'node:crypto';
import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import type { ClockSkew } from '../../../src/admin/diagnose/nodes.js';
import { Tail, tailEvents } from '../../../src/admin/tail-events/tail-events.js';
import { AggregateFollower } from '../../../src/admin/tail-events/aggregate-follower.js';
import type { Follower } from '../../../src/admin/tail-events/follower.js';
import { LogFollower } from '../../../src/admin/tail-events/log-follower.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import type { NewEvent, StoredEvent } from '../../../src/events.js';
import { DEFAULT_MAX_DRIFT } from '../../../src/hlc/clock.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { DatabaseUnreachableError, NotMigratedError } from '../../../src/store/errors.js';
import { aSchemaName, type TestDatabase, testKnex, testUrl, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId, collect } from '../../support/data/factories.js';

const FAST = { follow: true, interval: 1 };
/** Knex prints what befalls idle connections, which is what happens here on purpose. */
const SILENT: Knex.Logger = { debug() {}, deprecate() {}, error() {}, warn() {} };
/** Schemas in which only one test looks at the whole log. */
const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const [late, cut, away, ended, lasts, long, behind] = Array.from({ length: 7 }, () => useTestDatabase(test)) as [
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
  TestDatabase,
];
/** One for those who follow an aggregate of their own. */
const shared = useTestDatabase(test);

function timestampAt(time: number): Timestamp {
  return Timestamp.of({ time, nodeId: randomBytes(8).readBigUInt64BE() });
}

async function insert(on: Knex, schema: string, events: readonly NewEvent[]): Promise<void> {
  for (const { timestamp, aggregateId, sequence, type } of events)
    await on.raw(`INSERT INTO "${schema}".event_log VALUES (?, ?, ?, ?, '{}')`, [
      timestamp.encode(),
      aggregateId.encode(),
      sequence,
      type,
    ]);
}

async function next(events: AsyncGenerator<StoredEvent>): Promise<string | undefined> {
  const { value, done } = await events.next();
  return done === true ? undefined : value.timestamp.hex;
}

const hexOf = ({ timestamp }: Pick<StoredEvent, 'timestamp'>) => timestamp.hex;

/**
 * An order of inserts and commits: each number is a transaction, which inserts its events the first time that it stands there
 * and commits the second time. Before each, the follower may look; what it finds may be lost on its way.
 */
interface Schedule {
  readonly steps: readonly number[];
  readonly looks: readonly ('look' | 'look in vain' | 'wait')[];
}

const TRANSACTIONS = 4;
const schedules: fc.Arbitrary<Schedule> = fc.record({
  steps: fc.shuffledSubarray(
    Array.from({ length: TRANSACTIONS * 2 }, (_, index) => Math.floor(index / 2)),
    { minLength: TRANSACTIONS * 2 },
  ),
  looks: fc.array(fc.constantFrom('look', 'look in vain', 'wait'), {
    minLength: TRANSACTIONS * 2,
    maxLength: TRANSACTIONS * 2,
  }),
});

/** Runs transactions and a follower by a schedule; gives what the follower showed. `onCommit` is told of every commit. */
async function followed(
  { knex, schema }: TestDatabase,
  follower: Follower,
  { steps, looks }: Schedule,
  transactions: readonly (readonly NewEvent[])[],
  onCommit: (events: readonly NewEvent[]) => void = () => {},
): Promise<StoredEvent[]> {
  const log = { knex, schema };
  const shown: StoredEvent[] = [];
  const look = async () => {
    const batch = await follower.poll(log);
    for (const event of batch) follower.acknowledge(event);
    shown.push(...batch);
    return batch.length;
  };
  const open = new Map<number, Knex.Transaction>();
  try {
    for (const [index, step] of steps.entries()) {
      if (looks[index] === 'look') await look();
      if (looks[index] === 'look in vain') await follower.poll(log);
      const events = transactions[step] ?? [];
      const transaction = open.get(step);
      if (transaction === undefined) {
        const begun = await knex.transaction();
        open.set(step, begun);
        await insert(begun, schema, events);
      } else {
        onCommit(events);
        await transaction.commit();
      }
    }
  } finally {
    for (const transaction of open.values()) if (!transaction.isCompleted()) await transaction.rollback();
  }
  while ((await look()) > 0);
  return shown;
}

for (const [layout, database] of Object.entries(layouts)) {
  // Every run is later than the one before, by more than the window is long.
  let begin = Date.UTC(2020, 0, 1);

  testProp(
    `following the whole log shows every event once, whatever the order of commits and whatever gets lost (${layout})`,
    [
      schedules,
      fc.array(
        fc.record({
          offset: fc.oneof(fc.integer({ min: 0, max: 900_000 }), fc.integer({ min: 0, max: 600 })),
          events: fc.array(fc.record({ delta: fc.integer({ min: 0, max: 300 }), type: fc.constantFrom('a', 'b') }), {
            minLength: 1,
            maxLength: 3,
          }),
        }),
        { minLength: TRANSACTIONS, maxLength: TRANSACTIONS },
      ),
      fc.constantFrom<readonly string[] | undefined>(undefined, ['a'], ['a', 'b']),
    ],
    async (t, schedule, plans, types) => {
      begin += 3_600_000;
      const first = anEvent(anId(), { timestamp: timestampAt(begin), type: 'a' });
      await insert(database.knex, database.schema, [first]);
      const transactions = plans.map(({ offset, events }) => {
        const id = anId();
        return events.map(({ delta, type }, index) =>
          anEvent(id, { sequence: index + 1, type, timestamp: timestampAt(begin + offset + delta) }),
        );
      });
      let newest = begin;
      const promised: string[] = [];
      const follower = new LogFollower(types);
      t.deepEqual((await follower.begin(database, 1)).map(hexOf), [first.timestamp.hex]);

      const shown = await followed(database, follower, schedule, transactions, (events) => {
        for (const event of events)
          if (event.timestamp.time >= newest - DEFAULT_MAX_DRIFT && types?.includes(event.type) !== false)
            promised.push(event.timestamp.hex);
        newest = Math.max(newest, ...events.map(({ timestamp }) => timestamp.time));
      });

      const hexes = shown.map(hexOf);
      t.is(new Set(hexes).size, hexes.length, 'no event twice');
      t.deepEqual(
        promised.filter((hex) => !hexes.includes(hex)),
        [],
        'no event left out',
      );
      const written = new Set(transactions.flat().map(hexOf));
      t.true(shown.every((event) => written.has(hexOf(event)) && types?.includes(event.type) !== false));
    },
    { numRuns: 20 },
  );
}

testProp(
  'following an aggregate shows every event once, whatever the order of commits and whatever gets lost',
  [
    schedules,
    fc.array(fc.record({ transaction: fc.nat({ max: TRANSACTIONS - 1 }), type: fc.constantFrom('a', 'b') }), {
      minLength: 1,
      maxLength: 10,
    }),
    fc.constantFrom<readonly string[] | undefined>(undefined, ['a']),
  ],
  async (t, schedule, plan, types) => {
    const id = anId();
    await insert(shared.knex, shared.schema, [anEvent(id, { type: 'a' })]);
    const events = plan.map(({ type }, index) => anEvent(id, { sequence: index + 2, type }));
    const transactions = Array.from({ length: TRANSACTIONS }, (_, transaction) =>
      events.filter((_event, index) => plan[index]?.transaction === transaction),
    );
    const follower = new AggregateFollower(id, types);
    t.deepEqual(
      (await follower.begin(shared, 5)).map(({ sequence }) => sequence),
      [1],
    );

    const shown = await followed(shared, follower, schedule, transactions);

    const wanted = events.filter(({ type }) => types?.includes(type) !== false);
    t.deepEqual(
      shown.map(({ sequence }) => sequence).sort((a, b) => a - b),
      wanted.map(({ sequence }) => sequence),
    );
  },
  { numRuns: 20 },
);

test('an event that commits late, with an earlier timestamp than others that were shown, is shown once', async (t) => {
  const { knex, schema } = late;
  const now = Date.now();
  const [oldest, newer, newest] = [0, 1000, 2000].map((ms) =>
    anEvent(anId(), { timestamp: timestampAt(now - 9000 + ms) }),
  ) as [NewEvent, NewEvent, NewEvent];
  const lateOne = anEvent(anId(), { timestamp: timestampAt(now - 9000 - 240_000) });
  await insert(knex, schema, [oldest]);
  const transaction = await knex.transaction();
  await insert(transaction, schema, [lateOne]);
  const events = tailEvents(late, FAST);

  t.is(await next(events), hexOf(oldest));
  await insert(knex, schema, [newer]);
  t.is(await next(events), hexOf(newer));
  await transaction.commit();
  t.is(await next(events), hexOf(lateOne));
  await insert(knex, schema, [newest]);
  t.is(await next(events), hexOf(newest));

  await events.return(undefined);
});

/** Ends every connection of a Knex instance from the server's side, as an administrator does. */
async function terminate(t: ExecutionContext, name: string): Promise<void> {
  const sql =
    'SELECT count(pg_terminate_backend(pid))::integer AS ended FROM pg_stat_activity WHERE application_name = ?';
  const { rows } = await shared.knex.raw<{ rows: { ended: number }[] }>(sql, [name]);
  t.true((rows[0]?.ended ?? 0) > 0, 'it was connected');
}

for (const what of ['the whole log', 'an aggregate'])
  test(`following ${what} goes on without a gap when the server ends its connections`, async (t) => {
    const database = what === 'an aggregate' ? shared : cut;
    const name = `follower_${randomBytes(6).toString('hex')}`;
    const knex = testKnex({ connection: `${testUrl()}?application_name=${name}`, log: SILENT });
    t.teardown(() => knex.destroy());
    const history = aHistory(anId(), 9);
    const aggregateId = what === 'an aggregate' ? history[0]?.aggregateId : undefined;
    const { schema } = database;
    await insert(database.knex, schema, history.slice(0, 2));
    const events = tailEvents({ knex, schema }, { ...FAST, aggregateId, lines: 1 });
    t.is(await next(events), history[1]?.timestamp.hex);

    for (const event of history.slice(2)) {
      await terminate(t, name);
      await insert(database.knex, schema, [event]);
      t.is(await next(events), event.timestamp.hex);
    }
    await events.return(undefined);
  });

test('while the database is away following waits, and says so once; what committed meanwhile is shown then', async (t) => {
  const { knex, schema } = away;
  const nobody = testKnex({ connection: 'postgres://nobody@127.0.0.1:1/nothing', log: SILENT });
  t.teardown(() => nobody.destroy());
  const [before, meanwhile, after] = aHistory(anId(), 3) as [NewEvent, NewEvent, NewEvent];
  await insert(knex, schema, [before]);
  const told: string[] = [];
  let failures = 0;
  const tail = new Tail(
    async (work) => {
      if (failures === 0) return await work({ knex, schema });
      failures -= 1;
      return await work({ knex: nobody, schema });
    },
    {
      interval: 1,
      onLost: (error) => void told.push(error instanceof DatabaseUnreachableError ? 'lost' : String(error)),
      onBack: () => void told.push('back'),
    },
  );
  t.deepEqual((await tail.last()).map(hexOf), [hexOf(before)]);
  const events = tail.follow();
  failures = 2;

  const [found] = await Promise.all([next(events), insert(knex, schema, [meanwhile])]);

  t.is(found, hexOf(meanwhile));
  t.deepEqual([told, failures], [['lost', 'back'], 0]);
  await insert(knex, schema, [after]);
  t.is(await next(events), hexOf(after));
  await events.return(undefined);
});

test('what waiting does not help ends following, and the first look fails like any other', async (t) => {
  const { knex, schema } = shared;
  const missing = aSchemaName();
  const looks = [schema, missing];
  const tail = new Tail((work) => work({ knex, schema: looks.shift() ?? schema }), {
    aggregateId: anId(),
    interval: 1,
  });
  t.deepEqual(await tail.last(), []);
  await t.throwsAsync(tail.follow().next(), { instanceOf: NotMigratedError });
  await t.throwsAsync(tailEvents({ knex, schema: missing }, FAST).next(), { instanceOf: NotMigratedError });
});

test('the signal ends following, however long it would have rested', async (t) => {
  const { knex, schema } = ended;
  const event = anEvent();
  await insert(knex, schema, [event]);
  const stop = new AbortController();
  const events = tailEvents(ended, { follow: true, interval: 86_400_000, signal: stop.signal });
  t.is(await next(events), hexOf(event));
  const rest = next(events);
  stop.abort();
  t.is(await rest, undefined);
});

testProp(
  'the last events are those with the latest timestamps, the oldest first; of an aggregate those with the last sequences',
  [fc.nat({ max: 8 }), fc.constantFrom<readonly string[] | undefined>(undefined, ['a'], ['c'])],
  async (t, lines, types) => {
    const { knex, schema } = lasts;
    const times = [5, 3, 9, 1, 7];
    const made = times.map((time, index) =>
      anEvent(anId(), { timestamp: timestampAt(Date.now() + time * 1000), type: index % 2 === 0 ? 'a' : 'b' }),
    );
    const id = anId();
    const history = times.map((time, index) =>
      anEvent(id, { sequence: index + 1, timestamp: timestampAt(time), type: index % 2 === 0 ? 'a' : 'b' }),
    );
    await knex.raw(`TRUNCATE "${schema}".event_log`);
    await insert(knex, schema, [...made, ...history]);
    const wanted = ({ type }: NewEvent) => types?.includes(type) !== false;
    const last = (events: readonly NewEvent[]) => events.slice(Math.max(0, events.length - lines)).map(hexOf);
    const byTime = [...made, ...history].filter(wanted).sort((a, b) => a.timestamp.compare(b.timestamp));

    t.deepEqual((await collect(tailEvents(lasts, { lines, types }))).map(hexOf), last(byTime));
    t.deepEqual(
      (await collect(tailEvents(lasts, { lines, types, aggregateId: id }))).map(hexOf),
      last(history.filter(wanted)),
    );
  },
  { numRuns: 15 },
);

test('more events than fit a batch come all, in order, also behind as many that are not wanted', async (t) => {
  const { knex, schema } = long;
  const id = anId();
  await insert(knex, schema, [anEvent(id)]);
  const followers: [string, AsyncGenerator<StoredEvent>][] = [
    ['log', tailEvents(long, { ...FAST, lines: 1 })],
    ['aggregate', tailEvents(long, { ...FAST, lines: 1, aggregateId: id })],
    ['types', tailEvents(long, { ...FAST, lines: 1, aggregateId: id, types: ['happened'] })],
  ];
  for (const [name, events] of followers) t.is((await events.next()).value?.sequence, 1, name);
  const more = Array.from({ length: 1300 }, (_, index) =>
    anEvent(id, { sequence: index + 2, type: index < 600 ? 'unwanted' : 'happened' }),
  );
  await long.store().commitEvents(more);
  for (const [name, events] of followers) {
    const wanted = more.filter(({ type }) => name !== 'types' || type === 'happened');
    for (const { sequence } of wanted) if ((await events.next()).value?.sequence !== sequence) t.fail(name);
    await events.return(undefined);
  }
});

test('a number of lines that is none is refused', (t) => {
  const never = () => Promise.reject(new Error('looked'));
  for (const lines of [-1, 1.5, Number.NaN, Number.POSITIVE_INFINITY])
    t.throws(() => new Tail(never, { lines }), { instanceOf: InvalidArgumentError });
});

test('a node that is further behind than is followed is told of, at once and while following, when it writes beside others', async (t) => {
  const { schema, knex } = behind;
  const [now, id] = [Date.now(), anId()];
  const at = (sequence: number, ahead: number, nodeId: bigint) =>
    anEvent(id, { sequence, timestamp: Timestamp.of({ time: now + ahead, counter: sequence, nodeId }) });
  const follow = async (isEnough: (told: readonly string[]) => boolean, whileFollowing: () => Promise<void>) => {
    const [told, ending] = [[] as string[], new AbortController()];
    const onBehind = (nodes: ClockSkew) => {
      told.push(`${nodes.behind} ${nodes.milliseconds}`);
      if (isEnough(told)) ending.abort();
    };
    const events = collect(tailEvents(behind, { ...FAST, lines: 0, onBehind, signal: ending.signal }));
    await whileFollowing();
    return { told, events: (await events).map(({ sequence }) => sequence) };
  };
  // Of these clocks nodes 1 and 4 have a wrong one, and nodes 2, 3 and 5 are fine.
  const beside = [
    [at(1, 365 * 86_400_000, 0x1n), at(2, -500, 0x2n)],
    [at(1, 366 * 86_400_000, 0x1n), at(2, -3_600_000, 0x3n)],
    [at(1, -600, 0x4n), at(2, -400_000, 0x5n), at(3, -550, 0x5n)],
    [at(1, -7_000_000, 0x4n), at(2, -8_000_000, 0x3n)],
  ];
  for (const events of beside) {
    const aggregateId = anId();
    await insert(
      knex,
      schema,
      events.map((event) => ({ ...event, aggregateId })),
    );
  }
  await insert(knex, schema, [at(1, -2000, 0xan), at(2, -200_000, 0xcn), at(3, -1000, 0xan), at(4, -421_000, 0xbn)]);
  const first = await follow(
    () => true,
    () => Promise.resolve(),
  );
  t.deepEqual(first, { told: ['000000000000000B 420000'], events: [] }, 'node C is within the drift');

  const second = await follow(
    (told) => told.length === 2,
    () => insert(knex, schema, [at(5, 0, 0xan), at(6, -500_000, 0xdn)]),
  );
  t.deepEqual(second.told.toSorted(), ['000000000000000B 420000', '000000000000000D 500000']);
});
