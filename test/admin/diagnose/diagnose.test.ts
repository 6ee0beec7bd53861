import { randomBytes } from 'node:crypto';
import { fc, testProp } from '@fast-check/ava';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { diagnose, type DiagnosisOptions } from '../../../src/admin/diagnose/diagnose.js';
import { checkClock } from '../../../src/admin/diagnose/clocks.js';
import type { Finding } from '../../../src/admin/diagnose/finding.js';
import type { EventLog } from '../../../src/admin/log/event-log.js';
import { Clock, DEFAULT_MAX_DRIFT } from '../../../src/hlc/clock.js';
import { ClockDriftError } from '../../../src/hlc/errors.js';
import { Timestamp } from '../../../src/hlc/timestamp.js';
import { appendEvents } from '../../../src/store/append.js';
import { migrate } from '../../../src/store/migrate/migrator.js';
import { aSchemaName, ONE_AT_A_TIME, testKnex, testUrl, useTestDatabase } from '../../support/database.js';
import { anEvent, anId, collect } from '../../support/data/factories.js';

const database = useTestDatabase(test);
const partitioned = useTestDatabase(test, { partitions: 3 });
const ahead = useTestDatabase(test);
const changed = useTestDatabase(test);
const missing = useTestDatabase(test, { migrated: false });
const skewed = useTestDatabase(test);
const old = useTestDatabase(test);
const apart = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };

const empty = aSchemaName();

const LOCAL: DiagnosisOptions = { embedded: false, isLocal: true };

async function found(log: EventLog, check: string, options = LOCAL): Promise<Finding | undefined> {
  return (await collect(diagnose(log, options))).find((finding) => finding.check === check);
}

/** A role that may log in, with a name that has to be quoted, and a connection of its own; both gone when the test is done. */
async function aRole(t: ExecutionContext, ...changes: readonly string[]): Promise<{ role: string; knex: Knex }> {
  const name = `Test-${randomBytes(6).toString('hex')}`;
  const role = `"${name}"`;
  await database.knex.raw(`CREATE ROLE ${role} LOGIN PASSWORD 'secret'`);
  for (const change of changes) await database.knex.raw(`ALTER ROLE ${role} ${change}`);
  const url = Object.assign(new URL(testUrl()), { username: encodeURIComponent(name), password: 'secret' });
  const knex = testKnex({ connection: url.href });
  t.teardown(async () => {
    await knex.destroy();
    await database.knex.raw(`${ONE_AT_A_TIME}; DROP OWNED BY ${role}`);
    await database.knex.raw(`DROP ROLE ${role}`);
  });
  return { role, knex };
}

const GRANTS = [
  'SELECT ON event_log',
  'INSERT ON event_log',
  'UPDATE ON event_log',
  'DELETE ON event_log',
  'SELECT ON snapshots',
  'INSERT ON snapshots',
  'UPDATE ON snapshots',
  'DELETE ON snapshots',
  'SELECT ON maestro_commands',
  'INSERT ON maestro_commands',
  'DELETE ON maestro_commands',
  'CREATE ON SCHEMA',
];
/** The rights of {@link GRANTS} that each command needs. */
const NEEDS: Readonly<Record<string, readonly string[]>> = {
  read: ['SELECT ON event_log', 'SELECT ON snapshots'],
  append: ['INSERT ON event_log'],
  'evaluate with a commandId': ['SELECT ON maestro_commands', 'INSERT ON maestro_commands'],
  'commands list': ['SELECT ON maestro_commands'],
  'commands prune': ['SELECT ON maestro_commands', 'DELETE ON maestro_commands'],
  'snapshot put, create': ['INSERT ON snapshots', 'UPDATE ON snapshots'],
  'snapshot delete': ['DELETE ON snapshots'],
  import: ['INSERT ON event_log', 'INSERT ON snapshots', 'UPDATE ON snapshots'],
  erase: [
    'UPDATE ON event_log',
    'DELETE ON event_log',
    'DELETE ON snapshots',
    'SELECT ON maestro_commands',
    'DELETE ON maestro_commands',
  ],
  migrate: ['CREATE ON SCHEMA'],
};

