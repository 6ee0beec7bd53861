import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import test, { type ExecutionContext } from 'ava';
import type { NewEvent } from '../../src/events.js';
import { runCli } from '../support/cli/cli.js';
import { countingRelay } from '../support/servers/counting-relay.js';
import { aSchemaName, testKnex, useTemporaryFolder, useTestDatabase } from '../support/database.js';
import { aHistory, anEvent, anId } from '../support/data/factories.js';
import { rememberCommands } from '../support/data/remembered-commands.js';
import { figure, rounds } from '../support/figures.js';
import { useProcesses } from '../support/children/processes.js';
import { killProgram, outcomeOf, startProgram } from '../support/cli/program.js';
import { describeSchema } from '../support/data/schema-description.js';
import { emptied, exported } from '../support/data/transfer.js';

const ROUNDS = rounds(1, 50);
const database = useTestDatabase(test);
const [imports, origin] = [useTestDatabase(test), useTestDatabase(test)];
const folder = useTemporaryFolder(test);
const program = useProcesses(test, 'cli-child.ts');

/** One thing to be done, which is either done or not. */
interface Work {
  readonly argv: readonly string[];
  readonly schema: string;
  /** Reads its effect, in one statement. */
  readonly look: () => Promise<string>;
  /** Result of `look` before it is done. */
  readonly none: string;
  /** Result of `look` afterwards. */
  readonly all: string;
  /** Runs it again, the database as it was left, and looks that it is done then, whole and once. */
  readonly again: (t: ExecutionContext, left: string) => Promise<void>;
}

/** Runs the command line in this process: what somebody would run next. */
async function next(t: ExecutionContext, work: Pick<Work, 'argv' | 'schema'>, codes: readonly number[]): Promise<void> {
  const { code, stderr } = await runCli([...work.argv], {
    env: { MAESTRO_DATABASE_URL: database.url, MAESTRO_SCHEMA: work.schema },
  });
  t.true(codes.includes(code), `the next run ended with ${code}: ${stderr}`);
}

/** A first value of a first row, as text. */
async function value(sql: string, bindings: readonly unknown[] = []): Promise<string> {
  const { rows } = await database.knex.raw<{ rows: { value: unknown }[] }>(sql, bindings as never);
  return String(rows[0]?.value);
}

/**
 * Kills the process of a work at every kind of point: just before or just after some piece of its talk with the server, or
 * a moment later. Gives what was seen afterwards.
 */
async function killed(t: ExecutionContext, name: string, prepare: () => Promise<Work>): Promise<void> {
  const relay = await countingRelay(Number(new URL(database.url).port));
  t.teardown(() => relay.close());
  const applicationName = `killed_${anId().hex}`;
  const url = new URL(database.url);
  url.port = String(relay.port);
  url.searchParams.set('application_name', applicationName);
  const start = ({ argv, schema }: Work) =>
    startProgram(argv, {
      cwd: folder,
      env: { MAESTRO_DATABASE_URL: url.href, MAESTRO_SCHEMA: schema },
      program: program.file,
    });

  const whole = await prepare();
  relay.watch(0, 'after', () => {});
  const { code, stderr } = await outcomeOf(start(whole));
  t.is(code, 0, stderr);
  t.is(await whole.look(), whole.all, 'not killed, it is done');
  const pieces = relay.passed;
  t.true(pieces > 10, `${pieces} pieces`);

  const seen = { none: 0, all: 0, between: 0, told: 0 };
  for (let round = 0; round < ROUNDS; round += 1) {
    const work = await prepare();
    t.is(await work.look(), work.none, 'prepared');
    // The connection itself is of no interest, so half of the kills come late, where a commit is.
    const from = round % 2 === 0 ? Math.floor(pieces / 2) : 1;
    const piece = from + Math.floor(Math.random() * (pieces + 1 - from));
    const moment = Math.random() < 0.5 ? 'before' : 'after';
    const wait = Math.random() < 0.5 ? 0 : Math.random() * 4;
    const child = start(work);
    let stdout = '';
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      stdout += text;
    });
    await new Promise<void>((resolve) => {
      relay.watch(piece, moment, () => (wait === 0 ? resolve() : setTimeout(resolve, wait)));
      // It may need fewer pieces than the first one did, and has done its work then.
      child.once('exit', resolve);
    }).then(() => (child.exitCode === null && child.signalCode === null ? killProgram(child) : undefined));
    const left = await work.look();
    const where = `killed ${moment} piece ${piece} of ${pieces}, ${wait} ms later`;
    if (stdout !== '') {
      seen.told += 1;
      t.is(left, work.all, `it said that it was done; ${where}`);
    }
    if (left === work.none) seen.none += 1;
    else if (left === work.all) seen.all += 1;
    else seen.between += 1;
    t.true(left === work.none || left === work.all, `left in between: ${left}; ${where}`);
    await work.again(t, left);
    // What the dead process had sent may still be at work; the next round is to begin in peace.
    while (
      (await value(`SELECT count(*) AS value FROM pg_stat_activity WHERE application_name = ?`, [applicationName])) !==
      '0'
    )
      await delay(5);
  }
  t.is(seen.between, 0);
  const shown = `${ROUNDS} rounds: ${seen.none} left nothing, ${seen.all} all, ${seen.between} in between; ${ROUNDS} next runs succeeded`;
  figure(`SIGKILL of our process in ${name}`, shown);
  t.log(shown);
}

