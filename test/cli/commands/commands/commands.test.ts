import test from 'ava';
import { openAggregates } from '../../../../src/aggregate/aggregates.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { type CliOptions, type CliResult, runCli } from '../../../support/cli/cli.js';
import { useSchemas, useTestDatabase } from '../../../support/database.js';
import { aHistory, anId } from '../../../support/data/factories.js';
import { SampleAggregate } from '../../../support/data/sample-aggregate.js';
import { rememberCommands, rememberedIds } from '../../../support/data/remembered-commands.js';

const layouts = { plain: useTestDatabase(test), partitioned: useTestDatabase(test, { partitions: 3 }) };
const { knex, aSchema } = useSchemas(test);

function commands(
  argv: readonly string[],
  { url, schema }: { readonly url: string; readonly schema: string } = layouts.plain,
  options: CliOptions = {},
): Promise<CliResult> {
  return runCli(['commands', ...argv], { env: { MAESTRO_DATABASE_URL: url, MAESTRO_SCHEMA: schema }, ...options });
}

for (const [layout, place] of Object.entries(layouts))
  test(`prune shows a plan, forgets with --execute, and leaves what is younger: ${layout}`, async (t) => {
    const database = { ...place, schema: aSchema() };
    await migrate(knex, { schema: database.schema, partitions: layout === 'plain' ? 1 : 3 });
    const id = anId();
    await rememberCommands(database, id, [
      { commandId: 'old', days: 40 },
      { commandId: 'older', days: 50 },
      { commandId: 'young', days: 20 },
    ]);

    const plan = await commands(['prune', '--older-than', '30d'], database);
    t.is(plan.code, 0, plan.stderr);
    t.regex(plan.stdout, /^older than +\d{4}-\S+ \S+\nto forget +2 command ids\nkept +1\noldest +\d{4}-\S+ \S+\n$/);
    t.is(plan.stderr, 'note: nothing was changed; to execute this plan, add --execute\n');
    t.is((await rememberedIds(database, id)).length, 3);

    const done = await commands(['prune', '--older-than', '30d', '--execute', '-o', 'json'], database);
    t.deepEqual([done.code, done.stderr], [0, '']);
    const { olderThan, oldest, ...facts } = JSON.parse(done.stdout) as { olderThan: string; oldest: string };
    t.deepEqual(facts as unknown, { executed: true, commands: 2, kept: 1 });
    t.true(olderThan < oldest, 'the oldest that is left');
    t.deepEqual(await rememberedIds(database, id), ['young']);

    const future = await commands(['prune', '--older-than', '2999-06-01', '--execute'], database);
    t.is(future.code, 2, 'a time in the future can only be a mistake');
    t.regex(future.stderr, /lies in the future/);
    t.deepEqual(await rememberedIds(database, id), ['young']);

    const again = await commands(['prune', '--older-than', '30d', '--execute'], database);
    t.regex(again.stdout, /\nforgotten +0 command ids\nkept +1\n/);
    t.is((await commands(['prune', '--older-than', '30 days', '-q'], database)).stdout, '0\n');
    t.like(JSON.parse((await commands(['prune', '--older-than', '2000-01-01', '-o', 'ndjson'], database)).stdout), {
      executed: false,
      commands: 0,
      kept: 1,
    });
  });

test('prune warns when it forgets what a client may still repeat', async (t) => {
  const database = { ...layouts.plain, schema: aSchema() };
  await migrate(knex, { schema: database.schema });
  await rememberCommands(database, anId(), [{ commandId: 'a', days: 0.5 }]);
  const { code, stderr } = await commands(['prune', '--older-than', '2h', '--execute'], database);
  t.is(code, 0);
  t.regex(
    stderr,
    /^warning: Commands that were carried out 2 hours ago are among them: a client .* has it carried out a second time\.\n$/,
  );
});

test('prune says what a trigger has kept', async (t) => {
  const database = { ...layouts.plain, schema: aSchema() };
  await migrate(knex, { schema: database.schema });
  await rememberCommands(database, anId(), [{ commandId: 'a', days: 50 }]);
  await knex.raw(`CREATE FUNCTION "${database.schema}".keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END';
    CREATE TRIGGER keep BEFORE DELETE ON "${database.schema}".maestro_commands FOR EACH ROW EXECUTE FUNCTION "${database.schema}".keep()`);
  const { stdout, stderr } = await commands(['prune', '--older-than', '30d', '--execute'], database);
  t.regex(stdout, /\nforgotten +0 command ids\nkept +1\n/);
  t.regex(stderr, /^warning: 1 command id of before that time is still there: .* a trigger, a rule or a policy\.\n$/);
});

