import test from 'ava';
import type { Knex } from 'knex';
import type { Timestamp } from '../../src/hlc/timestamp.js';
import { type Copy, readCopies } from '../../src/projection/copies/copy.js';
import { useProcesses } from '../support/children/processes.js';
import { aHistory, anId } from '../support/data/factories.js';
import { testUrl } from '../support/database.js';
import { figure, isFull } from '../support/figures.js';
import { aVersion, buildSchemasOf, useReadModels } from '../support/projection/read-models.js';
import { startWorker } from '../support/projection/workers.js';
import { countingRelay } from '../support/servers/counting-relay.js';

const database = useReadModels(test);
const { schema, knex } = database;
const processes = useProcesses(test, 'rebuild-child.ts');
const EVENTS = 3;

async function someAggregates(): Promise<Timestamp[]> {
  const ids = [anId(), anId(), anId()];
  for (const id of ids) await database.store().commitEvents(aHistory(id, EVENTS));
  return ids;
}

/** Waits until the server has let go of a client that is dead. */
async function untilGone(applicationName: string): Promise<void> {
  const sql = 'SELECT FROM pg_stat_activity WHERE application_name = ?';
  while ((await knex.raw<{ rows: unknown[] }>(sql, [applicationName])).rows.length > 0);
}

/** The copies of a read model with what the table in use has, of one moment. */
async function inUse(
  name: string,
): Promise<{ live: Copy | undefined; isSecond: boolean; rows: Map<string, number[]>; positions: Map<string, number> }> {
  return await knex.transaction(async (trx: Knex.Transaction) => {
    const live = (await readCopies(trx, schema, [name])).find(({ status }) => status === 'live');
    const exists = await trx.schema.hasTable(name);
    const isSecond = exists && (await trx.schema.hasColumn(name, 'second'));
    const rows = exists ? await trx<{ id: string; seen: number[] }>(name).select('id', 'seen') : [];
    const positions = (await trx('maestro_positions').where({ copy: live?.id ?? 0 })) as {
      aggregate_id: Buffer;
      sequence: number;
    }[];
    return {
      live: exists === (live !== undefined) ? live : undefined,
      isSecond,
      rows: new Map(rows.map(({ id, seen }) => [id, seen])),
      positions: new Map(
        positions.flatMap(({ aggregate_id: id, sequence }) => (sequence === 0 ? [] : [[id.toString('hex'), sequence]])),
      ),
    };
  });
}

test.serial(
  'a process that is killed at any step of making, rebuilding or switching a read model leaves none of it half done, and the next worker goes on',
  async (t) => {
    // With all points it takes as long as it takes.
    if (isFull) t.timeout(60 * 60_000);
    const relay = await countingRelay(Number(new URL(testUrl()).port));
    t.teardown(() => relay.close());
    const start = (name: string, ids: readonly Timestamp[]) => {
      const url = new URL(testUrl());
      url.port = String(relay.port);
      url.searchParams.set('application_name', name);
      return processes.start(url.href, schema, name, ...ids.map(({ hex }) => hex));
    };
    // Once without a kill, to know how many pieces there are, and which belong to what.
    relay.watch(0, 'after', () => {});
    const whole = start('whole', await someAggregates());
    const steps: [string, number][] = [];
    for (let line = await whole.line(); line !== undefined; line = await whole.line()) steps.push([line, relay.passed]);
    t.deepEqual(
      steps.map(([step]) => step),
      ['registered', 'filled', 'building', 'built', 'switched', '1'],
    );
    const pieces = relay.passed;
    const middles = steps.map(([, end], index) => ((steps[index - 1]?.[1] ?? 0) + end) >> 1);
    const chosen = isFull
      ? Array.from({ length: pieces }, (_, index) => index + 1)
      : [middles[0], middles[2], (steps[4]?.[1] ?? 0) - 8, middles[5]];
    const seen = { nothing: 0, first: 0, second: 0 };
    for (const [round, piece = 0] of chosen.entries()) {
      const name = `killed_${round}`;
      const ids = await someAggregates();
      const child = start(name, ids);
      await new Promise<void>((resolve) =>
        relay.watch(piece, piece % 2 === 0 ? 'before' : 'after', () => resolve(child.kill())),
      );
      await untilGone(name);
      const left = await inUse(name);
      const at = `${piece} of ${pieces}`;
      seen[left.live === undefined ? 'nothing' : left.isSecond ? 'second' : 'first'] += 1;
      t.is(left.live?.version, left.isSecond ? 2 : left.live && 1, at);
      // Every row is what the copy in use has taken in, no more and no less.
      t.deepEqual(
        [...left.rows].toSorted(),
        [...left.positions].map(([id, sequence]) => [id, upTo(sequence)] as const).toSorted(),
        at,
      );

      const worker = startWorker(t, database, [aVersion(name, 2)]);
      await worker.caughtUp();
      while ((await readCopies(knex, schema, [name])).some(({ status }) => status !== 'live'));
      await worker.stop();
      t.deepEqual(worker.errors, []);
      const after = await inUse(name);
      t.is(after.live?.version, 2);
      for (const { hex } of ids) t.deepEqual([after.isSecond, after.rows.get(hex)], [true, upTo(EVENTS)], at);
      t.deepEqual(await buildSchemasOf(knex, schema), [], at);
      t.deepEqual(
        (
          await knex('maestro_positions').whereNotIn(
            'copy',
            (await readCopies(knex, schema)).map(({ id }) => id),
          )
        ).length,
        0,
        at,
      );
    }
    figure(
      'a read model whose process is killed at each step',
      `${chosen.length} points of ${pieces}: nothing was made yet ${seen.nothing} times, the first version in use ${seen.first}, the second ${seen.second}; 0 half; the next worker went on to the end each time`,
    );
  },
);

function upTo(sequence: number): number[] {
  return Array.from({ length: sequence }, (_, index) => index + 1);
}
