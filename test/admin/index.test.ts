import { readFileSync } from 'node:fs';
import test from 'ava';
import * as admin from '../../src/admin/index.js';
import type { EventLog, ExportFooter, ExportLine, Finding, Violation } from '../../src/admin/index.js';
import type { StoredSnapshot } from '../../src/events.js';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { useTestDatabase } from '../support/database.js';
import { aHistory, anId, collect } from '../support/data/factories.js';

const database = useTestDatabase(test);
const copy = useTestDatabase(test, { partitions: 4 });
const log: EventLog = database;
const [first, second] = [anId(), anId()];
const events = [...aHistory(first, 3), ...aHistory(second, 2)];

test.before(async () => {
  await database.store().commitEvents(events);
  await database.store().commitSnapshot({ aggregateId: first, sequence: 2, body: { n: 2 } });
});

test('lists aggregates, page by page', async (t) => {
  const sort: admin.AggregateOrder = 'events';
  const [summary] = (await collect(admin.listAggregates(log, { sort, limit: 1 }))) as [admin.AggregateSummary];
  t.like(summary, { aggregateId: first, events: 3, snapshot: 2 });
  const after = admin.aggregateCursor(summary, sort);
  const [next, ...others] = await collect(admin.listAggregates(log, { sort, after }));
  t.like(next, { aggregateId: second, events: 2, snapshot: undefined });
  t.deepEqual(others, []);
  t.deepEqual(await collect(admin.aggregateIds(log)), [first, second]);
  t.deepEqual(await admin.sampleOfIds(log, 5), [first, second]);
});

test('finds events by what is in them, by timestamp, and as they come', async (t) => {
  const search: admin.EventSearch = { where: '$.n > 1', reverse: true };
  const found = await collect(admin.searchEvents(log, search));
  t.deepEqual(
    found.map(({ sequence }) => sequence),
    [2, 3, 2],
  );
  const latest = found[0]?.timestamp as Timestamp;
  t.like(await admin.findEvent(log, latest), { event: { aggregateId: second }, after: undefined });
  t.like(await admin.neighbours(log, { timestamp: latest }), { before: { sequence: 1 }, after: undefined });
  await t.throwsAsync(admin.assertJsonPath(log, '$.'), { instanceOf: admin.InvalidJsonPathError });
  t.deepEqual(
    (await collect(admin.tailEvents(log, { lines: 3 }))).reverse(),
    (await collect(admin.searchEvents(log, { reverse: true }))).slice(0, 3),
  );
});

test('looks at states and snapshots', async (t) => {
  t.deepEqual(await admin.matchJsonPath(log, '$.n == 1', ['{"n": 1}', '{"n": 2}', '{}']), [true, false, false]);
  await t.throwsAsync(admin.matchJsonPath(log, '$.n > $limit', ['{"n": 1}']), {
    instanceOf: admin.InvalidJsonPathError,
  });
  t.is(await admin.leftOutEvents(log, first, 3, anId()), undefined);
  const [snapshot, ...others] = await collect(admin.storedSnapshots(log));
  t.like(snapshot, { aggregateId: first, sequence: 2, body: '{"n": 2}' });
  t.deepEqual(others, []);
  const replaced = { ...(snapshot as StoredSnapshot), body: '{"n": 1}' };
  t.false(await admin.replaceSnapshot(log, replaced, replaced));
});

test('counts, checks and examines', async (t) => {
  t.like(await admin.logStatistics(log), { events: 5, aggregates: 2, snapshots: 1 });
  t.like(await admin.typeStatistics(log), [{ type: 'happened', events: 5 }]);
  t.is((await admin.aggregateStatistics(log)).length, 2);
  t.is((await admin.partitionStatistics(log)).length, 1);
  t.is(
    (await admin.quarterHourStatistics(log)).reduce((sum, { events }) => sum + events, 0),
    5,
  );
  t.true((await admin.logSize(log)).log > 0);
  const checked: admin.VerifyProgress[] = [];
  const violations: Violation[] = await collect(admin.verifyLog(log, { onProgress: (more) => checked.push(more) }));
  t.deepEqual(violations, []);
  t.deepEqual(checked.at(-1), { events: 5, aggregates: 2, snapshots: 1, positions: 0 });
  const findings: Finding[] = await collect(admin.diagnose(log, { embedded: false, isLocal: true }));
  t.is(findings.find(({ check }) => check === 'tables')?.status, 'ok');
  t.true(Math.abs((await admin.databaseTime(log)) - Date.now()) < 3_600_000);
});

test('moves a log into another one, of another layout, and erases an aggregate there', async (t) => {
  let text = '';
  const footer: ExportFooter = await admin.exportLog(database, {}, async (part) => void (text += part));
  t.like(footer, { events: 5, snapshots: 1 });
  t.like(await admin.importLog(copy, linesOf(text)), { events: 5, present: 0, snapshots: 1 });
  t.like(await admin.importLog(copy, linesOf(text)), { events: 0, present: 5, snapshots: 0 });
  await t.throwsAsync(admin.importLog(copy, linesOf(text.slice(0, -5))), { instanceOf: admin.InvalidExportError });

  const erasure: admin.Erasure = { aggregateId: first };
  t.like(await admin.planErasure(copy, erasure), { events: 3, sequence: 3, snapshot: 2 });
  await t.throwsAsync(admin.eraseAggregate(copy, erasure, { expect: 2 }), { instanceOf: admin.EraseRefusedError });
  t.like(await admin.eraseAggregate(copy, erasure), { events: 3 });
  t.deepEqual(await collect(admin.aggregateIds(copy)), [second]);
});

async function* linesOf(text: string): AsyncGenerator<ExportLine> {
  const lines = text.split('\n');
  for (const [index, line] of lines.entries())
    if (index < lines.length - 1 || line !== '')
      yield { number: index + 1, text: line, bytes: Buffer.from(line), ended: index < lines.length - 1 };
}

test('everything that is exported says what it is', (t) => {
  const folder = new URL('../../src/admin/', import.meta.url);
  const statements = readFileSync(new URL('index.ts', folder), 'utf8').matchAll(
    /^export (?:type )?\{([^}]*)\} from '(.*)';$/gm,
  );
  let checked = 0;
  for (const [, names = '', file = ''] of statements) {
    const source = readFileSync(new URL(file.replace(/\.js$/, '.ts'), folder), 'utf8');
    for (const name of names.split(',').flatMap((part) => /(?:type )?(\w+)/.exec(part.trim())?.[1] ?? [])) {
      const declaration = `export (async )?(function\\*? ?|class |interface |type |const )${name}\\b`;
      t.regex(source, new RegExp(` \\*/\\n${declaration}`), `${name} of ${file}`);
      checked += 1;
    }
  }
  t.true(checked >= Object.keys(admin).length);
});
