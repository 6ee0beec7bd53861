import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import type { Knex } from 'knex';
import { storeContract } from '../../src/testing/contract.js';
import { addMetadataIndex } from '../../src/store/migrate/log-index/change-index.js';
import { PostgresStore } from '../../src/store/postgres-store.js';
import { runCli } from '../support/cli/cli.js';
import { testKnex, testUrl, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { readingCommands, SAMPLE_CORRELATION, writingCommands } from '../support/cli/sample-commands.js';
import { runAny } from '../support/cli/run-any.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { figure } from '../support/figures.js';
import { poolers } from '../support/servers/pooler.js';
import type { Pooler } from '../support/servers/pooler-port.js';
import { exported } from '../support/data/transfer.js';

const folder = useTemporaryFolder(test);
const CONFIGURATION = `
import { defineAggregate } from 'maestro-store';
export default { aggregates: [defineAggregate({ name: 'tally', initialState: () => ({ n: 0 }), commands: {},
  events: { happened: (_: unknown, { n }: { n: number }) => ({ n }) }, owns: { firstEvents: ['happened'] } })] };`;

test.before(() => writeFileSync(join(folder, 'maestro.config.ts'), CONFIGURATION));

for (const [name, start] of Object.entries(poolers())) {
  const database = useTestDatabase(test);
  /** The database in which the command line is compared; nobody else writes to it meanwhile. */
  const quiet = useTestDatabase(test);
  const opened: Knex[] = [];
  let pooler: Pooler | undefined;
  let promised = 0;
  let passed = 0;

  const url = () => Object.assign(new URL(testUrl()), { port: String(pooler?.port) }).href;
  const connect = () => {
    const knex = testKnex({ connection: url() });
    opened.push(knex);
    return knex;
  };

  test.serial.before(async () => {
    pooler = await start(testUrl());
  });
  test.after.always(async () => {
    await Promise.all(opened.map((knex) => knex.destroy()));
    await pooler?.close();
  });

  test(`${name} gives one transaction after another to other server connections, and keeps a transaction together`, async (t) => {
    const knex = connect();
    const pid = async (on: Knex) => {
      const { rows } = await on.raw<{ rows: { pid: number }[] }>('SELECT pg_backend_pid() AS pid');
      return rows[0]?.pid;
    };
    const pids = new Set<number | undefined>();
    for (let turn = 0; turn < 20; turn += 1) pids.add(await pid(knex));
    t.true(pids.size > 1, `only ${[...pids].join()}`);
    await knex.transaction(async (transaction) => {
      t.is(await pid(transaction), await pid(transaction));
    });
  });

  test(`${name} keeps no prepared statements`, async (t) => {
    const error = await t.throwsAsync(async () => {
      const knex = connect();
      for (let turn = 0; turn < 50; turn += 1)
        await knex.transaction(async (transaction) => {
          await transaction.raw(`${turn % 2 === 0 ? 'PREPARE stays AS' : 'EXECUTE stays --'} SELECT 1`);
        });
    });
    t.regex(error?.message ?? '', /prepared statement "stays" (does not exist|already exists)/);
  });

  const counted = (prefix: string) => (title: string, run: (t: ExecutionContext) => Promise<void>) => {
    promised += 1;
    test(`${name}, ${prefix}: ${title}`, async (t) => {
      await run(t);
      passed += 1;
    });
  };
  storeContract(
    counted('without prepared statements'),
    () => new PostgresStore(connect(), { schema: database.schema, preparedStatements: false }),
  );
  // Each store learns for itself that its statements are lost, whatever it is that it does first.
  storeContract(counted('as it comes'), () => new PostgresStore(connect(), { schema: database.schema }));

  test(`${name}: a store that knows nothing of it works on when its statements are lost`, async (t) => {
    const knex = connect();
    let lost = 0;
    knex.on('query-error', ({ code }: { code?: string }) => {
      if (code === '26000' || code === '42P05') lost += 1;
    });
    const store = new PostgresStore(knex, { schema: database.schema });
    const ids = Array.from({ length: 40 }, () => anId());
    // Several connections at once, on which the same names are known and not known.
    await Promise.all(ids.map(async (id) => t.true((await store.commitEvents([anEvent(id)])).ok)));
    for (const id of ids) {
      // On all connections that the pooler lends at the same moment: one of them is met again, without its statements.
      if (lost === 0) await Promise.all(ids.map(() => knex.raw('DEALLOCATE ALL')));
      t.true((await store.commitEvents([anEvent(id, { sequence: 2 })])).ok);
      t.is((await store.getEvents(id, 1)).length, 2);
    }
    t.true(lost > 0, 'no statement was lost, so this shows nothing');
  });

  test(`${name}: the command line does the same through it`, async (t) => {
    const id = anId();
    const history = aHistory(id, 3);
    const traced = anEvent(anId(), { metadata: { correlationId: SAMPLE_CORRELATION } });
    await quiet.store().commitEvents([...history, traced]);
    await quiet.store().commitSnapshot({ aggregateId: id, sequence: 2, body: { n: 2 } });
    const file = join(folder, `${id.hex}.ndjson`);
    writeFileSync(file, await exported(quiet));
    await addMetadataIndex(quiet.knex, quiet);
    const named = { id: id.hex, timestamp: history[1]?.timestamp.hex ?? '', file, aggregate: 'tally' };
    const maestro = (argv: readonly string[], pooled: boolean) =>
      runAny(pooled ? [...argv, '--pooler', 'transaction'] : argv, {
        cwd: folder,
        env: { MAESTRO_DATABASE_URL: pooled ? url() : quiet.url, MAESTRO_SCHEMA: quiet.schema },
      });
    let lines = 0;
    for (const [words, rest] of Object.entries(readingCommands(named)))
      for (const format of words === 'step' ? ['table'] : ['table', 'json', 'ndjson']) {
        const argv = [...words.split(' '), ...rest, '-o', format];
        const [direct, pooled] = [await maestro(argv, false), await maestro(argv, true)];
        lines += 1;
        // What doctor finds of the server and its connection is its own.
        if (words === 'doctor') t.true(pooled.code < 2, pooled.stderr);
        // Each start of the pages has another token.
        else if (words === 'ui') t.deepEqual([pooled.code, pooled.stderr], [direct.code, direct.stderr]);
        else t.deepEqual(pooled, direct, argv.join(' '));
      }
    for (const [words, rest] of Object.entries(writingCommands(named))) {
      const { code, stderr } = await maestro([...words.split(' '), ...rest], true);
      t.is(code, 0, `${words}: ${stderr}`);
      lines += 1;
    }
    t.is((await maestro(['migrate', 'up', '--partitions', '3'], true)).code, 0);
    t.is((await maestro(['migrate', 'index', 'add', '-q'], true)).stdout, 'maestro_metadata_correlationId\n');
    t.is((await maestro(['import', '--file', file], true)).code, 0);
    t.is((await maestro(['export', id.hex], true)).stdout, (await maestro(['export', id.hex], false)).stdout);

    const unaware = await runCli(['events', id.hex], { env: { MAESTRO_DATABASE_URL: url() } });
    t.is(unaware.code, 4);
    t.regex(unaware.stderr, /unsupported startup parameter.*\nhint: Behind PgBouncer, add --pooler transaction\.\n/);
    figure(`${name}: command line`, `${lines + 3} command lines do the same through it as without it`);
  });

  test.after(() => {
    figure(
      `${name}: store contract`,
      `${passed} of ${promised} tests passed, half of them with a store that was not told of it`,
    );
  });
}
