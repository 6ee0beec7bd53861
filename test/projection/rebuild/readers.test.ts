import test from 'ava';
import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';
import { registerCopy } from '../../../src/projection/copies/register-copy.js';
import { startRebuild } from '../../../src/projection/rebuild/start-rebuild.js';
import { switchCopy } from '../../../src/projection/rebuild/switch-copy.js';
import { aHistory, anId } from '../../support/data/factories.js';
import { aVersion, fill, useReadModels } from '../../support/projection/read-models.js';

const database = useReadModels(test);
const { schema, knex } = database;
const store = database.store();

type Row = { id: string; seen: number[]; second?: boolean };

/** Faults of what one query has read: rows that are no beginning of a history, of two versions, or fewer than there were before. */
function faultsOf(rows: readonly Row[], before: Map<string, number>, isExact: boolean): string[] {
  const faults = rows.flatMap(({ id, seen }) => {
    const isPrefix = seen.every((sequence, index) => sequence === index + 1);
    const isOlder = isExact && seen.length < (before.get(id) ?? 0);
    before.set(id, Math.max(seen.length, before.get(id) ?? 0));
    return isPrefix && !isOlder ? [] : [`${id}: ${seen.join()} after ${before.get(id)}`];
  });
  if (rows.length < AGGREGATES) faults.push(`${rows.length} rows`);
  if (new Set(rows.map(({ second }) => second)).size > 1) faults.push('two versions');
  return faults;
}

const AGGREGATES = 20;

test.serial('queries of the application go on through a switch, and see the old tables or the new ones', async (t) => {
  const name = 'read_on';
  const [first, second] = [aVersion(name, 1), aVersion(name, 2)];
  const ids = Array.from({ length: AGGREGATES }, anId);
  const committed = new Map<string, number>(ids.map(({ hex }) => [hex, 0]));
  const commit = async (id: Timestamp) => {
    const after = committed.get(id.hex) ?? 0;
    await store.commitEvents(aHistory(id, after + 2).slice(after));
    committed.set(id.hex, after + 2);
  };
  for (const id of ids) await commit(id);
  const [live] = await registerCopy(knex, schema, first);
  if (live === undefined) throw new Error('no copy');
  await fill(database, live, first, ids);

  let isOver = false;
  const faults: string[] = [];
  const versions = new Set<boolean>();
  const reads = { committed: 0, repeatable: 0 };
  const note = (rows: readonly Row[], before: Map<string, number>, isExact: boolean) => {
    faults.push(...faultsOf(rows, before, isExact));
    versions.add(rows[0]?.second ?? false);
  };
  const readCommitted = async (read: (on: Knex) => Promise<Row[]>) => {
    const before = new Map<string, number>();
    while (!isOver) {
      note(await read(knex), before, true);
      reads.committed += 1;
    }
  };
  const repeatable = async () => {
    while (!isOver) {
      await knex.transaction(
        async (trx) => {
          // The snapshot is there before the table is named.
          await trx.raw('SELECT 1 FROM maestro_projections LIMIT 1');
          await trx.raw('SELECT pg_sleep(0.005)');
          const [rows, again] = [await trx<Row>(name), await trx<Row>(name)];
          note(rows, new Map(), false);
          t.deepEqual(again, rows, 'one moment');
        },
        { isolationLevel: 'repeatable read' },
      );
      reads.repeatable += 1;
    }
  };
  const writing = async () => {
    for (let index = 0; !isOver; index += 1) {
      const id = ids[index % ids.length] as Timestamp;
      await commit(id);
      await fill(database, live, first, [id]);
    }
  };
  const prepared = (on: Knex) => on<Row>(name).select();
  const byFunction = async (on: Knex) =>
    (await on.raw<{ rows: Row[] }>(`SELECT * FROM "${name}" WHERE seen <> '{}'`)).rows;
  const others = Promise.all([
    readCommitted(prepared),
    readCommitted(byFunction),
    repeatable(),
    repeatable(),
    writing(),
  ]);
  const watched = others.catch((error: unknown) => faults.push(String(error)));

  const building = await startRebuild(knex, schema, second);
  if (building === undefined) throw new Error('no copy');
  let outcome = '';
  while (outcome !== 'switched') {
    await fill(database, building, second, ids);
    outcome = await switchCopy(knex, schema, second, building);
  }
  const at = { ...reads };
  // Each kind of reader has seen the new tables, too.
  while (faults.length === 0 && (reads.committed < at.committed + 4 || reads.repeatable < at.repeatable + 4))
    await fill(database, { ...building, status: 'live', buildSchema: undefined }, second, ids);
  isOver = true;
  await watched;

  t.deepEqual(faults, []);
  t.deepEqual(versions, new Set([false, true]));
  await fill(database, { ...building, status: 'live', buildSchema: undefined }, second, ids);
  const rows = await knex<Row>(name);
  t.deepEqual(Object.fromEntries(rows.map(({ id, seen }) => [id, seen.length])), Object.fromEntries(committed));
});
