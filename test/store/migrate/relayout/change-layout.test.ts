import test from 'ava';
import { fc, testProp } from '@fast-check/ava';
import knexFactory, { type Knex } from 'knex';
import { exportLog } from '../../../../src/admin/transfer/export-log.js';
import { layoutName, partitioned, PLAIN } from '../../../../src/store/layout/layout.js';
import { addMetadataIndex } from '../../../../src/store/migrate/log-index/change-index.js';
import { metadataIndexes } from '../../../../src/store/migrate/log-index/read-indexes.js';
import { LayoutChangeRefusedError } from '../../../../src/store/migrate/migration-errors.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { migrationStatus } from '../../../../src/store/migrate/migration-status.js';
import { catchUp } from '../../../../src/store/migrate/relayout/catch-up.js';
import { cancelLayoutChange, changeLayout } from '../../../../src/store/migrate/relayout/change-layout.js';
import { copyNext } from '../../../../src/store/migrate/relayout/copy-events.js';
import { makeIndexes } from '../../../../src/store/migrate/relayout/indexes.js';
import { makeCopy } from '../../../../src/store/migrate/relayout/make-copy.js';
import { noteChanges } from '../../../../src/store/migrate/relayout/notes.js';
import { placesOf } from '../../../../src/store/migrate/relayout/places.js';
import { planLayout } from '../../../../src/store/migrate/relayout/plan-layout.js';
import { readWork } from '../../../../src/store/migrate/relayout/progress-state.js';
import { writeThrough } from '../../../../src/store/migrate/relayout/write-through.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { aHistory, anEvent, anId } from '../../../support/data/factories.js';
import { useEmbeddedDatabase, useSchemas } from '../../../support/database.js';
import { aRoleWith } from '../../../support/servers/settings.js';

// A switch waits for whoever reads in the database.
const { knex, url: at, aSchema } = useSchemas(test, { alone: true });

async function aLog(partitions: number): Promise<string> {
  const schema = aSchema();
  await migrate(knex, { schema, partitions });
  const store = new PostgresStore(knex, { schema });
  for (let each = 0; each < 20; each += 1) await store.commitEvents(aHistory(anId(), 5));
  return schema;
}

const digestOf = async (on: Knex, schema: string) =>
  (await exportLog({ knex: on, schema }, {}, () => Promise.resolve())).sha256;
const layoutOf = async (schema: string) => {
  const { layout, upToDate, faults } = await migrationStatus(knex, { schema });
  return [layout && layoutName(layout), upToDate, faults];
};

test('a log is laid out in partitions, in more and in fewer of them, and as one table again, and holds the same', async (t) => {
  const schema = await aLog(1);
  const digest = await digestOf(knex, schema);
  const shape = await catalogOf(schema);
  for (const partitions of [4, 7, 3, 1]) {
    const report = await changeLayout(knex, { schema, partitions });
    t.like(report, { changed: true, layout: { parts: partitions }, compared: { events: 100 } });
    t.deepEqual(await layoutOf(schema), [partitions === 1 ? 'plain' : `${partitions} partitions`, true, []]);
    t.is(await digestOf(knex, schema), digest);
    t.deepEqual(await changeLayout(knex, { schema, partitions }), { layout: report.layout, changed: false });
    const fresh = aSchema();
    await migrate(knex, { schema: fresh, partitions });
    t.deepEqual(await catalogOf(schema), await catalogOf(fresh), 'it is what a migration makes');
  }
  t.deepEqual(await catalogOf(schema), shape);
});

/** The tables and indexes of a schema and the definitions of their constraints, without its name. */
async function catalogOf(schema: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { text: string }[] }>(
    `SELECT replace(text, ?, '') AS text FROM (
SELECT pg_get_indexdef(oid) AS text, relnamespace FROM pg_class WHERE relkind IN ('i', 'I')
UNION ALL SELECT relname || ' ' || relkind::text || ' ' || coalesce(pg_get_expr(relpartbound, oid), '') || coalesce(pg_get_partkeydef(oid), ''), relnamespace FROM pg_class
UNION ALL SELECT conname || ' on ' || conrelid::regclass || ' ' || pg_get_constraintdef(oid), connamespace FROM pg_constraint
UNION ALL SELECT tgname || ' on ' || tgrelid::regclass, c.relnamespace FROM pg_trigger JOIN pg_class AS c ON c.oid = tgrelid
) AS found WHERE relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?) ORDER BY 1`,
    [`${schema}.`, schema],
  );
  return rows.map(({ text }) => text);
}