const COUNT = 40;
const events = join(folder, 'events.ndjson');
writeFileSync(
  events,
  Array.from(
    { length: COUNT },
    (_, n) => `${JSON.stringify({ type: 'counted', body: { n, pad: 'x'.repeat(2000) } })}\n`,
  ).join(''),
);

test('killed in append: all events or none, and the next run appends after them', async (t) => {
  await killed(t, 'append', async () => {
    const id = anId();
    const argv = ['append', id.hex, '--file', events, '-o', 'json'];
    const { schema } = database;
    const log = `"${schema}".event_log WHERE aggregate_id = ?`;
    return {
      argv,
      schema,
      look: () => value(`SELECT count(*) AS value FROM ${log}`, [id.encode()]),
      none: '0',
      all: String(COUNT),
      again: async (t, left) => {
        await next(t, { argv, schema }, [0]);
        const stored = await database.store().getEvents(id, 1);
        // What was sent before the kill may commit after the look: then there are two times all.
        t.true(stored.length === 2 * COUNT || (left === '0' && stored.length === COUNT), `${stored.length} events`);
        t.deepEqual(
          stored.map(({ sequence, body }) => [sequence, body['n']]),
          stored.map((_event, index) => [index + 1, index % COUNT]),
        );
      },
    };
  });
});

test('killed in import: the whole file or nothing of it, and the next run completes it', async (t) => {
  const [file, aggregates] = [join(folder, 'log.ndjson'), 150];
  const all: NewEvent[] = [];
  for (let n = 0; n < aggregates; n += 1) all.push(...aHistory(anId(), 10));
  await origin.store().commitEvents(all);
  for (const { aggregateId } of all.filter(({ sequence }) => sequence === 5))
    await origin.store().commitSnapshot({ aggregateId, sequence: 5, body: { n: 5 } });
  const text = await exported(origin);
  writeFileSync(file, text);
  const there = anEvent();
  let round = 0;
  await killed(t, 'import', async () => {
    round += 1;
    await emptied(imports);
    // Into an empty log a file goes another way than into one that holds something.
    const isEmpty = round % 2 === 0;
    if (!isEmpty) await imports.store().commitEvents([there]);
    const others = isEmpty ? 0 : 1;
    const { schema } = imports;
    const argv = ['import', '--file', file];
    return {
      argv,
      schema,
      look: () =>
        value(
          `SELECT (SELECT count(*) FROM "${schema}".event_log) || ' ' || (SELECT count(*) FROM "${schema}".snapshots) AS value`,
        ),
      none: `${others} 0`,
      all: `${all.length + others} ${aggregates}`,
      again: async (t) => {
        await next(t, { argv, schema }, [0]);
        await emptied(imports, [there.aggregateId]);
        t.is(digest(await exported(imports)), digest(text), 'what is there now is what the file says');
      },
    };
  });
});

