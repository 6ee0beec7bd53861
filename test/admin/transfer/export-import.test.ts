import { createHash } from 'node:crypto';
import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import knexFactory, { type Knex } from 'knex';
import type { NonTransactionalLog } from '../../../src/admin/log/event-log.js';
import { exportLog } from '../../../src/admin/transfer/export-log.js';
import { importLog, ImportInterruptedError } from '../../../src/admin/transfer/import-log.js';
import { ImportConflictError } from '../../../src/admin/transfer/merge-staging.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { ConnectionLostError, NotMigratedError, WriteMismatchError } from '../../../src/store/errors.js';
import { PostgresStore } from '../../../src/store/postgres-store.js';
import { eventJson } from '../../../src/store/read/stored-json.js';
import { useEmbeddedDatabase, useTestDatabase } from '../../support/database.js';
import { aHistory, anEvent, anId } from '../../support/data/factories.js';
import { startFaultProxy } from '../../support/servers/fault-proxy.js';
import { emptied, exported, imported, insertRows, logs, signed } from '../../support/data/transfer.js';

/** Knex prints what befalls idle connections, which is what happens here on purpose. */
const SILENT: Knex.Logger = { debug() {}, deprecate() {}, error() {}, warn() {} };

// Whole logs are compared, so the tests run one after another.

const plain = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });
const embedded = useEmbeddedDatabase(test);
const places: readonly (() => NonTransactionalLog)[] = [() => plain, () => partitioned, () => embedded.get()];

test.beforeEach(async () => {
  for (const place of places) await emptied(place());
});

testProp.serial(
  'what is exported, imported and exported again is the same, byte for byte, from any layout into any other',
  [logs(), fc.integer({ min: 1, max: 300 })],
  async (t, rows, pieces) => {
    const [first, second, third] = places.map((place) => place()) as [
      NonTransactionalLog,
      NonTransactionalLog,
      NonTransactionalLog,
    ];
    for (const log of [first, second, third]) await emptied(log);
    await insertRows(first, rows);

    const text = await exported(first);
    const added = { events: rows.events.length, present: 0, snapshots: rows.snapshots.length, skipped: [] };
    t.like(await imported(second, text, {}, pieces), added);
    t.is(await exported(second), text);
    t.like(await imported(third, await exported(second), {}, pieces), added);
    t.is(await exported(third), text);
    await emptied(first);
    t.like(await imported(first, await exported(third), {}, pieces), added);
    t.is(await exported(first), text);

    for (const log of [first, second, third]) {
      t.like(await imported(log, text), { ...added, events: 0, present: added.events, snapshots: 0 });
      t.is(await exported(log), text, 'importing twice adds nothing');
    }
  },
  { numRuns: 8 },
);

/** A history with a snapshot, in the first place. */
async function aStoredHistory(length = 3, log: NonTransactionalLog = plain): Promise<Timestamp> {
  const id = anId();
  const events = aHistory(id, length).map((event) => ({ ...event, body: JSON.stringify(event.body) }));
  await insertRows(log, { events, snapshots: [{ aggregateId: id, sequence: length, body: '{"n": 1.10}' }] });
  return id;
}

test.serial('an export is a header, events by aggregate and sequence, snapshots, and a footer', async (t) => {
  const [b, a] = [Timestamp.parse(`${'0'.repeat(31)}b`), Timestamp.parse(`${'0'.repeat(31)}a`)];
  const at = (time: number) => Timestamp.of({ time });
  await insertRows(plain, {
    events: [
      { aggregateId: b, sequence: 1, timestamp: at(0), type: 'a', body: '{"n":1.10}' },
      { aggregateId: a, sequence: 2, timestamp: at(1), type: 'b', body: '{}' },
      { aggregateId: a, sequence: 1, timestamp: at(2), type: '"\\\n', body: '[null]' },
    ],
    snapshots: [
      { aggregateId: b, sequence: 1, body: '{}' },
      { aggregateId: a, sequence: 2, body: '7' },
    ],
  });

  const lines = [
    '{"format":"maestro-export","version":1}',
    `{"aggregateId":"${a.hex}","sequence":1,"timestamp":"1970-01-01T00:00:00.002Z-0000-0000000000000000","type":"\\"\\\\\\n","body":[null]}`,
    `{"aggregateId":"${a.hex}","sequence":2,"timestamp":"1970-01-01T00:00:00.001Z-0000-0000000000000000","type":"b","body":{}}`,
    `{"aggregateId":"${b.hex}","sequence":1,"timestamp":"1970-01-01T00:00:00.000Z-0000-0000000000000000","type":"a","body":{"n": 1.10}}`,
    `{"snapshot":{"aggregateId":"${a.hex}","sequence":2,"body":7}}`,
    `{"snapshot":{"aggregateId":"${b.hex}","sequence":1,"body":{}}}`,
  ];
  const sha256 = createHash('sha256')
    .update(lines.map((line) => `${line}\n`).join(''))
    .digest('hex');
  t.is(await exported(plain), [...lines, `{"events":3,"snapshots":2,"sha256":"${sha256}"}\n`].join('\n'));
});