test('list has the command ids of one aggregate in every form, safe for a terminal', async (t) => {
  const database = layouts.partitioned;
  const [id, other] = [anId(), anId()];
  await database.store().commitEvents([...aHistory(id, 3), ...aHistory(other, 1)]);
  await rememberCommands(database, id, [
    { commandId: 'ada order-4711', days: 3, sequence: 1 },
    { commandId: 'a\u001b[2J', days: 2, sequence: 2 },
  ]);
  const { schema } = database;
  await knex.raw(`UPDATE ??.maestro_commands SET last_sequence = 3 WHERE command_id = 'a\u001b[2J'`, [schema]);
  await knex.raw(
    `INSERT INTO ??.maestro_commands (aggregate_id, command_id, digest, first_sequence, last_sequence) VALUES (?, 'nothing', '', 4, 3)`,
    [schema, id.encode()],
  );

  const { code, stdout, stderr } = await commands(['list', id.hex], database);
  t.deepEqual([code, stderr], [0, '']);
  t.deepEqual(
    stdout.split('\n').map((line) => line.replace(/\d{4}-\d\d-\d\d [\d:.]+/, '<time>')),
    [
      'EVENTS  TIME                     COMMAND ID',
      '     1  <time>  ada order-4711',
      '   2-3  <time>  a\\u001b[2J',
      '  none  <time>  nothing',
      '',
    ],
  );
  const lines = (await commands(['list', id.hex, '-o', 'ndjson'], database)).stdout.trim().split('\n');
  t.like(JSON.parse(lines[1] ?? ''), {
    aggregateId: id.hex,
    commandId: 'a\u001b[2J',
    events: 2,
    firstSequence: 2,
    lastSequence: 3,
  });
  t.like(JSON.parse(lines[2] ?? ''), { commandId: 'nothing', events: 0 });
  t.is((await commands(['list', id.hex, '-q'], database)).stdout, 'ada order-4711\na\\u001b[2J\nnothing\n');
  t.deepEqual(await commands(['list', other.hex], database), {
    code: 0,
    stdout: '',
    stderr: 'note: no command id of this aggregate is remembered\n',
  });
  t.is((await commands(['list', anId().hex], database)).code, 3);
});

test('a command that was sent again is listed once, and after it was forgotten it is carried out a second time', async (t) => {
  const database = { ...layouts.plain, schema: aSchema() };
  await migrate(knex, { schema: database.schema });
  const accounts = openAggregates(SampleAggregate, { store: new PostgresStore(knex, { schema: database.schema }) });
  const id = accounts.create();
  const send = () => accounts.evaluate(id, { type: 'increment_counter' }, { commandId: 'click-1' });
  await send();
  t.like(await send(), { value: { repeated: true, sequence: 1 } });
  t.regex((await commands(['list', id.hex], database)).stdout, /^EVENTS.*\n +1 .* {2}click-1\n$/);
  t.like(JSON.parse((await commands(['prune', '--older-than', 'now', '--execute', '-o', 'json'], database)).stdout), {
    commands: 1,
    kept: 0,
  });
  t.like(await send(), { value: { sequence: 2 } });
});

test('what is wrong is refused, and nothing is forgotten', async (t) => {
  const id = anId();
  await rememberCommands(layouts.plain, id, [{ commandId: 'a', days: 99 }]);
  for (const [argv, problem] of [
    [['prune', '--execute'], /--older-than/],
    [['prune', '--older-than', '30', '--execute'], /^error: --older-than: '30' is not a time\./],
    [['prune', '--older-than', 'soon', '--execute'], /is not a time/],
    [['prune', '--older-than', '30d', '--execute', '--read-only'], /writes, which --read-only forbids/],
    [['list'], /id/],
    [['list', 'x'], /is not an id/],
  ] as const) {
    const { code, stdout, stderr } = await commands(argv);
    t.deepEqual([code, stdout], [2, ''], argv.join(' '));
    t.regex(stderr, problem);
  }
  t.deepEqual(await rememberedIds(layouts.plain, id), ['a']);
});

test('a database without the table is told to be migrated', async (t) => {
  const database = { ...layouts.plain, schema: aSchema() };
  await migrate(knex, { schema: database.schema });
  await knex.raw('DROP TABLE ??.maestro_commands', [database.schema]);
  for (const argv of [
    ['prune', '--older-than', '30d'],
    ['prune', '--older-than', '30d', '--execute'],
    ['list', anId().hex],
  ]) {
    const { code, stderr } = await commands(argv, database);
    t.is(code, 2, argv.join(' '));
    t.regex(stderr, /^error: Schema \w+ has no table maestro_commands, .*\nhint: .*`maestro migrate`/);
  }
});
