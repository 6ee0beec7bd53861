import { connect, createServer, type Socket } from 'node:net';
import test, { type ExecutionContext } from 'ava';
import { DatabaseNewerError } from '../../src/store/migrate/migration-errors.js';
import { migrationStatus } from '../../src/store/migrate/migration-status.js';
import { migrate, type MigrationReport, migrationSql } from '../../src/store/migrate/migrator.js';
import { rollback } from '../../src/store/migrate/rollback.js';
import { countingRelay } from '../support/servers/counting-relay.js';
import { testKnex, testUrl, useSchemas, useTemporaryFolder } from '../support/database.js';
import { figure, rounds } from '../support/figures.js';
import { useProcesses } from '../support/children/processes.js';
import { killProgram, outcomeOf, type ProgramOptions, startProgram } from '../support/cli/program.js';
import { describeSchema } from '../support/data/schema-description.js';
import { allSteps, STEPS } from '../support/data/steps.js';
import { listen } from '../support/servers/tcp.js';

const PROCESSES = 4;
const folder = useTemporaryFolder(test);
const program = useProcesses(test, 'cli-child.ts');
const { knex, aSchema } = useSchemas(test);

/** Options for a process of the command line on a schema, at a port of this machine. */
function on(schema: string, port = new URL(testUrl()).port, applicationName = 'maestro'): ProgramOptions {
  const url = new URL(testUrl());
  url.port = port;
  url.searchParams.set('application_name', applicationName);
  const env = { MAESTRO_DATABASE_URL: url.href, MAESTRO_SCHEMA: schema, PGCONNECT_TIMEOUT: '60' };
  return { cwd: folder, env, program: program.file };
}

/** The tables of a fresh schema. */
async function fresh(partitions: number): Promise<string[]> {
  const schema = aSchema();
  await migrate(knex, { schema, partitions });
  return await describeSchema(knex, schema);
}

async function recorded(schema: string): Promise<string[]> {
  return await knex('maestro_migrations').withSchema(schema).orderBy('id').pluck('name');
}

/** Waits until a backend of an application waits for a lock; false when something else has come about before. */
async function untilWaiting(applicationName: string, otherwise: () => boolean = () => false): Promise<boolean> {
  const sql = `SELECT FROM pg_stat_activity WHERE wait_event_type = 'Lock' AND application_name = ?`;
  while (!otherwise()) if ((await knex.raw<{ rows: unknown[] }>(sql, [applicationName])).rows.length > 0) return true;
  return false;
}

/** A proxy that lets nobody through before several are there. */
async function gate(t: ExecutionContext, count: number) {
  const port = Number(new URL(testUrl()).port);
  const waiting: Socket[] = [];
  const listener = await listen(
    createServer((client) => {
      waiting.push(client);
      if (waiting.length < count) return;
      for (const one of waiting.splice(0)) {
        const server = connect(port, '127.0.0.1');
        one.pipe(server).pipe(one);
        for (const [socket, other] of [
          [one, server],
          [server, one],
        ] as const)
          socket.on('error', () => {}).on('close', () => other.destroy());
      }
    }),
  );
  t.teardown(() => listener.close());
  return listener;
}

test('processes that migrate at the same moment all exit with 0, and every step is taken once', async (t) => {
  const ROUNDS = rounds(1, 20);
  const { port } = await gate(t, PROCESSES);
  let [failed, takenTwice] = [0, 0];
  for (let round = 0; round < ROUNDS; round += 1) {
    const partitions = round % 2 === 0 ? 1 : 4;
    const schema = aSchema();
    // Now and then the tables are there, made by somebody else, and only have to be adopted.
    const isAdoption = round % 4 === 3;
    if (isAdoption) {
      await migrate(knex, { schema, partitions });
      await knex.raw(`DROP TABLE "${schema}".maestro_migrations`);
    }
    const argv = ['migrate', '-o', 'json', ...(isAdoption ? [] : ['--partitions', String(partitions)])];
    const children = Array.from({ length: PROCESSES }, () => startProgram(argv, on(schema, String(port))));
    const outcomes = await Promise.all(children.map((child) => outcomeOf(child)));
    for (const { code, stderr } of outcomes) {
      if (code !== 0) failed += 1;
      t.is(code, 0, stderr);
    }
    const reports = outcomes.map(({ stdout }) => JSON.parse(stdout) as MigrationReport);
    const taken = reports.flatMap(({ applied, adopted }) => [...applied, ...adopted]);
    takenTwice += taken.length - new Set(taken).size;
    t.deepEqual(taken, STEPS, 'by one of them');
    t.deepEqual(await recorded(schema), STEPS);
    t.deepEqual(await describeSchema(knex, schema), await fresh(partitions));
  }
  figure(
    'migration races',
    `${ROUNDS} × ${PROCESSES} processes: ${failed} did not exit 0, ${takenTwice} steps taken twice`,
  );
});