test.serial('an export of some aggregates has all of them and nothing else', async (t) => {
  const ids = [await aStoredHistory(), await aStoredHistory(), await aStoredHistory()].slice(1);
  const text = await exported(plain, { aggregateIds: ids });
  await imported(partitioned, text);
  t.is(await exported(partitioned), text);
  t.is(text.split('\n').length - 1, 1 + 6 + 2 + 1);
  for (const id of ids) t.is(text.split(id.hex).length - 1, 4);
});

test.serial('an export by type or time has the events asked for, both ends included, and no snapshots', async (t) => {
  const id = anId();
  const at = (time: number) => Timestamp.of({ time, counter: 7 });
  const event = (sequence: number, type: string) => ({
    ...anEvent(id, { sequence, type }),
    body: '{}',
    timestamp: at(sequence),
  });
  await insertRows(plain, {
    events: [event(1, 'a'), event(2, 'b'), event(3, 'a'), event(4, "o'c")],
    snapshots: [{ aggregateId: id, sequence: 4, body: '{}' }],
  });
  const sequences = async (options: Parameters<typeof exported>[1]) => {
    const text = await exported(plain, options);
    t.false(text.includes('"snapshot"'));
    t.like(await imported(partitioned, text, { dryRun: true }), { snapshots: 0 });
    return Array.from(text.matchAll(/"sequence":(\d)/g), ([, sequence]) => Number(sequence));
  };
  t.deepEqual(await sequences({ types: ['a', "o'c"] }), [1, 3, 4]);
  t.deepEqual(await sequences({ since: 2 }), [2, 3, 4]);
  t.deepEqual(await sequences({ since: 2, until: 3 }), [2, 3]);
  t.deepEqual(await sequences({ until: 1 }), [1]);
  t.deepEqual(await sequences({ types: ['none'] }), []);
});

test.serial('an export is the log of one moment, whatever is committed meanwhile', async (t) => {
  const id = await aStoredHistory(200);
  const before = await exported(plain);
  let during = '';
  let committed = false;
  await exportLog(plain, {}, async (piece) => {
    during += piece;
    if (committed || !piece.includes(id.hex)) return;
    committed = true;
    await plain.store().commitEvents([anEvent(id, { sequence: 201 }), anEvent()]);
    await plain.store().commitSnapshot({ aggregateId: id, sequence: 201, body: {} });
  });
  t.is(during, before);
  t.not(await exported(plain), before);
});

test.serial('an export waits for whoever takes it, and throws what that throws', async (t) => {
  await aStoredHistory(500);
  let writing = 0;
  await exportLog(plain, {}, async () => {
    writing += 1;
    await new Promise((resolve) => setImmediate(resolve));
    t.is(writing, 1);
    writing -= 1;
  });
  const full = Object.assign(new Error('no space'), { code: 'ENOSPC', syscall: 'write' });
  t.is(await t.throwsAsync(exportLog(plain, {}, () => Promise.reject(full))), full);
});

