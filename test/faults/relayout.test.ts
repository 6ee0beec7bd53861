import test from 'ava';
import { layoutOf, readMigrationState } from '../../src/store/migrate/migration-state.js';
import { migrate } from '../../src/store/migrate/migrator.js';
import { cancelLayoutChange, changeLayout } from '../../src/store/migrate/relayout/change-layout.js';
import { useProcesses } from '../support/children/processes.js';
import { busyWriters } from '../support/data/busy-writers.js';
import { useSchemas } from '../support/database.js';
import { figure, isFull } from '../support/figures.js';
import { countingRelay } from '../support/servers/counting-relay.js';

// A switch waits for whoever reads in the database.
const { knex, url, aSchema } = useSchemas(test, { alone: true });
const processes = useProcesses(test, 'layout-child.ts');
const LAYOUTS = [4, 3, 1];

/** The body of each event, by aggregate and sequence; and how many rows there are. */
async function storedEvents(schema: string): Promise<{ readonly bodies: Map<string, string>; readonly count: number }> {
  const { rows } = await knex.raw<{ rows: { key: string; body: string }[] }>(
    `SELECT encode(aggregate_id, 'hex') || ' ' || sequence AS key, body::text FROM "${schema}".event_log`,
  );
  return { bodies: new Map(rows.map(({ key, body }) => [key, body])), count: rows.length };
}

/** Triggers on the log, and schemas that the work has made. */
async function leftovers(schema: string): Promise<string[]> {
  const { rows } = await knex.raw<{ rows: { name: string }[] }>(
    `SELECT nspname AS name FROM pg_namespace WHERE nspname LIKE 'maestro%' UNION ALL SELECT tgname FROM pg_trigger
JOIN pg_class AS c ON c.oid = tgrelid WHERE c.relnamespace = (SELECT oid FROM pg_namespace WHERE nspname = ?)`,
    [schema],
  );
  return rows.map(({ name }) => name);
}

async function cutOff(applicationName: string): Promise<void> {
  await knex.raw('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = ?', [
    applicationName,
  ]);
}

async function untilGone(applicationName: string): Promise<void> {
  const sql = 'SELECT FROM pg_stat_activity WHERE application_name = ?';
  while ((await knex.raw<{ rows: unknown[] }>(sql, [applicationName])).rows.length > 0);
}

test.serial(
  'a change of the layout that is killed or cut off at any step is finished or removed later, and eight writers lose nothing meanwhile',
  async (t) => {
    t.timeout(isFull ? 60 * 60_000 : 5 * 60_000);
    const schema = aSchema();
    await migrate(knex, { schema });
    const writers = busyWriters(t, knex, url, schema);
    const relay = await countingRelay(Number(new URL(url).port));
    t.teardown(() => relay.close());
    const start = (name: string, partitions: number) => {
      const through = new URL(url);
      through.port = String(relay.port);
      through.searchParams.set('application_name', name);
      return processes.start(through.href, schema, String(partitions));
    };
    // Once without a fault, to know how many pieces belong to which step.
    relay.watch(0, 'after', () => {});
    const whole = start('whole', 2);
    const steps: [string, number][] = [];
    for (let line = await whole.line(); line !== undefined; line = await whole.line()) steps.push([line, relay.passed]);
    t.is(steps.at(-1)?.[0], 'done');
    const pieces = relay.passed;
    const middles = steps.slice(1).map(([, end], index) => ((steps[index]?.[1] ?? 0) + end) >> 1);
    const chosen = isFull
      ? Array.from({ length: pieces }, (_, index) => index + 1)
      : middles.filter((_, index) => index % 2 === 0);
    let cancelled = 0;
    for (const [round, piece] of chosen.entries()) {
      const name = `faulty_${round}`;
      const partitions = LAYOUTS[round % LAYOUTS.length] ?? 1;
      const child = start(name, partitions);
      const [moment, isKilled] = [piece % 2 === 0 ? 'before' : 'after', round % 3 !== 2] as const;
      const over = new Promise<void>((resolve) =>
        relay.watch(piece, moment, () => resolve(isKilled ? child.kill() : cutOff(name))),
      );
      // It may need fewer pieces than the one before.
      await Promise.race([over, child.ended()]);
      if (isKilled) await child.kill();
      else await child.ended().catch(() => {});
      await untilGone(name);
      if (round % 4 === 3) {
        await cancelLayoutChange(knex, { schema });
        t.deepEqual(await leftovers(schema), [], name);
        cancelled += 1;
      }
      await changeLayout(knex, { schema, partitions });
      t.is(layoutOf(await readMigrationState(knex, schema))?.parts, partitions, name);
      t.deepEqual(await leftovers(schema), [], name);
    }
    await writers.stop();
    const { bodies, count } = await storedEvents(schema);
    t.is(count, writers.expected.size);
    t.deepEqual(
      [...writers.expected].filter(([key, body]) => bodies.get(key) !== body),
      [],
    );
    figure(
      'a change of the layout that is killed or cut off at each step, under eight writers',
      `${chosen.length} points of ${pieces}, ${cancelled} of them removed, the others finished: of ${count} events 0 lost, 0 doubled, 0 other than written; the longest write took ${Math.round(writers.longest)} ms`,
    );
  },
);