test('a runner that is killed at any step leaves nothing half done, and the one that waits for it migrates', async (t) => {
  const relay = await countingRelay(Number(new URL(testUrl()).port));
  t.teardown(() => relay.close());
  const port = String(relay.port);
  relay.watch(0, 'after', () => {});
  t.is((await outcomeOf(startProgram(['migrate'], on(aSchema(), port)))).code, 0);
  const pieces = relay.passed;
  const description = await fresh(1);
  const every = Array.from({ length: pieces }, (_, index) => index + 1);
  const chosen = rounds(2, pieces) === pieces ? every : [pieces >> 1, pieces - 4];
  const seen = { waited: 0, applied: 0, done: 0 };
  for (const piece of chosen) {
    const schema = aSchema();
    const name = `second_${schema}`;
    const second = testKnex({ connection: on(schema, undefined, name).env['MAESTRO_DATABASE_URL'] as string });
    const first = startProgram(['migrate'], on(schema, port));
    // It stands still in the middle, with all that it holds.
    await new Promise<void>((resolve, reject) => {
      relay.watch(piece, piece % 2 === 0 ? 'before' : 'after', () => resolve(void first.kill('SIGSTOP')));
      first.once('exit', (code) => reject(new Error(`ended with ${code} before piece ${piece} of ${pieces}`)));
    });
    let isDone = false;
    const migrating = migrate(second, { schema }).finally(() => (isDone = true));
    if (await untilWaiting(name, () => isDone)) seen.waited += 1;
    await killProgram(first);
    const { applied } = await migrating;
    await second.destroy();
    seen[applied.length === 0 ? 'done' : 'applied'] += 1;
    t.deepEqual(applied, applied.length === 0 ? [] : STEPS, `all or nothing at piece ${piece} of ${pieces}`);
    t.deepEqual(await recorded(schema), STEPS);
    t.deepEqual(await describeSchema(knex, schema), description);
  }
  figure(
    'migration killed at each step',
    `${chosen.length} points of ${pieces}: the next runner, which waited for a lock ${seen.waited} times, migrated ${seen.applied} times and found it done ${seen.done} times; 0 half done`,
  );
});

test('a runner that waits in vain exits with 5 after its lock timeout and changes nothing', async (t) => {
  const ROUNDS = rounds(1, 5);
  let refused = 0;
  for (let round = 0; round < ROUNDS; round += 1) {
    const schema = aSchema();
    await knex.raw(`CREATE SCHEMA "${schema}"`);
    // A table of that name that is not committed yet: the runner waits for it, its first step taken.
    const obstacle = await knex.transaction();
    // Whatever fails here, what it holds would keep the schema from being dropped.
    t.teardown(async () => {
      if (!obstacle.isCompleted()) await obstacle.rollback();
    });
    await obstacle.raw(`CREATE TABLE "${schema}".snapshots (n integer)`);
    const name = `first_${schema}`;
    const first = startProgram(['migrate', '-o', 'json'], on(schema, undefined, name));
    const outcome = outcomeOf(first);
    await untilWaiting(name, () => first.exitCode !== null);

    const second = await outcomeOf(startProgram(['migrate', '--lock-timeout', '0.2', '-o', 'json'], on(schema)));

    t.is(second.code, 5, second.stderr);
    t.is(second.stdout, '');
    t.regex(second.stderr, /"code":"MAESTRO_MIGRATION_LOCK/);
    refused += 1;
    t.deepEqual(await describeSchema(knex, schema), []);
    await obstacle.rollback();
    const { code, stdout, stderr } = await outcome;
    t.is(code, 0, stderr);
    t.deepEqual((JSON.parse(stdout) as MigrationReport).applied, STEPS);
  }
  figure('migration lock timeout', `${refused}/${ROUNDS} exited 5 and changed nothing; the first went on to its end`);
});

test('a database that a newer version migrated is refused, and nothing is written', async (t) => {
  const schema = aSchema();
  await migrate(knex, { schema });
  await knex('maestro_migrations').withSchema(schema).insert({ name: '9999_from_the_future', batch: 2 });
  const before = await describeSchema(knex, schema);
  const attempts = [migrate(knex, { schema }), rollback(knex, { schema }), migrationSql(knex, { schema })];
  for (const attempt of attempts) {
    const error = await t.throwsAsync(attempt, { instanceOf: DatabaseNewerError });
    t.deepEqual(error.unknown, ['9999_from_the_future']);
  }
  t.deepEqual(await describeSchema(knex, schema), before);
  t.deepEqual(await recorded(schema), [...STEPS, '9999_from_the_future']);
  const { steps, upToDate } = await migrationStatus(knex, { schema });
  t.deepEqual([upToDate, steps.map(({ state }) => state)], [false, [...allSteps('applied'), 'unknown']]);
  figure('database newer than the code', `${attempts.length}/${attempts.length} refused, nothing written`);
});