testProp(
  'whatever a role has been granted, it is told what it may do, and the remedy allows the rest',
  [fc.subarray(GRANTS), fc.constantFrom(database, partitioned)],
  async (t, grants, { schema }) => {
    const { role, knex } = await aRole(t);
    await database.knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO ${role}`);
    for (const grant of grants)
      await database.knex.raw(
        `${ONE_AT_A_TIME}; GRANT ${grant.replace(/ON (\w+_?\w+)$/, (_, on: string) => (on === 'SCHEMA' ? `ON SCHEMA "${schema}"` : `ON "${schema}".${on}`))} TO ${role}`,
      );
    const able = Object.keys(NEEDS).filter((command) => NEEDS[command]?.every((need) => grants.includes(need)));
    const log = { knex, schema };

    const rights = await found(log, 'rights');

    if (able.length === Object.keys(NEEDS).length) {
      t.is(rights?.status, 'ok');
      return;
    }
    const unable = Object.keys(NEEDS).filter((command) => !able.includes(command));
    t.is(
      rights?.found,
      able.length === 0
        ? `${role} may do nothing here: no ${unable.join(', no ')}`
        : `${role} may ${able.join(', ')}, but not ${unable.join(', ')}`,
    );
    t.is(rights?.status, able.includes('read') ? 'note' : 'failure');
    const remedy = /^To allow the rest: (.*)\.$/.exec(rights?.remedy ?? '')?.[1] ?? '';
    for (const statement of remedy.split('; ')) await database.knex.raw(statement);
    t.deepEqual(await found(log, 'rights'), { check: 'rights', status: 'ok', found: `${role} may do everything` });
  },
  { numRuns: 8 },
);

test('a role that may not look into the schema is told so, and how to change that', async (t) => {
  const { role, knex } = await aRole(t);
  const log = { knex, schema: database.schema };
  const rights = await found(log, 'rights');
  t.like(rights, { status: 'failure', found: `${role} may not use schema ${database.schema}` });
  t.is(await found(log, 'tables'), undefined);
  await database.knex.raw(/^(GRANT .*), then/.exec(rights?.remedy ?? '')?.[1] ?? '');
  t.regex((await found(log, 'rights'))?.found ?? '', /may do nothing here: no read, no append/);
});

test('while there are no tables, the GRANT is named that a role needs to make them', async (t) => {
  const { role, knex } = await aRole(t);
  await database.knex.raw(`CREATE SCHEMA "${empty}"`);
  t.teardown(() => database.knex.raw(`DROP SCHEMA "${empty}" CASCADE`));
  await database.knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${empty}" TO ${role}`);
  for (const schema of [empty, 'not_there_yet']) {
    const rights = await found({ knex, schema }, 'rights');
    t.like(rights, { status: 'note', found: `${role} may not run migrate, so it cannot make the tables` });
    await database.knex.raw(/or: (GRANT CREATE ON \w+ "?\w+"? TO "[^"]+")/.exec(rights?.remedy ?? '')?.[1] ?? '');
    t.like(await found({ knex, schema }, 'rights'), { status: 'ok' });
  }
  await migrate(knex, { schema: empty });
  t.like(await found({ knex, schema: empty }, 'rights'), { status: 'ok' });
});

test('a role without a right to the bookkeeping is told of the tables all the same', async (t) => {
  const { role, knex } = await aRole(t);
  for (const [{ schema }, layout] of [
    [database, 'the plain layout'],
    [partitioned, '3 partitions'],
  ] as const) {
    await database.knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${schema}" TO ${role}`);
    const tables = await found({ knex, schema }, 'tables');
    t.like(tables, { status: 'note' });
    t.true(tables?.found.startsWith(`schema ${schema}, ${layout}, valid; `), tables?.found);
    await database.knex.raw(`${/GRANT .*(?=\.$)/.exec(tables?.remedy ?? '')?.[0]}`);
    t.deepEqual(await found({ knex, schema }, 'tables'), {
      check: 'tables',
      status: 'ok',
      found: `schema ${schema}, ${layout}, up to date`,
    });
  }
});

test('settings with which commits are lost, or that would hurt, are named with why and a remedy', async (t) => {
  const { knex } = await aRole(
    t,
    'SET synchronous_commit = off',
    'SET statement_timeout = 7000',
    'SET idle_in_transaction_session_timeout = 8000',
    'SET default_transaction_read_only = yes',
  );
  const findings = await collect(diagnose({ knex, schema: missing.schema }, LOCAL));
  const of = (check: string) => findings.find((finding) => finding.check === check);
  t.like(of('synchronous_commit'), { status: 'warning' });
  t.regex(of('synchronous_commit')?.found ?? '', /^off: a crash can lose the commits of the last moment/);
  t.like(of('statement_timeout'), {
    status: 'note',
    remedy: 'Give maestro a role with ALTER ROLE … SET statement_timeout = 0.',
  });
  t.like(of('idle_in_transaction_session_timeout'), { status: 'note' });
  t.like(of('writable'), { status: 'warning' });
  t.regex(of('writable')?.remedy ?? '', /RESET default_transaction_read_only/);
  // The server of the tests runs so.
  t.like(of('fsync'), { status: 'failure', remedy: 'Set fsync = on.' });
  t.true(findings.every(({ status, remedy }) => (status === 'ok') === (remedy === undefined)));
});