for (const [name, log] of [
  ['PostgreSQL', () => plain],
  ['PGlite', () => embedded.get()],
] as const) {
  const store = () => new PostgresStore(log().knex, { schema: log().schema });

  test.serial(`an import adds to what is there, and leaves a snapshot that is newer, on ${name}`, async (t) => {
    const id = await aStoredHistory(5, log());
    const whole = await exported(log());
    await log().knex.raw(`DELETE FROM "${log().schema}".event_log WHERE sequence IN (2, 5)`);
    await log().knex.raw(`UPDATE "${log().schema}".snapshots SET sequence = 9`);

    t.deepEqual(await imported(log(), whole), { events: 2, present: 3, snapshots: 0, skipped: [], incomplete: 0 });
    t.deepEqual(
      (await store().getEvents(id, 1)).map(({ sequence }) => sequence),
      [1, 2, 3, 4, 5],
    );
    t.is((await store().getSnapshot(id, 1))?.sequence, 9);
  });

  for (const [what, change, problem] of [
    ['body', `body = '{"n": 2.0}'`, 'the log has another event at this sequence'],
    ['type', `type = type || ' '`, 'the log has another event at this sequence'],
    ['timestamp', `"timestamp" = decode(repeat('00', 16), 'hex')`, 'the log has another event at this sequence'],
    ['place', 'sequence = 9', 'another event of the log has this timestamp'],
  ] as const)
    test.serial(
      `an event whose ${what} differs refuses the import, or leaves its aggregate out, on ${name}`,
      async (t) => {
        const ids = [await aStoredHistory(3, log()), await aStoredHistory(3, log()), await aStoredHistory(3, log())];
        const id = ids[1] ?? anId();
        const text = await exported(log());
        await emptied(log(), ids.slice(0, 1));
        await log().knex.raw(`DELETE FROM "${log().schema}".snapshots`);
        await log().knex.raw(
          `UPDATE "${log().schema}".event_log SET ${change} WHERE aggregate_id = ? AND sequence = 2`,
          [id.encode()],
        );
        const before = await exported(log());

        const error = await t.throwsAsync(imported(log(), text), { instanceOf: ImportConflictError });
        t.like(error, { line: text.split('\n').findIndex((line) => line.includes(`${id.hex}","sequence":2`)) + 1 });
        t.like(error, { aggregateId: id.hex, aggregates: 1 });
        t.true(error.message.includes(problem), error.message);
        t.is(await exported(log()), before);

        const skipping = { onConflict: 'skip' } as const;
        const report = { events: 3, present: 3, snapshots: 2, skipped: [id.hex], incomplete: 0 };
        t.deepEqual(await imported(log(), text, { ...skipping, dryRun: true }), report);
        t.is(await exported(log()), before, 'a dry run leaves nothing');
        t.deepEqual(await imported(log(), text, skipping), report);
        const others = ids.filter((other) => other !== id);
        t.is(await exported(log(), { aggregateIds: others }), linesOf(text, others));
        t.is(await exported(log(), { aggregateIds: [id] }), linesOf(before, [id]));
      },
    );
}

/** The export of some of the aggregates that an export has. */
function linesOf(text: string, ids: readonly Timestamp[]): string {
  return signed(text.split('\n').filter((line) => ids.some(({ hex }) => line.includes(`"aggregateId":"${hex}"`))));
}

test.serial('two events with one timestamp, which partitions can hold, are refused or left out', async (t) => {
  const [id, one, other] = [anId(), anId(), anId()];
  const timestamp = anId();
  const event = { ...anEvent(), timestamp, sequence: 1, body: '{}' };
  const text = signed(
    [
      { ...event, aggregateId: id, timestamp: anId() },
      { ...event, aggregateId: one },
      { ...event, aggregateId: other },
    ].map((row) => eventJson(row)),
  );
  for (const log of places.map((place) => place())) {
    const error = await t.throwsAsync(imported(log, text), { instanceOf: ImportConflictError });
    t.like(error, { line: 3, aggregateId: one.hex, aggregates: 2 });
    t.like(await imported(log, text, { onConflict: 'skip' }), { events: 1, skipped: [one.hex, other.hex].sort() });
  }
});

test.serial('a dry run tells what the import then does, and leaves nothing', async (t) => {
  await aStoredHistory(4);
  await aStoredHistory(2);
  const text = await exported(plain);
  for (const log of places.map((place) => place())) {
    await emptied(log);
    const empty = await exported(log);
    const report = await imported(log, text, { dryRun: true });
    t.is(await exported(log), empty);
    t.deepEqual(await imported(log, text), report);
  }
});

test.serial('histories that are not whole in the file are counted', async (t) => {
  const ids = [await aStoredHistory(4), await aStoredHistory(4), await aStoredHistory(4), await aStoredHistory(4)];
  const without = async (index: number, sequences: string) =>
    await plain.knex.raw(
      `DELETE FROM "${plain.schema}".event_log WHERE aggregate_id = ? AND sequence IN (${sequences})`,
      [ids[index]?.encode() ?? ''],
    );
  await without(0, '1');
  await without(1, '2, 4');
  await without(3, '1, 3');
  t.like(await imported(partitioned, await exported(plain)), { events: 11, incomplete: 3 });
});

