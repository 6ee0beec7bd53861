import test from 'ava';
import { estimateTrace } from '../../../src/admin/trace-events/estimate-trace.js';
import { type TracedEvent, traceEvents } from '../../../src/admin/trace-events/trace-events.js';
import type { NewEvent } from '../../../src/events.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { addMetadataIndex } from '../../../src/store/migrate/log-index/change-index.js';
import { metadataCondition } from '../../../src/store/read/metadata-condition.js';
import { query } from '../../../src/store/read/rows.js';
import { useTestDatabase } from '../../support/database.js';
import { anEvent, anId, collect } from '../../support/data/factories.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const at = (time: number, nodeId = 7n) => Timestamp.of({ time: 1_700_000_000_000 + time, nodeId });

/** An event of an aggregate of its own. */
function traced(time: number, correlationId: unknown, causationId?: unknown): NewEvent {
  const metadata = { correlationId, ...(causationId === undefined ? {} : { causationId }) };
  return anEvent(anId(), { timestamp: at(time), type: `event_${time}`, body: { time }, metadata });
}

/** Time, depth and cause of each event. */
const outline = (events: readonly TracedEvent[]) =>
  events.map(({ event, depth, cause }) => [
    event.timestamp.time - 1_700_000_000_000,
    depth,
    cause === undefined ? 'none' : `${cause.kind} ${'event' in cause ? cause.event.type : 'value' in cause ? cause.value : ''}`.trim(),
  ]); // prettier-ignore

for (const [layout, database] of Object.entries(layouts)) {
  test(`events of all aggregates come in time, each below its cause, with the ${layout} layout`, async (t) => {
    const before = anEvent(anId(), { timestamp: at(1), type: 'before' });
    const story = [
      before,
      traced(10, 'c', before.timestamp.toString()),
      traced(20, 'c', at(10).toString()),
      traced(25, 'C', at(20).toString()),
      traced(30, 'c', at(20).hex),
      traced(40, 'c', at(10).hex.toUpperCase()),
      traced(50, 'c', at(25).toString()),
      traced(60, 'c', at(60).toString()),
      traced(70, 'c', at(80).toString()),
      traced(80, 'c', at(70).toString()),
      traced(90, 'c', at(12345).toString()),
      traced(100, 'c', 'a text'),
      traced(110, 'c', 7),
      traced(120, 'c', { deep: 'x'.repeat(1000) }),
      traced(130, 'c', null),
      traced(140, 'c'),
    ];
    await database.store().commitEvents(story);
    const found = await collect(traceEvents(database, 'c'));
    const deep = `{"deep": "${'x'.repeat(190)}`;
    t.deepEqual(outline(found), [
      [10, 0, 'elsewhere before'],
      [20, 1, 'listed event_10'],
      [30, 2, 'listed event_20'],
      [40, 1, 'listed event_10'],
      [50, 0, 'elsewhere event_25'],
      [60, 0, 'later event_60'],
      [70, 0, 'later event_80'],
      [80, 1, 'listed event_70'],
      [90, 0, 'unknown'],
      [100, 0, 'invalid "a text"'],
      [110, 0, 'invalid 7'],
      [120, 0, `invalid ${deep.slice(0, 200)}`],
      [130, 0, 'none'],
      [140, 0, 'none'],
    ]);
    t.deepEqual(found.map(({ number }) => number), found.map((_, index) => index + 1)); // prettier-ignore
    t.is(
      found[0]?.event.body,
      `{"time": 10, "$metadata": {"causationId": "${before.timestamp.toString()}", "correlationId": "c"}}`,
    );
    t.deepEqual(outline(await collect(traceEvents(database, 'c', { since: at(30).time, limit: 2 }))), [
      [30, 0, 'elsewhere event_20'],
      [40, 0, 'elsewhere event_10'],
    ]);
    t.deepEqual(outline(await collect(traceEvents(database, 'c', { until: at(20).time }))).length, 2);
    t.deepEqual(await collect(traceEvents(database, 'nobody')), []);

    // An index changes nothing but the plan.
    await addMetadataIndex(database.knex, database);
    t.deepEqual(await collect(traceEvents(database, 'c')), found);
  });

  test(`a long chain is followed from page to page, and long ids are told apart, with the ${layout} layout`, async (t) => {
    const [one, other] = [`${'x'.repeat(300)}1`, `${'x'.repeat(300)}2`];
    const chain = Array.from({ length: 300 }, (_, place) => traced(1000 + place, one, at(999 + place).toString()));
    await database.store().commitEvents([...chain, traced(2000, other)]);
    const found = await collect(traceEvents(database, one));
    t.deepEqual(found.map(({ depth }) => depth), chain.map((_, place) => place)); // prettier-ignore
    t.is((await collect(traceEvents(database, other))).length, 1);
  });
}

test('the index is used, and the estimate knows of it', async (t) => {
  const database = layouts.partitioned;
  const { index, events } = await estimateTrace(database);
  t.true(['none', 'building', 'valid'].includes(index));
  t.is(typeof events, 'number');
  await addMetadataIndex(database.knex, database);
  t.is((await estimateTrace(database)).index, 'valid');
  const plan = await database.knex.transaction(async (transaction) => {
    await transaction.raw('SET LOCAL enable_seqscan = off');
    const [condition, ...bindings] = metadataCondition('correlationId', 'c');
    const sql = `EXPLAIN SELECT FROM "${database.schema}".event_log WHERE ${condition} AND "timestamp" > ? ORDER BY "timestamp"`;
    return await query<[string]>(transaction, sql, [...bindings, Buffer.alloc(16)]);
  });
  t.regex(plan.join('\n'), /Index Cond: .*left.*timestamp/);
  t.notRegex(plan.join('\n'), /^Sort/m);
  t.true((await estimateTrace(database, { since: 1, until: 2 })).events <= (await estimateTrace(database)).events);
});

test('a text that no event can have, and a limit of nothing, are refused', async (t) => {
  for (const text of ['', 'a\0b', '\ud800'])
    await t.throwsAsync(collect(traceEvents(layouts.plain, text)), { code: 'MAESTRO_INVALID_ARGUMENT' });
  await t.throwsAsync(collect(traceEvents(layouts.plain, 'c', { limit: 0 })), { code: 'MAESTRO_INVALID_ARGUMENT' });
});