test('a setting of the role counts for more than one of the database, and one that is off for nothing', async (t) => {
  const { role, knex } = await aRole(t, 'SET default_transaction_read_only = on');
  const log = { knex, schema: missing.schema };
  t.is((await found(log, 'writable'))?.status, 'warning');
  await database.knex.raw(
    `ALTER ROLE ${role} IN DATABASE "${new URL(testUrl()).pathname.slice(1)}" SET default_transaction_read_only = off`,
  );
  t.is((await found(log, 'writable'))?.status, 'ok');
});

test('connections of other roles count, also for a role that may not see what they do', async (t) => {
  const { knex } = await aRole(t);
  const others = await Promise.all([database.knex.transaction(), database.knex.transaction()]);
  const connections = await found({ knex, schema: missing.schema }, 'connections');
  await Promise.all(others.map((transaction) => transaction.rollback()));
  t.true(Number(/^\d+/.exec(connections?.found ?? '')?.[0]) >= 3, connections?.found);
});

test('a connection that others could listen to is warned of, unless it stays on this machine', async (t) => {
  const log = { knex: missing.knex, schema: missing.schema };
  t.like(await found(log, 'encryption'), { status: 'ok', found: 'none, on this machine' });
  // The server itself says so where nobody else does.
  t.like(await found(log, 'encryption', { embedded: false }), { status: 'ok', found: 'none, on this machine' });
  const far = await found(log, 'encryption', { ...LOCAL, isLocal: false });
  t.like(far, { status: 'warning', remedy: 'Add sslmode=verify-full (or require) to the URL.' });
});

test('an event from the future is warned of, with the aggregate that it locks', async (t) => {
  t.like(await found(ahead, 'newest event'), { status: 'ok', found: 'none yet' });
  const near = anEvent();
  await ahead.store().commitEvents([near]);
  t.like(await found(ahead, 'newest event'), { status: 'ok', found: near.timestamp.toString() });
  const far = anEvent(undefined, { timestamp: Timestamp.of({ time: Date.now() + 2 * DEFAULT_MAX_DRIFT }) });
  await ahead.store().commitEvents([far]);
  const finding = await found(ahead, 'newest event');
  t.is(finding?.status, 'warning');
  t.regex(
    finding?.found ?? '',
    new RegExp(`^${far.timestamp.toString()}.*node 0{16} by 9(\\.\\d)? minutes \\(1 event\\)$`),
  );
  const locked = new RegExp(`The last event of ${far.aggregateId.hex}, 1, has the timestamp`);
  t.regex(finding?.remedy ?? '', locked);
  const append = () => appendEvents(ahead.store(), new Clock(), far.aggregateId, [{ type: 'happened', body: {} }]);
  await t.throwsAsync(append(), { instanceOf: ClockDriftError });

  await ahead.store().commitEvents([anEvent(far.aggregateId, { sequence: 2 })]);
  t.regex(
    (await found(ahead, 'newest event'))?.remedy ?? '',
    /^A clock was wrong\. Later events with correct timestamps follow these, so appending still works/,
  );
  t.is((await append()).length, 1);
});

test('a node whose clock is ahead within the drift is named, and by how much', async (t) => {
  const nodeId = 0xabc0n;
  const clock = new Clock({ nodeId, physicalTime: () => Date.now() + 60_000 });
  await skewed
    .store()
    .commitEvents([anEvent(undefined, { timestamp: clock.now() }), anEvent(undefined, { timestamp: clock.now() })]);
  const finding = await found(skewed, 'newest event');
  t.is(finding?.status, 'warning');
  t.regex(
    finding?.found ?? '',
    /ahead of the database's clock: node 000000000000ABC0 by 5\d(\.\d)? seconds \(2 events\)$/,
  );
  t.regex(finding?.remedy ?? '', /^Synchronize the clocks/);
});

