import test from 'ava';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { runCli } from '../../support/cli/cli.js';
import { type TestDatabase, useTestDatabase } from '../../support/database.js';
import { anEvent, anId } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const [empty, large] = [useTestDatabase(test), useTestDatabase(test)];
const time = new Date(2026, 0, 2, 3, 4, 5, 67).getTime();
const at = (milliseconds: number) => Timestamp.of({ time: time + milliseconds, nodeId: 7n });
const [order, payment, mail] = [anId(), anId(), anId()];
const WORK = 'order-4711';

const story = [
  anEvent(order, { sequence: 1, type: 'placed', body: { total: 12 }, timestamp: at(0), metadata: { correlationId: WORK } }),
  anEvent(payment, { sequence: 1, type: 'requested', timestamp: at(1), metadata: { correlationId: WORK, causationId: at(0).toString() } }),
  anEvent(mail, { sequence: 1, type: 'sent', timestamp: at(2), metadata: { correlationId: WORK, causationId: at(0).hex } }),
  anEvent(payment, { sequence: 2, type: 'paid', timestamp: at(3), metadata: { correlationId: WORK, causationId: at(1).toString() } }),
  anEvent(anId(), { sequence: 1, type: 'other', timestamp: at(4), metadata: { correlationId: 'another' } }),
  anEvent(order, { sequence: 2, type: 'shipped', timestamp: at(5), metadata: { correlationId: WORK, causationId: at(4).toString() } }),
  anEvent(order, { sequence: 3, type: 'closed', timestamp: at(6), metadata: { correlationId: WORK, causationId: 'because' } }),
]; // prettier-ignore

test.before(async () => {
  await database.store().commitEvents(story);
});

function maestro(argv: readonly string[], { url, schema }: TestDatabase = database, terminal?: number) {
  const env = { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema };
  return runCli(argv, { env, ...(terminal === undefined ? {} : { terminal }) });
}

test('a table shows the events of all aggregates in time, each indented below its cause', async (t) => {
  const { code, stdout, stderr } = await maestro(['trace', WORK, '--color', 'never']);
  t.deepEqual([code, stderr], [0, '']);
  const rows = stdout.split('\n').slice(0, -1);
  t.is(rows[0]?.replace(/ +/g, ' '), '# TIMESTAMP AGGREGATE SEQ TYPE CAUSE');
  const types = rows.slice(1).map((row) => row.slice(rows[0]?.indexOf('TYPE')));
  t.deepEqual(types.map((row) => row.trimEnd()), [
    'placed',
    '  requested  #1',
    '  sent       #1',
    '    paid     #2',
    `shipped      not in this trace: ${at(4).toString()}: other, 1 of ${story[4]?.aggregateId.hex}`,
    'closed       not a timestamp: "because"',
  ]); // prettier-ignore
  const narrow = await maestro(['trace', WORK, '--color', 'never'], database, 100);
  t.regex(narrow.stdout, /^ *1 +2026-01-02 03:04:05\.067/m);
});

test('json has all facts of each event, and its cause', async (t) => {
  const { stdout } = await maestro(['trace', WORK, '-o', 'ndjson']);
  const events = stdout.trim().split('\n').map((line) => JSON.parse(line) as Record<string, unknown>); // prettier-ignore
  t.is(events.length, 6);
  t.deepEqual(events[0], {
    aggregateId: order.hex, sequence: 1, timestamp: at(0).toString(), type: 'placed',
    body: { total: 12 }, metadata: { correlationId: WORK }, number: 1, depth: 0, cause: null,
  }); // prettier-ignore
  t.like(events[3], {
    number: 4,
    depth: 2,
    cause: {
      kind: 'listed',
      number: 2,
      aggregateId: payment.hex,
      sequence: 1,
      timestamp: at(1).toString(),
      type: 'requested',
    },
  });
  t.like(events[5], { depth: 0, cause: { kind: 'invalid', value: '"because"' } });
  t.deepEqual(JSON.parse((await maestro(['trace', WORK, '-o', 'json'])).stdout), events);
  t.is((await maestro(['trace', WORK, '-q', '--limit', '1'])).stdout, `${at(0).toString()}\n`);
});

test('what is left out is said; what nothing has exits with 3; what cannot be an id with 2', async (t) => {
  const some = await maestro(['trace', WORK, '--limit', '2']);
  t.is(some.stdout.trim().split('\n').length, 3);
  t.regex(some.stderr, /more events than these 2/);
  t.notRegex((await maestro(['trace', WORK, '--limit', '6'])).stderr, /more/);
  const within = await maestro(['trace', WORK, '--since', at(1).toString(), '--until', at(3).toString(), '-q']);
  t.is(within.stdout.trim().split('\n').length, 3);
  const none = await maestro(['trace', WORK.toUpperCase(), '-o', 'json']);
  t.deepEqual([none.code, none.stdout], [3, '']);
  t.regex(none.stderr, /No event has the correlation id/);
  t.regex((await maestro(['trace', WORK, '--since', at(1000).toString()])).stderr, /No event in this time/);
  const nothing = await maestro(['trace', WORK], empty);
  t.is(nothing.code, 3);
  t.regex(nothing.stderr, /has no events/);
  t.is((await maestro(['trace', ''])).code, 2);
});

test('it says how to be fast where many events are read and no index helps', async (t) => {
  // What PostgreSQL believes of the table; nothing is stored for it.
  await large.knex.raw(
    `UPDATE pg_class SET reltuples = 3e6, relpages = 1 WHERE oid = '"${large.schema}".event_log'::regclass`,
  );
  await large.store().commitEvents([anEvent(anId(), { metadata: { correlationId: 'one' } })]);
  const slow = await maestro(['trace', 'one'], large);
  t.is(slow.code, 0);
  t.regex(slow.stderr.replace(/\s+/g, ' '), /about 3,000,000 events are read.*`maestro migrate index add/);
  t.is((await maestro(['migrate', 'index', 'add'], large)).code, 0);
  t.is((await maestro(['trace', 'one'], large)).stderr, '');
});