test('owner, rights, policies, comments, settings and indexes of others are carried over', async (t) => {
  const schema = await aLog(1);
  const log = `"${schema}".event_log`;
  const role = `${schema}_role`;
  await knex.raw(`CREATE ROLE "${role}"`);
  t.teardown(async () => {
    await knex.raw(`DROP OWNED BY "${role}" CASCADE`);
    await knex.raw(`DROP ROLE "${role}"`);
  });
  for (const statement of [
    `GRANT SELECT, INSERT ON ${log} TO "${role}"`,
    `GRANT UPDATE (body) ON ${log} TO PUBLIC`,
    `ALTER TABLE ${log} ENABLE ROW LEVEL SECURITY`,
    `CREATE POLICY mine ON ${log} FOR SELECT TO "${role}" USING (type <> 'secret')`,
    `CREATE POLICY theirs ON ${log} AS RESTRICTIVE FOR INSERT WITH CHECK (event_log.sequence < 1000)`,
    `COMMENT ON TABLE ${log} IS 'it''s ours'`,
    `COMMENT ON COLUMN ${log}.body IS 'what happened'`,
    `COMMENT ON INDEX "${schema}".aggregate_sequence_index IS 'Elixir knows it'`,
    `ALTER TABLE ${log} ALTER COLUMN type SET STATISTICS 500`,
    `ALTER TABLE ${log} ALTER COLUMN body SET STORAGE EXTERNAL`,
    `ALTER TABLE ${log} SET (fillfactor = 90)`,
    `CREATE INDEX by_type ON ${log} (type, (body->>'n')) WHERE type <> 'dull'`,
  ])
    await knex.raw(statement);
  await addMetadataIndex(knex, { schema });
  const before = await belongings(schema);
  for (const partitions of [3, 1]) {
    await changeLayout(knex, { schema, partitions });
    t.deepEqual(await belongings(schema), before, `${partitions}`);
    t.deepEqual(await readableByName(schema), [], 'a partition does not show what the policies of the log hide');
  }
  t.deepEqual(
    (await metadataIndexes(knex, { schema })).map(({ state }) => state),
    ['valid'],
  );
});

/** The partitions of a log on which row-level security is off. */
async function readableByName(schema: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { relname: string }[] }>(
    'SELECT relname FROM pg_class JOIN pg_inherits ON inhrelid = oid WHERE inhparent = to_regclass(?) AND NOT relrowsecurity',
    [`"${schema}".event_log`],
  );
  return rows.map(({ relname }) => relname);
}

/** Whatever people can say of the log that does not depend on its layout. */
async function belongings(schema: string): Promise<unknown> {
  const { rows } = await knex.raw<{ rows: unknown[] }>(
    `SELECT c.relacl::text, c.relrowsecurity, pg_get_userbyid(c.relowner) AS owner, obj_description(c.oid, 'pg_class') AS comment,
  ARRAY(SELECT concat_ws(' ', attname, attacl::text, attstorage, attstattarget, col_description(c.oid, attnum)) FROM pg_attribute WHERE attrelid = c.oid AND attnum > 0 ORDER BY attname) AS columns,
  ARRAY(SELECT row (policyname, permissive, roles, cmd, qual, with_check)::text FROM pg_policies WHERE schemaname = ? AND tablename = 'event_log' ORDER BY 1) AS policies,
  ARRAY(SELECT concat_ws(' ', x.relname, substr(pg_get_indexdef(x.oid), strpos(pg_get_indexdef(x.oid), 'USING')), obj_description(x.oid, 'pg_class'))
    FROM pg_index JOIN pg_class AS x ON x.oid = indexrelid WHERE indrelid = c.oid AND NOT indisprimary ORDER BY 1) AS indexes,
  (SELECT array_agg(DISTINCT reloptions::text) FROM pg_class AS part WHERE part.relkind = 'r' AND (part.oid = c.oid
    OR part.oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = c.oid))) AS settings
FROM pg_class AS c WHERE c.oid = to_regclass(?)`,
    [schema, `"${schema}".event_log`],
  );
  return rows[0];
}