for (const partitions of [1, 4])
  test(`killed in migrate: every table or none, and the next run makes them: ${partitions} partitions`, async (t) => {
    const knex = testKnex();
    t.teardown(() => knex.destroy());
    const tables = (schema: string) =>
      value(
        `SELECT coalesce(string_agg(relname, ' ' ORDER BY relname), '') AS value
         FROM pg_class JOIN pg_namespace n ON n.oid = relnamespace WHERE nspname = ? AND relkind IN ('r', 'p')`,
        [schema],
      );
    const argv = ['migrate', '--partitions', String(partitions)];
    const drop = (schema: string) => knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
    const fresh = aSchemaName();
    await next(t, { argv, schema: fresh }, [0]);
    const [all, description] = [await tables(fresh), await describeSchema(knex, fresh)];
    await drop(fresh);
    await killed(t, `migrate${partitions === 1 ? '' : ' with partitions'}`, async () => {
      const schema = aSchemaName();
      t.teardown(() => drop(schema));
      return {
        argv,
        schema,
        look: () => tables(schema),
        none: '',
        all,
        again: async (t) => {
          await next(t, { argv, schema }, [0]);
          t.deepEqual(await describeSchema(knex, schema), description);
          await drop(schema);
        },
      };
    });
  });

test('killed in snapshot put: the old snapshot or the new one, and the next run leaves the new one', async (t) => {
  const { schema } = database;
  const file = join(folder, 'state.json');
  writeFileSync(file, JSON.stringify({ state: 'new', pad: 'x'.repeat(300_000) }));
  await killed(t, 'snapshot', async () => {
    const id = anId();
    await database.store().commitEvents(aHistory(id, 2));
    await database.store().commitSnapshot({ aggregateId: id, sequence: 1, body: { state: 'old' } });
    const argv = ['snapshot', 'put', id.hex, '--sequence', '2', '--file', file];
    const look = () =>
      value(
        `SELECT sequence || ' ' || (body->>'state') || ' ' || coalesce(length(body->>'pad'), 0) AS value FROM "${schema}".snapshots WHERE aggregate_id = ?`,
        [id.encode()],
      );
    return {
      argv,
      schema,
      look,
      none: '1 old 0',
      all: '2 new 300000',
      again: async (t) => {
        // 5: it is there already.
        await next(t, { argv, schema }, [0, 5]);
        t.is(await look(), '2 new 300000');
      },
    };
  });
});

for (const [what, flags] of Object.entries({ 'the events': [], 'a path': ['--paths', '/owner'] }))
  test(`killed in erase of ${what}: nothing is erased or everything, and the next run erases it`, async (t) => {
    const { schema } = database;
    await killed(t, what === 'a path' ? 'erase --paths' : 'erase', async () => {
      const id = anId();
      const history = aHistory(id, 60).map((event) => ({ ...event, body: { owner: 'Ada', n: event.sequence } }));
      await database.store().commitEvents(history);
      await database.store().commitSnapshot({ aggregateId: id, sequence: 60, body: { owner: 'Ada' } });
      await rememberCommands(
        database,
        id,
        ['a', 'b'].map((commandId) => ({ commandId, days: 0 })),
      );
      const argv = ['erase', id.hex, '--reason', 'a request', ...flags, '--execute'];
      const look = () =>
        value(
          `SELECT (SELECT count(*) || ' ' || count(*) FILTER (WHERE body ? 'owner') FROM "${schema}".event_log WHERE aggregate_id = :id)
           || ' ' || (SELECT count(*) FROM "${schema}".snapshots WHERE aggregate_id = :id)
           || ' ' || (SELECT count(*) FROM "${schema}".maestro_commands WHERE aggregate_id = :id) AS value`.replaceAll(
            /:id|body \?/g,
            (part) => (part === ':id' ? `'\\x${id.hex}'` : `body \\?`),
          ),
        );
      const all = what === 'a path' ? '60 0 0 2' : '0 0 0 0';
      return {
        argv,
        schema,
        look,
        none: '60 60 1 2',
        all,
        again: async (t) => {
          // 3: there is nothing left to erase.
          await next(t, { argv, schema }, [0, 3]);
          t.is(await look(), all);
        },
      };
    });
  });

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