for (const [layout, log] of [
  ['plain', () => apart.plain],
  ['partitioned', () => apart.partitioned],
] as const)
  test(`nodes whose events are out of order in shared histories are named, with the difference of their clocks: ${layout} layout`, async (t) => {
    t.like(await found(log(), 'clocks of nodes'), { status: 'ok', found: 'in order in the latest 10,000 events' });
    const [now, id] = [Date.now(), anId()];
    const at = (sequence: number, ahead: number, nodeId: bigint) =>
      anEvent(id, { sequence, timestamp: Timestamp.of({ time: now + ahead, counter: sequence, nodeId }) });
    await log()
      .store()
      .commitEvents([at(1, -5000, 0xan), at(2, -425_000, 0xbn), at(3, -4000, 0xan), at(4, -424_500, 0xbn)]);
    t.like(await found(log(), 'clocks of nodes'), {
      status: 'warning',
      found: 'node 000000000000000A was ahead of node 000000000000000B by 7 minutes or more (2 events out of order)',
    });
  });

test('tables that are not there, not in shape, of a newer version, or not up to date are failures; adopted ones a note', async (t) => {
  const { knex, schema } = changed;
  const tables = () => found(changed, 'tables');
  t.like(await found(missing, 'tables'), {
    status: 'failure',
    remedy: 'Run `maestro migrate`, or name another --schema.',
  });
  t.like(await found(missing, 'rights'), { status: 'ok', found: 'postgres may run migrate, which makes the tables' });
  t.is((await tables())?.status, 'ok');

  await knex.raw(`INSERT INTO "${schema}".maestro_migrations (name, batch) VALUES ('9999_from_the_future', 9)`);
  t.like(await tables(), { status: 'failure', remedy: 'Install that version.' });
  await knex.raw(`DELETE FROM "${schema}".maestro_migrations WHERE name = '9999_from_the_future' OR name LIKE '0002%'`);
  t.like(await tables(), { status: 'failure', remedy: 'Run `maestro migrate`.' });
  t.regex((await tables())?.found ?? '', /: pending migrations: 0002_create_snapshots$/);
  await knex.raw(`DROP TABLE "${schema}".maestro_migrations`);
  t.like(await tables(), {
    status: 'note',
    remedy:
      'They can be used as they are. `maestro migrate` records them, unchanged, and adds what only Maestro uses, such as the table of command ids.',
  });
  await knex.raw(`ALTER TABLE "${schema}".event_log ADD COLUMN extra text`);
  t.like(await tables(), { status: 'failure', remedy: 'See `maestro migrate status`.' });
  t.regex((await tables())?.found ?? '', /extra/);
});

test('without the table of command ids all else is well: a warning says what is pending, and no right to it is asked for', async (t) => {
  const log = { knex: old.knex, schema: old.schema };
  await old.knex.raw(`DROP TABLE "${old.schema}".maestro_commands`);
  await old.knex.raw(`DELETE FROM "${old.schema}".maestro_migrations WHERE name LIKE '0003%'`);
  t.deepEqual(await found(log, 'tables'), {
    check: 'tables',
    status: 'warning',
    found: `schema ${old.schema}, the plain layout; pending migrations: 0003_create_commands`,
    remedy:
      'Run `maestro migrate`. Until then all works but what needs their tables, such as a command with a `commandId`.',
  });
  t.like(await found(log, 'rights'), { status: 'ok', found: 'postgres may do everything' });
  const { role, knex } = await aRole(t);
  await old.knex.raw(`${ONE_AT_A_TIME}; GRANT USAGE ON SCHEMA "${old.schema}" TO ${role}`);
  t.notRegex((await found({ knex, schema: old.schema }, 'rights'))?.found ?? '', /command/);
  t.like(await migrate(old.knex, { schema: old.schema }), { applied: ['0003_create_commands'] });
  t.like(await found(log, 'tables'), { status: 'ok' });
});

testProp(
  'a clock that is off is told by how much, and which way, and is a failure beyond what others accept',
  [fc.oneof(fc.integer({ min: -900_000, max: 900_000 }), fc.integer({ min: -3000, max: 3000 }))],
  async (t, offset) => {
    const finding = await checkClock(missing, () => Date.now() + offset);
    const [, amount = '0', side] = /^(\d+) ms (ahead of|behind) the database's$/.exec(finding.found) ?? [];
    // The answer was under way for some of the difference.
    const difference = Number(amount) * (side === 'behind' ? -1 : 1);
    t.true(Math.abs(difference) <= Math.abs(offset) + 2 && difference * offset >= -2 * Math.abs(offset), finding.found);
    const expected =
      Math.abs(difference) < 1000 ? 'ok' : Math.abs(difference) > DEFAULT_MAX_DRIFT ? 'failure' : 'warning';
    t.is(finding.status, expected);
    t.is(finding.remedy === undefined, expected === 'ok');
  },
  { numRuns: 25 },
);