// PostgreSQL refuses to list publications while one is dropped.
test.serial('what could not be carried over is named before anything is made', async (t) => {
  const schema = await aLog(1);
  const log = `"${schema}".event_log`;
  const inTheWay: readonly (readonly [name: RegExp, make: string, remove: string])[] = [
    [/view \S*recent depends on/, `CREATE VIEW "${schema}".recent AS SELECT * FROM ${log}`, `DROP VIEW "${schema}".recent`],
    [/trigger loud on event_log/, `CREATE TRIGGER loud BEFORE UPDATE ON ${log} FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`, `DROP TRIGGER loud ON ${log}`],
    [/rule quiet on event_log/, `CREATE RULE quiet AS ON DELETE TO ${log} DO ALSO NOTHING`, `DROP RULE quiet ON ${log}`],
    [/\S*more_event\S* .*depends on/, `CREATE TABLE "${schema}".more (event bytea REFERENCES ${log})`, `DROP TABLE "${schema}".more`],
    [/unique index once on event_log/, `CREATE UNIQUE INDEX once ON ${log} (type, sequence, aggregate_id)`, `DROP INDEX "${schema}".once`],
    [/publication p_/, `CREATE PUBLICATION "p_${schema}" FOR TABLE ${log}`, `DROP PUBLICATION "p_${schema}"`],
    [/statistics object guess/, `CREATE STATISTICS "${schema}".guess ON type, sequence FROM ${log}`, `DROP STATISTICS "${schema}".guess`],
    [/the replica identity of event_log/, `ALTER TABLE ${log} REPLICA IDENTITY FULL`, `ALTER TABLE ${log} REPLICA IDENTITY DEFAULT`],
    [/the default of event_log.type/, `ALTER TABLE ${log} ALTER type SET DEFAULT 'x'`, `ALTER TABLE ${log} ALTER type DROP DEFAULT`],
    [/the mark of CLUSTER/, `ALTER TABLE ${log} CLUSTER ON aggregate_sequence_index`, `ALTER TABLE ${log} SET WITHOUT CLUSTER`],
    [/settings for large values/, `ALTER TABLE ${log} SET (toast.autovacuum_enabled = off)`, `ALTER TABLE ${log} RESET (toast.autovacuum_enabled)`],
    [/check constraint small on event_log, which has not been validated/, `ALTER TABLE ${log} ADD CONSTRAINT small CHECK (sequence < 3) NOT VALID`, `ALTER TABLE ${log} DROP CONSTRAINT small`],
    [/check constraint alone on event_log, which is not for partitions/, `ALTER TABLE ${log} ADD CONSTRAINT alone CHECK (sequence < 9) NO INHERIT`, `ALTER TABLE ${log} DROP CONSTRAINT alone`],
    [/event_log_2, which has the name/, `CREATE TABLE "${schema}".event_log_2 ()`, `DROP TABLE "${schema}".event_log_2`],
  ]; // prettier-ignore
  for (const [name, make, remove] of inTheWay) {
    await knex.raw(make);
    const error = await t.throwsAsync(changeLayout(knex, { schema, partitions: 3 }), { instanceOf: LayoutChangeRefusedError, message: name }); // prettier-ignore
    t.is(error?.reasons.length, 1, error?.message);
    t.deepEqual((await planLayout(knex, { schema, partitions: 3 })).refusals, error?.reasons);
    await knex.raw(remove);
  }
  t.deepEqual(await worksOf(schema), []);
  t.true((await changeLayout(knex, { schema, partitions: 3 })).changed);
});