for (const [what, body, table, at] of [
  ['drops events', 'RETURN NULL', 'event_log', 'BEFORE INSERT'],
  ['changes events', `NEW.body := '{}'; RETURN NEW`, 'event_log', 'BEFORE INSERT'],
  ['drops snapshots', 'RETURN NULL', 'snapshots', 'BEFORE INSERT'],
  ['keeps older snapshots', 'RETURN NULL', 'snapshots', 'BEFORE UPDATE'],
  ['changes snapshots', `NEW.body := '{}'; RETURN NEW`, 'snapshots', 'BEFORE INSERT OR UPDATE'],
] as const)
  test.serial(`a trigger that ${what} refuses the import`, async (t) => {
    const id = await aStoredHistory(3);
    const text = await exported(plain);
    await emptied(plain);
    await insertRows(plain, { events: [], snapshots: [{ aggregateId: id, sequence: 1, body: '{"old": true}' }] });
    const before = await exported(plain);
    const { schema } = plain;
    await plain.knex.raw(
      `CREATE FUNCTION "${schema}".meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN ${body}; END $$;
       CREATE TRIGGER meddle ${at} ON "${schema}".${table} FOR EACH ROW EXECUTE FUNCTION "${schema}".meddle()`,
    );
    try {
      await t.throwsAsync(imported(plain, text), { instanceOf: WriteMismatchError });
      t.is(await exported(plain), before);
    } finally {
      await plain.knex.raw(`DROP FUNCTION "${schema}".meddle CASCADE`);
    }
    t.like(await imported(plain, text), { events: 3, snapshots: 1 });
  });

test.serial(
  'one file imported by several at once is in the log once, and each is told how many events it added',
  async (t) => {
    await aStoredHistory(40);
    const text = await exported(plain);
    for (let round = 0; round < 5; round += 1) {
      await emptied(plain);
      const reports = await Promise.all(Array.from({ length: 4 }, () => imported(plain, text)));
      t.is(
        reports.reduce((sum, { events }) => sum + events, 0),
        40,
      );
      for (const { events, present } of reports) t.is(events + present, 40);
      t.is(await exported(plain), text);
    }
  },
);

test.serial('another event that is committed at the same place while the import writes refuses it', async (t) => {
  const id = await aStoredHistory(3);
  const text = await exported(plain);
  await emptied(plain);
  const other = await plain.knex.transaction();
  await new PostgresStore(other, { schema: plain.schema }).commitEvents([anEvent(id, { sequence: 2 })]);
  const importing = t.throwsAsync(imported(plain, text), { instanceOf: ImportConflictError });
  for (let waiting = 0; waiting === 0;) {
    const sql = `SELECT count(*)::integer AS waiting FROM pg_locks WHERE NOT granted AND locktype = 'transactionid'`;
    ({ waiting } = (await plain.knex.raw<{ rows: [{ waiting: number }] }>(sql)).rows[0]);
  }
  await other.commit();
  await importing;
  t.is((await plain.store().getEvents(id, 1)).length, 1);
});

test.serial('a database without the tables is told of before the file is read', async (t) => {
  const unread = async function* (): AsyncGenerator<never> {
    yield t.fail();
  };
  await t.throwsAsync(importLog({ knex: plain.knex, schema: 'nowhere' }, unread()), { instanceOf: NotMigratedError });
  await t.throwsAsync(exported({ knex: plain.knex, schema: 'nowhere' }), { instanceOf: NotMigratedError });
});

test.serial('a connection that breaks is told as that, and leaves nothing half', async (t) => {
  await aStoredHistory(300);
  const text = await exported(plain);
  const url = new URL(plain.url);
  const proxy = await startFaultProxy(Number(url.port));
  url.port = String(proxy.port);
  const knex = knexFactory({ client: 'pg', connection: url.href, log: SILENT });
  const through = { knex, schema: plain.schema };
  try {
    for (const statement of ['FETCH 256', 'snapshots', 'COMMIT;']) {
      proxy.breakAt(statement, 'request');
      await t.throwsAsync(exported(through), { instanceOf: ConnectionLostError }, statement);
    }
    await emptied(plain);
    const empty = await exported(plain);
    for (const statement of ['COPY', '{"n": 250}', 'ANALYZE', 'INSERT']) {
      proxy.breakAt(statement, 'request');
      await t.throwsAsync(imported(through, text), { instanceOf: ConnectionLostError }, statement);
      t.is(await exported(plain), empty);
    }
    for (const [side, after] of [
      ['request', empty],
      ['reply', text],
    ] as const) {
      proxy.breakAt('COMMIT;', side);
      await t.throwsAsync(imported(through, text), { instanceOf: ImportInterruptedError });
      t.is(await exported(plain), after, `whole, or not at all: ${side}`);
    }
    t.like(await imported(through, text), { events: 0, present: 300 });
  } finally {
    await knex.destroy();
    await proxy.close();
  }
});
