import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import knexFactory, { type Knex } from 'knex';
import { eraseAggregate, erasedEvents } from '../../../src/admin/erase-aggregate/erase-aggregate.js';
import { EraseInterruptedError, EraseRefusedError } from '../../../src/admin/erase-aggregate/errors.js';
import { type ErasurePlan, planErasure } from '../../../src/admin/erase-aggregate/plan-erasure.js';
import type { NonTransactionalLog } from '../../../src/admin/log/event-log.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { sameJson } from '../../../src/json/compare/equality.js';
import { ConnectionLostError, DatabaseTimeoutError, NotMigratedError } from '../../../src/store/errors.js';
import { query } from '../../../src/store/read/rows.js';
import { timestamps } from '../../support/data/arbitraries.js';
import { useCitusStandIn } from '../../support/citus-stand-in.js';
import { useEveryKind } from '../../support/database.js';
import { anEvent, anId, collect } from '../../support/data/factories.js';
import { rememberCommands, rememberedIds } from '../../support/data/remembered-commands.js';
import { startFaultProxy } from '../../support/servers/fault-proxy.js';
import { emptied, exported, insertRows } from '../../support/data/transfer.js';

// An erasure locks the tables, so the tests run one after another.

/** Knex prints what befalls idle connections, which is what happens here on purpose. */
const SILENT: Knex.Logger = { debug() {}, deprecate() {}, error() {}, warn() {} };
const databases = useEveryKind(test);
const standIn = useCitusStandIn(test);
const places: Readonly<Record<string, () => NonTransactionalLog>> = {
  ...databases,
  'stand-in for a cluster': () => standIn,
};
const [plain, partitioned] = [databases.plain(), databases.partitioned()];

/** Stores an aggregate whose events have these bodies, and a snapshot. */
async function store(
  log: NonTransactionalLog,
  bodies: readonly string[] = ['{}', '{}', '{}'],
  id: Timestamp = anId(),
): Promise<Timestamp> {
  await insertRows(log, {
    events: bodies.map((body, index) => ({ aggregateId: id, sequence: index + 1, timestamp: anId(), type: 'a', body })),
    snapshots: [{ aggregateId: id, sequence: 2, body: '{"secret": 1}' }],
  });
  return id;
}

async function bodiesOf({ knex, schema }: NonTransactionalLog, id: Timestamp): Promise<string[]> {
  const sql = `SELECT body::text FROM "${schema}".event_log WHERE aggregate_id = ? ORDER BY sequence`;
  return (await query<[string]>(knex, sql, [id.encode()])).map(([body]) => body);
}

/** Keys that look like places in arrays, quotes, escapes and parts of prototypes. */
const KEYS = [
  'a',
  'b',
  'a/b',
  'm~n',
  '~1',
  '"',
  '\\',
  '',
  ' ',
  '{a,b}',
  'NULL',
  '__proto__',
  'ä🎭',
  '0',
  '1',
  '-1',
  '01',
  '+1',
  ' 1',
  '1.0',
  '-',
  '99999999999',
];

const NOTHING: ErasurePlan = {
  events: 0,
  sequence: 0,
  missing: 0,
  snapshot: undefined,
  commands: 0,
  projections: [],
  paths: [],
};