test('rights that are lacking are named before anything is made: from whom rows are hidden, and who does not own each partition', async (t) => {
  const { schema, role, url } = await aRoleWith(t, knex, {}, { at });
  const own = knexFactory({ client: 'pg', connection: url, pool: { min: 0, max: 3 } });
  t.teardown(() => own.destroy());
  await migrate(own, { schema, partitions: 2 });
  const lacks = async (what: string) => {
    const error = await t.throwsAsync(changeLayout(own, { schema, partitions: 3 }), {
      code: 'MAESTRO_PERMISSION_DENIED',
    });
    t.true(error?.message.includes(what), error?.message);
    t.deepEqual(await worksOf(schema), []);
  };
  await knex.raw(`ALTER TABLE "${schema}".event_log ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY`);
  await lacks(`row-level security holds for ${role} on event_log`);
  await knex.raw(`ALTER TABLE "${schema}".event_log NO FORCE ROW LEVEL SECURITY`);
  await knex.raw(`ALTER TABLE "${schema}".event_log_1 OWNER TO CURRENT_USER`);
  await lacks(`${role} is not a member of the owner of event_log_1`);
  await knex.raw(`ALTER TABLE "${schema}".event_log_1 OWNER TO "${role}"`);
  t.true((await changeLayout(own, { schema, partitions: 3 })).changed);
});

/** The schemas that the work on a log has made. */
async function worksOf(schema: string): Promise<string[]> {
  const { work, old } = placesOf(schema);
  const { rows } = await knex.raw<{ rows: { nspname: string }[] }>(
    'SELECT nspname FROM pg_namespace WHERE nspname IN (?, ?)',
    [work, old],
  );
  return rows.map(({ nspname }) => nspname);
}

test('a plan tells what is to be done, measures, and leaves nothing', async (t) => {
  const schema = await aLog(1);
  const plan = await planLayout(knex, { schema, partitions: 4 });
  t.like(plan, { from: { parts: 1 }, to: { parts: 4 }, refusals: [], events: 100, begun: undefined });
  t.is(plan.estimate?.sample, 100);
  t.true(plan.bytes > 0);
  t.is((await planLayout(knex, { schema, partitions: 4, measure: false })).estimate, undefined);
  t.deepEqual(await worksOf(schema), []);
});

test('events that share a timestamp are named: in other partitions they would be refused', async (t) => {
  const schema = await aLog(2);
  const event = anEvent();
  for (let n = 0; n < 40; n += 1) {
    const { timestamp } = event;
    await new PostgresStore(knex, { schema }).commitEvents([anEvent(anId(), { timestamp })]).catch(() => {});
  }
  const error = await t.throwsAsync(changeLayout(knex, { schema, partitions: 1 }), { code: 'MAESTRO_LAYOUT_REFUSED' });
  t.true(error?.message.includes(`events that share the timestamp ${event.timestamp.toString()}`), error?.message);
});

const steps = (...more: string[]) =>
  fc.array(fc.record({ what: fc.constantFrom('insert', 'update', 'delete', ...more), which: fc.nat(9) }), { maxLength: 15 }); // prettier-ignore
/** Steps on the first event. */
const firstOf = (...steps: string[]) => steps.map((what) => ({ what, which: 0 }));

testProp(
  'whatever is written, changed and removed between the steps, the copy becomes the log',
  [steps('copy'), steps('catch up', 'write through')],
  async (t, early, late) => {
    const schema = aSchema();
    await migrate(knex, { schema });
    const store = new PostgresStore(knex, { schema });
    const log = `"${schema}".event_log`;
    const ids = [anId(), anId()];
    for (const id of ids) await store.commitEvents(aHistory(id, 5));
    const places = placesOf(schema);
    await makeCopy(knex, places, PLAIN, partitioned(3));
    await noteChanges(knex, places, 60_000);
    const take = async ({ what, which }: { what: string; which: number }) => {
      const [id = anId(), sequence] = [ids[which % 2], (which >> 1) + 1];
      const key = [id.encode(), sequence];
      if (what === 'insert') await store.commitEvents([anEvent(id, { sequence, body: { which } })]);
      else if (what === 'update')
        await knex.raw(`UPDATE ${log} SET body = '{"new": 1}' WHERE aggregate_id = ? AND sequence = ?`, key);
      else if (what === 'delete') await knex.raw(`DELETE FROM ${log} WHERE aggregate_id = ? AND sequence = ?`, key);
      else if (what === 'copy') await copyNext(knex, places, 3);
      else if (what === 'catch up') await catchUp(knex, places, 2);
      else await writeThrough(knex, places, 60_000);
    };
    for (const step of early) await take(step);
    while ((await readWork(knex, places))?.phase === 'copying') await copyNext(knex, places, 3);
    await makeIndexes(knex, places, partitioned(3), () => {});
    for (const step of late) await take(step);
    const digest = await digestOf(knex, schema);
    t.true((await changeLayout(knex, { schema, partitions: 3 })).changed);
    t.is(await digestOf(knex, schema), digest);
  },
  { numRuns: 8, examples: [[firstOf('copy', 'delete', 'insert'), firstOf('delete')]] },
);

