import test from 'ava';
import { aHistory, anId } from '../../../support/data/factories.js';
import { useOwnDatabase } from '../../../support/database.js';
import { runCli } from '../../../support/cli/cli.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { testKnex } from '../../../support/database.js';

const url = useOwnDatabase(test);

const maestro = (...argv: string[]) => runCli([...argv, '--url', url]);

test('a plan, its execution, and the way back', async (t) => {
  const knex = testKnex({ connection: url });
  t.teardown(() => knex.destroy());
  await migrate(knex);
  await new PostgresStore(knex).commitEvents(aHistory(anId(), 3));
  await knex.raw('CREATE VIEW recent AS SELECT * FROM event_log');

  const refused = await maestro('migrate', 'layout', '--partitions', '3');
  t.is(refused.code, 1);
  t.regex(refused.stderr, /warning: in the way: view public\.recent depends on the event log\n/);
  const failed = await maestro('migrate', 'layout', '--partitions', '3', '--execute');
  t.is(failed.code, 5);
  t.regex(failed.stderr, /error: .*view public\.recent/);
  await knex.raw('DROP VIEW recent');

  const plan = await maestro('migrate', 'layout', '--partitions', '3');
  t.is(plan.code, 0, plan.stderr);
  t.regex(plan.stdout, /^layout now +plain\nlayout then +3 partitions\nevents, about +3\nroom on disk +about .*\ntime, estimated +1 s to copy, 1 s for indexes \(by 3 events\)\n$/); // prettier-ignore
  t.regex(plan.stderr, /note: nothing was changed; to execute this plan, add --execute\n$/);
  const unmeasured = await maestro('migrate', 'layout', '--partitions', '3', '--read-only');
  t.deepEqual([unmeasured.code, /estimated/.test(unmeasured.stdout)], [0, false]);

  const { code, stdout } = await maestro('migrate', 'layout', '--partitions', '3', '--execute', '-o', 'json');
  t.is(code, 0);
  t.like(JSON.parse(stdout), { layout: { kind: 'partitioned', parts: 3 }, changed: true, compared: { events: 3 } });
  t.regex(
    (await maestro('migrate', 'up', '--partitions', '5')).stderr,
    /hint: .*`maestro migrate layout --partitions 5`/,
  );
  t.regex((await maestro('migrate', 'layout', '--plain', '--execute')).stdout, /^layout +plain\nchanged +yes\n/);
  t.regex((await maestro('migrate', 'layout', '--cancel')).stdout, /nothing to do/);
  for (const argv of [[], ['--plain', '--partitions', '3'], ['--cancel', '--plain']])
    t.is((await maestro('migrate', 'layout', ...argv)).code, 2);
});