for (const [name, place] of Object.entries(places)) {
  testProp.serial(
    `exactly one aggregate is erased, with its command ids, whatever ids differ from its own in one bit: ${name}`,
    [timestamps(), fc.uniqueArray(fc.nat(127), { minLength: 1, maxLength: 12 })],
    async (t, id, bits) => {
      const log = place();
      await emptied(log);
      const neighbours = bits.map((bit) => {
        const bytes = id.encode();
        bytes[bit >> 3] = (bytes[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        return Timestamp.decode(bytes);
      });
      for (const neighbour of neighbours) {
        await store(log, ['{"a": 1}'], neighbour);
        await rememberCommands(log, neighbour, [{ commandId: 'same', days: 1 }]);
      }
      const others = await exported(log);
      await rememberCommands(
        log,
        id,
        ['same', 'other'].map((commandId) => ({ commandId, days: 1 })),
      );
      await store(log, ['{"a": 1}', '{"b": 2}'], id);
      const all = await exported(log);

      const plan = { events: 2, sequence: 2, missing: 0, snapshot: 2, commands: 2, projections: [], paths: [] };
      t.deepEqual(await planErasure(log, { aggregateId: id }), plan);
      t.is(await exported(log), all, 'a plan changes nothing');
      t.deepEqual(await rememberedIds(log, id), ['other', 'same']);
      t.deepEqual(await eraseAggregate(log, { aggregateId: id }), plan);
      t.is(await exported(log), others);
      t.deepEqual(await rememberedIds(log, id), []);
      for (const neighbour of neighbours) t.deepEqual(await rememberedIds(log, neighbour), ['same']);
      t.deepEqual(await planErasure(log, { aggregateId: id }), NOTHING);
      t.deepEqual(await eraseAggregate(log, { aggregateId: id }), NOTHING);
    },
    { numRuns: 4 },
  );

  testProp.serial(
    `only the named paths are erased, of one aggregate: ${name}`,
    [fc.array(bodies(), { minLength: 1, maxLength: 4 }), fc.array(paths(), { minLength: 1, maxLength: 3 })],
    async (t, values, tokens) => {
      const log = place();
      const id = await store(log, values.map(textOf));
      const other = await store(log, values.map(textOf));
      await rememberCommands(log, id, [{ commandId: 'kept', days: 1 }]);
      const before = (await bodiesOf(log, id)).map((text) => JSON.parse(text) as unknown);
      const others = await exported(log, { aggregateIds: [other] });
      const erasure = { aggregateId: id, paths: tokens.map(pointerOf) };
      const having = (body: unknown) => tokens.filter((path) => holds(body, path));

      const plan = await planErasure(log, erasure);
      t.like(plan, { events: before.filter((body) => having(body).length > 0).length, snapshot: 2 });
      t.deepEqual(
        plan.paths,
        tokens.map((path) => ({ path: pointerOf(path), events: before.filter((body) => holds(body, path)).length })),
      );
      const told = (await collect(erasedEvents(log, erasure))).map(({ body }) => body);
      t.deepEqual(await eraseAggregate(log, erasure), plan);
      t.deepEqual(await bodiesOf(log, id), told, 'what is left was told before');

      for (const body of before) for (const path of tokens) drop(body, path);
      t.deepEqual(
        (await bodiesOf(log, id)).map((text) => JSON.stringify(JSON.parse(text))),
        before.map((body) => JSON.stringify(body)),
      );
      t.like(await planErasure(log, erasure), { events: 0, sequence: values.length, snapshot: undefined });
      t.deepEqual(await rememberedIds(log, id), ['kept'], 'its commands are still not to be carried out again');
      t.is(await exported(log, { aggregateIds: [other] }), others);
    },
    { numRuns: name === 'plain' ? 30 : 5 },
  );

  testProp.serial(
    `a replacement takes the place of what is at a path, and of nothing else: ${name}`,
    [fc.array(bodies(), { minLength: 1, maxLength: 4 }), paths(), bodies()],
    async (t, values, tokens, replacement) => {
      const log = place();
      const id = await store(log, values.map(textOf));
      const before = (await bodiesOf(log, id)).map((text) => JSON.parse(text) as unknown);
      const path = pointerOf(tokens);
      const erasure = { aggregateId: id, paths: [path], replacements: { [path]: textOf(replacement) } };
      const differs = (body: unknown) =>
        holds(body, tokens) &&
        !sameJson(textOf((holderOf(body, tokens) as never)[tokens.at(-1) ?? '']), textOf(replacement));

      const plan = await planErasure(log, erasure);
      t.is(plan.events, before.filter(differs).length);
      const told = (await collect(erasedEvents(log, erasure))).map(({ body }) => body);
      t.deepEqual(await eraseAggregate(log, erasure), plan);
      const after = await bodiesOf(log, id);
      t.deepEqual(after, told);
      for (const [index, body] of before.entries()) {
        if (holds(body, tokens)) (holderOf(body, tokens) as Record<string, unknown>)[tokens.at(-1) ?? ''] = replacement;
        t.true(sameJson(after[index] ?? '', JSON.stringify(body)), after[index]);
      }
      t.like(await planErasure(log, erasure), { events: 0, snapshot: undefined });
    },
    { numRuns: name === 'plain' ? 30 : 5 },
  );

  test.serial(`digits of what stays are kept, and items keep their places: ${name}`, async (t) => {
    const log = place();
    const id = await store(log, [
      '{"a": [1.10, {"x": 2.0, "y": 3}, null, 1e400], "b": 1.00}',
      '{"a": {"1": {"x": 5.0}}}',
    ]);
    await eraseAggregate(log, { aggregateId: id, paths: ['/a/1/x', '/a/0', '/b'] });
    t.deepEqual(await bodiesOf(log, id), [`{"a": [null, {"y": 3}, null, 1${'0'.repeat(400)}]}`, '{"a": {"1": {}}}']);
  });

  test.serial(`a snapshot without events is erased: ${name}`, async (t) => {
    const log = place();
    const id = await store(log, []);
    t.deepEqual(await eraseAggregate(log, { aggregateId: id }), { ...NOTHING, snapshot: 2 });
    t.deepEqual(await planErasure(log, { aggregateId: id }), NOTHING);
  });

  test.serial(`an aggregate that has grown since is not erased: ${name}`, async (t) => {
    const log = place();
    const id = await store(log);
    const before = await exported(log);
    const error = await t.throwsAsync(eraseAggregate(log, { aggregateId: id }, { expect: 2 }), {
      instanceOf: EraseRefusedError,
    });
    t.is(error.message, `The last sequence of ${id.hex} is 3, not 2.`);
    t.is(await exported(log), before);
    t.like(await eraseAggregate(log, { aggregateId: id }, { expect: 3 }), { events: 3 });
  });
}

type Json = null | number | string | readonly Json[] | { readonly [key: string]: Json };

/** Bodies with such keys, nested. */
function bodies(): fc.Arbitrary<Json> {
  const { body } = fc.letrec<{ body: Json }>((tie) => ({
    body: fc.oneof(
      { depthSize: 'small', withCrossShrink: true },
      fc.constantFrom(null, 1, 'text'),
      fc.array(tie('body'), { maxLength: 3 }),
      fc
        .array(fc.tuple(fc.constantFrom(...KEYS), tie('body')), { maxLength: 4 })
        .map((entries) => Object.fromEntries(entries) as Json),
    ),
  }));
  return body;
}

function paths(): fc.Arbitrary<readonly string[]> {
  return fc.array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 });
}