test('a timestamp that went from one event to another is taken over, also where only the first is due', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  const id = anId();
  await new PostgresStore(knex, { schema }).commitEvents(aHistory(id, 2));
  const places = placesOf(schema);
  await makeCopy(knex, places, PLAIN, partitioned(3));
  await noteChanges(knex, places, 60_000);
  while ((await copyNext(knex, places)) > 0);
  await makeIndexes(knex, places, partitioned(3), () => {});
  const { rows } = await knex.raw<{ rows: { timestamp: Buffer }[] }>(
    `SELECT "timestamp" FROM ${places.log} ORDER BY sequence`,
  );
  const retime = (sequence: number, to = anId().encode()) =>
    knex.raw(`UPDATE ${places.log} SET "timestamp" = ? WHERE sequence = ?`, [to, sequence]);
  await retime(1);
  await retime(2);
  await retime(1, rows[1]?.timestamp);
  t.true((await catchUp(knex, places, 1)) > 1);
  t.true((await changeLayout(knex, { schema, partitions: 3 })).changed);
});

test('changes that cannot be noted refuse no write, and keep the copy from being used', async (t) => {
  const schema = await aLog(1);
  const places = placesOf(schema);
  await makeCopy(knex, places, PLAIN, partitioned(3));
  await noteChanges(knex, places, 60_000);
  await knex.raw(`ALTER TABLE ${places.changes} ADD CHECK (sequence < 0)`);
  t.true((await new PostgresStore(knex, { schema }).commitEvents([anEvent()])).ok);
  const digest = await digestOf(knex, schema);
  await t.throwsAsync(changeLayout(knex, { schema, partitions: 3 }), { message: /could not be noted/ });
  await t.throwsAsync(changeLayout(knex, { schema, partitions: 5 }), {
    message: /a change to 3 partitions is under way/,
  });
  t.deepEqual(await cancelLayoutChange(knex, { schema }), { outcome: 'removed' });
  t.deepEqual(await cancelLayoutChange(knex, { schema }), { outcome: 'nothing' });
  t.deepEqual(await worksOf(schema), []);
  t.true((await changeLayout(knex, { schema, partitions: 3 })).changed);
  t.is(await digestOf(knex, schema), digest);
});

test('a copy that is not the log is not used', async (t) => {
  const schema = await aLog(1);
  const places = placesOf(schema);
  await makeCopy(knex, places, PLAIN, partitioned(3));
  await noteChanges(knex, places, 60_000);
  while ((await copyNext(knex, places)) > 0);
  await knex.raw(`UPDATE ${places.copy} SET body = '{"n": 3.0}' WHERE body = '{"n": 3}'`);
  await t.throwsAsync(changeLayout(knex, { schema, partitions: 3 }), { message: /not the same ones as the log/ });
  t.deepEqual(await layoutOf(schema), ['plain', true, []]);
  await cancelLayoutChange(knex, { schema });
});

const embedded = useEmbeddedDatabase(test);

test('the embedded database changes its layout, too', async (t) => {
  const { knex, schema } = embedded.get();
  const store = new PostgresStore(knex);
  for (let each = 0; each < 5; each += 1) await store.commitEvents(aHistory(anId(), 4));
  const digest = await digestOf(knex, schema);
  for (const partitions of [3, 1]) {
    t.like(await changeLayout(knex, { schema, partitions }), { changed: true, compared: { events: 20 } });
    t.is((await migrationStatus(knex)).partitions, partitions);
    t.is(await digestOf(knex, schema), digest);
  }
});
