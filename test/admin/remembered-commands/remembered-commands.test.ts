import { fc, testProp } from '@fast-check/ava';
import test from 'ava';
import { planPruning, pruneCommands, rememberedCommands } from '../../../src/admin/index.js';
import { InvalidArgumentError } from '../../../src/errors.js';
import { NotMigratedError, PermissionDeniedError } from '../../../src/store/errors.js';
import { testKnex, useSchemas, useTestDatabase } from '../../support/database.js';
import { anId, collect } from '../../support/data/factories.js';
import { rememberCommands, rememberedIds } from '../../support/data/remembered-commands.js';
import { aRoleWith } from '../../support/servers/settings.js';
import { migrate } from '../../../src/store/migrate/migrator.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const DAY = 86_400_000;
const daysAgo = (days: number) => Date.now() - days * DAY;

for (const [layout, database] of Object.entries(layouts))
  test.serial(`those from before a time are forgotten, however many, and no other: ${layout}`, async (t) => {
    const log = { knex: database.knex, schema: database.schema };
    const [full, other] = [anId(), anId()];
    const many = Array.from({ length: 11_000 }, (_, index) => ({
      commandId: `${index}`,
      days: index % 2 === 0 ? 31 : 29,
    }));
    await rememberCommands(database, full, many);
    await rememberCommands(database, other, [
      { commandId: 'young', days: 0 },
      { commandId: 'old', days: 400 },
    ]);
    const before = daysAgo(30);

    const { oldest = 0, ...plan } = await planPruning(log, before);
    t.deepEqual(plan, { commands: 5501, kept: 5501 });
    t.true(Math.abs(oldest - daysAgo(400)) < DAY / 2);
    const seen: number[] = [];
    t.is(await pruneCommands(log, new Date(before), { onProgress: (removed) => seen.push(removed) }), 5501);

    t.deepEqual([seen.length, seen.at(-1)], [3, 5501], 'in batches');
    t.like(await planPruning(log, before), { commands: 0, kept: 5501 });
    t.deepEqual(await rememberedIds(database, other), ['young']);
    t.is((await rememberedIds(database, full)).length, 5500);
    t.is(await pruneCommands(log, before), 0);
  });

testProp.serial(
  'what is left is what is as old as the time or younger',
  [fc.array(fc.tuple(fc.nat({ max: 2 }), fc.nat({ max: 20 })), { maxLength: 25 }), fc.integer({ min: 0, max: 20 })],
  async (t, ages, limit) => {
    const database = layouts.plain;
    await database.knex.raw('TRUNCATE ??.maestro_commands', [database.schema]);
    const ids = [anId(), anId(), anId()] as const;
    const rows = ages.map(([aggregate, days], index) => ({
      aggregate,
      days,
      commandId: String(index).padStart(3, '0'),
    }));
    for (const [index, id] of ids.entries())
      await rememberCommands(
        database,
        id,
        rows.filter(({ aggregate }) => aggregate === index),
      );
    // Half a day off, because the rows get the time at which each is written.
    await pruneCommands(database, daysAgo(limit + 0.5));
    for (const [index, id] of ids.entries())
      t.deepEqual(
        await rememberedIds(database, id),
        rows.filter(({ aggregate, days }) => aggregate === index && days <= limit).map(({ commandId }) => commandId),
      );
  },
  { numRuns: 15 },
);

test.serial('what a transaction that is under way has written holds nobody up, and stays', async (t) => {
  const database = layouts.plain;
  const [id, old] = [anId(), anId()];
  await rememberCommands(database, old, [{ commandId: 'old', days: 40 }]);
  const transaction = await database.knex.transaction();
  await rememberCommands({ knex: transaction, schema: database.schema }, id, [{ commandId: 'new', days: 0 }]);
  await pruneCommands(database, daysAgo(30));
  await transaction.commit();
  t.deepEqual([await rememberedIds(database, id), await rememberedIds(database, old)], [['new'], []]);
});

test.serial(
  'the command ids of an aggregate come in the order of its history, with their events and times',
  async (t) => {
    const database = layouts.partitioned;
    const id = anId();
    const names = ['b', 'a', 'Z', 'ü\n\u001b[2J', "it's"];
    await rememberCommands(
      database,
      id,
      names.map((commandId, index) => ({ commandId, days: 5 - index, sequence: index + 1 })),
    );
    const found = await collect(rememberedCommands(database, id));
    t.deepEqual(
      found.map(({ commandId }) => commandId),
      names,
    );
    t.like(found[0], { aggregateId: id, firstSequence: 1, lastSequence: 1 });
    t.true(Math.abs((found[0]?.time ?? 0) - daysAgo(5)) < DAY / 2);
    t.deepEqual(await collect(rememberedCommands(database, anId())), []);
  },
);

const { knex, aSchema } = useSchemas(test);

test('a database without the table, and a time that is none, are refused', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  await knex.raw('DROP TABLE ??.maestro_commands', [schema]);
  const log = { knex, schema };
  for (const work of [
    () => planPruning(log, 0),
    () => pruneCommands(log, 0),
    () => collect(rememberedCommands(log, anId())),
  ]) {
    const error = await t.throwsAsync(work, { instanceOf: NotMigratedError });
    t.is(error?.message, `Schema ${schema} has no table maestro_commands, in which command ids are remembered.`);
    t.regex(error?.hint ?? '', /run `maestro migrate`/);
  }
  await t.throwsAsync(pruneCommands(layouts.plain, new Date(Number.NaN)), { instanceOf: InvalidArgumentError });
});

test('nothing is answered, and nothing forgotten, where row-level security hides some of them', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  await knex.raw('ALTER TABLE ??.maestro_commands ENABLE ROW LEVEL SECURITY', [schema]);
  const role = await aRoleWith(t, knex, {});
  await knex.raw('GRANT USAGE ON SCHEMA ?? TO ??', [schema, role.role]);
  await knex.raw('GRANT ALL ON ALL TABLES IN SCHEMA ?? TO ??', [schema, role.role]);
  const other = testKnex({ connection: role.url });
  t.teardown(() => other.destroy());
  const id = anId();
  await rememberCommands({ knex, schema }, id, [{ commandId: 'hidden', days: 99 }]);
  const log = { knex: other, schema };
  await t.throwsAsync(pruneCommands(log, Date.now()), {
    instanceOf: PermissionDeniedError,
    message: /maestro_commands/,
  });
  await t.throwsAsync(collect(rememberedCommands(log, id)), { instanceOf: PermissionDeniedError });
  t.deepEqual(await rememberedIds({ knex, schema }, id), ['hidden']);
});