/** JSON text in which the key `__proto__` is one like any other. */
function textOf(value: Json): string {
  return JSON.stringify(value);
}

function pointerOf(tokens: readonly string[]): string {
  return tokens.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

/** The object or array that holds the last token of a JSON Pointer, by the words of RFC 6901. */
function holderOf(value: unknown, tokens: readonly string[]): unknown {
  let holder = value;
  for (const token of tokens.slice(0, -1)) holder = has(holder, token) ? (holder as never)[token] : undefined;
  return holder;
}

function has(holder: unknown, token: string): boolean {
  if (Array.isArray(holder)) return /^(0|[1-9]\d*)$/.test(token) && Number(token) < holder.length;
  return typeof holder === 'object' && holder !== null && Object.hasOwn(holder, token);
}

function holds(value: unknown, tokens: readonly string[]): boolean {
  const [holder, last = ''] = [holderOf(value, tokens), tokens.at(-1)];
  return has(holder, last) && !(Array.isArray(holder) && holder[Number(last)] === null);
}

function drop(value: unknown, tokens: readonly string[]): void {
  if (!holds(value, tokens)) return;
  const [holder, last = ''] = [holderOf(value, tokens), tokens.at(-1)];
  if (Array.isArray(holder)) holder[Number(last)] = null;
  else Reflect.deleteProperty(holder as object, last);
}

test.serial('what is no path into a body is refused', async (t) => {
  const id = await store(plain);
  for (const path of ['', 'a', 'a/b', '$.a', '/~', '/a~2b', '#/a'])
    for (const attempt of [planErasure, eraseAggregate])
      await t.throwsAsync(
        attempt(plain, { aggregateId: id, paths: [path] }),
        { instanceOf: InvalidArgumentError },
        path,
      );
  t.like(await planErasure(plain, { aggregateId: id }), { events: 3 });
});

for (const [what, body, table, at, erasure] of [
  ['keeps events', 'RETURN NULL', 'event_log', 'BEFORE DELETE', {}],
  ['keeps the snapshot', 'RETURN NULL', 'snapshots', 'BEFORE DELETE', {}],
  ['keeps bodies', 'RETURN OLD', 'event_log', 'BEFORE UPDATE', { paths: ['/a'] }],
  [
    'puts the snapshot back',
    `INSERT INTO "${plain.schema}".snapshots SELECT OLD.*; RETURN NULL`,
    'snapshots',
    'AFTER DELETE',
    {},
  ],
] as const)
  test.serial(`a trigger that ${what} refuses the erasure, and nothing is changed`, async (t) => {
    const id = await store(plain, ['{"a": 1}', '{"a": 2}']);
    const before = await exported(plain);
    const { schema } = plain;
    await plain.knex.raw(
      `CREATE FUNCTION "${schema}".keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; END $$;
       CREATE TRIGGER keep ${at} ON "${schema}".${table} FOR EACH ROW EXECUTE FUNCTION "${schema}".keep()`,
    );
    try {
      const error = await t.throwsAsync(eraseAggregate(plain, { aggregateId: id, ...erasure }), {
        instanceOf: EraseRefusedError,
      });
      t.regex(error.message, /could not be erased/);
      t.is(await exported(plain), before);
    } finally {
      await plain.knex.raw(`DROP FUNCTION "${schema}".keep CASCADE`);
    }
  });

for (const log of [plain, partitioned]) {
  const layout = log === plain ? 'plain' : 'partitioned';

  test.serial(`an erasure waits for a writer and takes what it has written: ${layout}`, async (t) => {
    const id = await store(log);
    const writer = await log.knex.transaction();
    try {
      await insertRows(
        { knex: writer, schema: log.schema },
        { events: [{ aggregateId: id, sequence: 4, timestamp: anId(), type: 'late', body: '{}' }], snapshots: [] },
      );
      const held = await t.throwsAsync(eraseAggregate(log, { aggregateId: id }, { lockTimeout: 1 }), {
        instanceOf: DatabaseTimeoutError,
      });
      t.regex(held.message, /^Other transactions kept the tables locked .*: process \d+.* Nothing was changed\.$/);
      t.like(await planErasure(log, { aggregateId: id }), { events: 3, snapshot: 2 });

      const erasing = eraseAggregate(log, { aggregateId: id }, { lockTimeout: 60_000 });
      while ((await waiting(log)) === 0);
      await writer.commit();
      t.like(await erasing, { events: 4, sequence: 4 });
    } finally {
      if (!writer.isCompleted()) await writer.rollback();
    }
    t.deepEqual(await planErasure(log, { aggregateId: id }), NOTHING);
  });
}

test.serial('while an erasure waits for a long transaction, others go on writing', async (t) => {
  const id = await store(plain);
  const other = anId();
  const long = await plain.knex.transaction();
  try {
    await insertRows(
      { knex: long, schema: plain.schema },
      { events: [{ aggregateId: anId(), sequence: 1, timestamp: anId(), type: 'a', body: '{}' }], snapshots: [] },
    );
    let isDone = false;
    const erasing = eraseAggregate(plain, { aggregateId: id }, { lockTimeout: 60_000 }).finally(() => (isDone = true));
    while ((await waiting(plain)) === 0);
    for (let sequence = 1; sequence <= 3; sequence += 1)
      t.true((await plain.store().commitEvents([anEvent(other, { sequence })])).ok);
    t.false(isDone);
    await long.commit();
    t.like(await erasing, { events: 3 });
  } finally {
    if (!long.isCompleted()) await long.rollback();
  }
});

for (const log of [plain, partitioned])
  test.serial(
    `an erasure gives the tables back while somebody holds a row, and goes on: ${log === plain ? 'plain' : 'partitioned'}`,
    async (t) => {
      const id = await store(log);
      const holder = await log.knex.transaction();
      try {
        await holder.raw(`SELECT 1 FROM "${log.schema}".event_log WHERE aggregate_id = ? FOR UPDATE`, [id.encode()]);
        const held = await t.throwsAsync(eraseAggregate(log, { aggregateId: id }, { lockTimeout: 1 }), {
          instanceOf: DatabaseTimeoutError,
        });
        t.regex(
          held.message,
          /^Other transactions kept rows of the tables locked .*: process \d+.* Nothing was changed\.$/,
        );
        let isDone = false;
        const erasing = eraseAggregate(log, { aggregateId: id }, { lockTimeout: 60_000 });
        const done = erasing.finally(() => (isDone = true));
        for (let tries = 0; tries < 2 && !isDone; tries += 1) {
          while (!isDone && !(await waitsForRow(log)));
          while (!isDone && (await waitsForRow(log)));
          t.true((await log.store().commitEvents([anEvent(anId())])).ok);
        }
        await holder.commit();
        t.like(await done, { events: 3 });
      } finally {
        if (!holder.isCompleted()) await holder.rollback();
      }
      t.deepEqual(await planErasure(log, { aggregateId: id }), NOTHING);
    },
  );

/** True when a session waits for a row of the database. */
async function waitsForRow({ knex }: NonTransactionalLog): Promise<boolean> {
  const sql = `SELECT count(*)::integer FROM pg_locks AS l JOIN pg_stat_activity AS a USING (pid)
WHERE NOT l.granted AND l.locktype = 'transactionid' AND a.datname = current_database()`;
  return ((await query<[number]>(knex, sql))[0]?.[0] ?? 0) > 0;
}

/** Number of sessions that wait for a lock on the log. */
async function waiting({ knex, schema }: NonTransactionalLog): Promise<number> {
  const sql = `SELECT count(*)::integer FROM pg_locks WHERE NOT granted AND relation = '"${schema}".event_log'::regclass`;
  return (await query<[number]>(knex, sql))[0]?.[0] ?? 0;
}

test.serial('a connection that breaks is told as that, and the erasure took place whole or not at all', async (t) => {
  const id = await store(plain);
  const before = await exported(plain);
  const url = new URL(plain.url);
  const proxy = await startFaultProxy(Number(url.port));
  url.port = String(proxy.port);
  const knex = knexFactory({ client: 'pg', connection: url.href, log: SILENT });
  const through = { knex, schema: plain.schema };
  try {
    proxy.breakAt('LOCK TABLE', 'request');
    await t.throwsAsync(eraseAggregate(through, { aggregateId: id }), { instanceOf: ConnectionLostError });
    proxy.breakAt('COMMIT;', 'request');
    await t.throwsAsync(eraseAggregate(through, { aggregateId: id }), { instanceOf: EraseInterruptedError });
    t.is(await exported(plain), before);
    proxy.breakAt('COMMIT;', 'reply');
    await t.throwsAsync(eraseAggregate(through, { aggregateId: id }), { instanceOf: EraseInterruptedError });
    t.deepEqual(await planErasure(plain, { aggregateId: id }), NOTHING);
  } finally {
    await knex.destroy();
    await proxy.close();
  }
});

test.serial('a database without the tables is told of', async (t) => {
  const nowhere = { knex: plain.knex, schema: 'nowhere' };
  for (const attempt of [planErasure, eraseAggregate])
    await t.throwsAsync(attempt(nowhere, { aggregateId: anId() }), { instanceOf: NotMigratedError });
});
