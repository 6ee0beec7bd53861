import test from 'ava';
import { partitioned, PLAIN } from '../../../../src/store/layout/layout.js';
import { migrate } from '../../../../src/store/migrate/migrator.js';
import { makeCopy } from '../../../../src/store/migrate/relayout/make-copy.js';
import { noteChanges } from '../../../../src/store/migrate/relayout/notes.js';
import { placesOf } from '../../../../src/store/migrate/relayout/places.js';
import { PostgresStore } from '../../../../src/store/postgres-store.js';
import { runCli } from '../../../support/cli/cli.js';
import { aHistory, anId } from '../../../support/data/factories.js';
import { testKnex, useOwnDatabase } from '../../../support/database.js';

const url = useOwnDatabase(test);

const maestro = (...argv: string[]) => runCli([...argv, '--url', url]);

test.serial('a plan, its execution, and the way back', async (t) => {
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
    /hint: .*`maestro migrate layout --partitions 5 [^`]*`/,
  );
  t.regex((await maestro('migrate', 'layout', '--plain', '--execute')).stdout, /^layout +plain\nchanged +yes\n/);
  t.regex((await maestro('migrate', 'layout', '--cancel')).stdout, /nothing to do/);
  for (const argv of [[], ['--plain', '--partitions', '3'], ['--cancel', '--plain']])
    t.is((await maestro('migrate', 'layout', ...argv)).code, 2);
});

test.serial('an unfinished change is named, with its commands, wherever it matters', async (t) => {
  const knex = testKnex({ connection: url });
  t.teardown(() => knex.destroy());
  const schema = 'unfinished';
  await migrate(knex, { schema });
  const id = anId();
  await new PostgresStore(knex, { schema }).commitEvents(aHistory(id, 3));
  const erase = (...argv: string[]) => maestro('erase', id.hex, '--reason', 'asked to', '--schema', schema, ...argv);
  t.notRegex((await erase()).stderr, /layout/);

  await makeCopy(knex, placesOf(schema), PLAIN, partitioned(3));
  await noteChanges(knex, placesOf(schema), 60_000);
  const goesOn =
    /`maestro migrate layout --partitions 3 --execute[^`]*` goes on.* `maestro migrate layout --cancel[^`]*` removes it/;
  t.regex((await maestro('migrate', 'status', '--schema', schema)).stderr, goesOn);
  const status = await maestro('migrate', 'status', '--schema', schema, '-o', 'json');
  t.like(JSON.parse(status.stdout), { layoutChange: { target: partitioned(3) } });
  t.regex((await maestro('doctor', '--schema', schema, '-o', 'ndjson')).stdout, goesOn);

  t.regex((await erase()).stderr, /a second log, which keeps what is erased here/);
  const erased = await erase('--execute', '-o', 'json');
  t.regex(erased.stderr, /a second log, which still has what is erased here/);
  t.like(JSON.parse(erased.stdout), { executed: true, keptByLayoutChange: true });

  await knex.raw("CREATE ROLE maestro_layout_reader LOGIN PASSWORD 'secret'");
  t.teardown(() => knex.raw('DROP OWNED BY maestro_layout_reader; DROP ROLE maestro_layout_reader'));
  await knex.raw(`GRANT USAGE ON SCHEMA ${schema} TO maestro_layout_reader;
GRANT SELECT ON ALL TABLES IN SCHEMA ${schema} TO maestro_layout_reader`);
  const reader = new URL(url);
  Object.assign(reader, { username: 'maestro_layout_reader', password: 'secret' });
  const seen = await runCli(['migrate', 'status', '--schema', schema, '-o', 'json', '--url', reader.href]);
  t.deepEqual((JSON.parse(seen.stdout) as { layoutChange: unknown }).layoutChange, {});

  t.is((await maestro('migrate', 'layout', '--cancel', '--schema', schema)).code, 0);
  t.notRegex((await maestro('migrate', 'status', '--schema', schema)).stderr, /layout is being changed/);
});
