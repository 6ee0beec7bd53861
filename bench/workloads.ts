import knexFactory from 'knex';
import pg from 'pg';
import { addPathIndex, migrate } from '../dist/src/index.js';
import type { Contender, Place } from './contenders/contender.js';
import { openEmmett } from './contenders/emmett.js';
import { openMaestro } from './contenders/maestro.js';
import { openNaiveKnex } from './contenders/naive-knex.js';
import { openRawPg } from './contenders/raw-pg.js';
import { inChild } from './in-child.js';
import { fillLog } from './large-log.js';
import type { Workload } from './measure.js';
import { coldHydrates, commandsWithIds, parallelCommands, sequentialCommands } from './workloads/aggregates.js';
import { bulkLoad } from './workloads/bulk.js';
import { contention } from './workloads/contention.js';
import { firstAggregates, searchOfAnHour } from './workloads/large.js';
import { readModels } from './workloads/read-models.js';
import { longReads, shortReads } from './workloads/reads.js';
import { startUps } from './workloads/startup.js';
import { idleWorkers, sweep } from './workloads/sweep.js';
import { concurrentCommits, largeCommits, singleCommits, snapshotCommits, spreadCommits } from './workloads/writes.js';

/** Number of connections that each contender may open. */
const CONNECTIONS = 16;
/** Number of events that read models catch up with. */
const MODEL_EVENTS = 1_000_000;
/** Number of partitions of P1. */
const PARTITIONS = 16;

/** The wanted workloads, and the size of the large log in events. */
export interface Choice {
  readonly events: number;
  readonly isWanted: (id: string) => boolean;
}

/** The wanted workloads, each prepared only when it is its turn. */
export async function* workloads(url: string, { events, isWanted }: Choice): AsyncGenerator<Workload> {
  if (['W', 'R', 'S1', 'C1', 'E1', 'E2', 'H1', 'X1'].some((kind) => anyWanted(kind, isWanted)))
    yield* onEmptyLog(url, isWanted);
  if (anyWanted('M', isWanted)) yield* readModels(url, { events: MODEL_EVENTS, isWanted });
  if (isWanted('I1')) yield* besideIndex(url);
  if (isWanted('G1')) yield* onLargeLog('G1', url, 'bench_large', 1, events);
  if (isWanted('P1')) yield* onLargeLog('P1', url, 'bench_partitioned', PARTITIONS, events);
  if (anyWanted('J', isWanted)) yield* besidePositions(url, Math.ceil(events / 5), isWanted);
}

function anyWanted(kind: string, isWanted: Choice['isWanted']): boolean {
  return ['', '1', '2', '3', '4'].some((number) => isWanted(`${kind}${number}`));
}

async function* onEmptyLog(url: string, isWanted: Choice['isWanted']): AsyncGenerator<Workload> {
  const place: Place = { url, schema: 'bench', connections: CONNECTIONS };
  await migrated(url, 'bench', 1);
  const maestro = openMaestro(place);
  const raw = openRawPg(place);
  const all: Contender[] = [maestro, raw, openNaiveKnex(place), await openEmmett(place)];
  try {
    if (isWanted('W1')) yield singleCommits(all, raw);
    if (isWanted('W2')) {
      yield concurrentCommits(all, raw);
      yield spreadCommits(all, raw);
    }
    if (isWanted('W3')) yield largeCommits(all);
    if (isWanted('W4')) {
      const bulk = await bulkLoad(all, raw, url);
      yield bulk.workload;
      await bulk.close();
    }
    if (isWanted('R1')) yield await shortReads(all);
    if (isWanted('R2')) for (const way of ['array', 'stream'] as const) yield await longReads(all, place, way);
    if (isWanted('S1')) yield snapshotCommits(all);
    if (isWanted('C1'))
      yield await contention(
        all.map(({ name }) => name),
        place,
      );
    if (isWanted('E1')) {
      yield sequentialCommands(maestro, raw);
      yield parallelCommands(maestro, raw);
    }
    if (isWanted('E2'))
      for (const isParallel of [false, true]) yield commandsWithIds(maestro, raw, place.schema, isParallel);
    if (isWanted('H1'))
      for (const withSnapshot of [false, true]) yield await coldHydrates(maestro, raw, place.schema, withSnapshot);
    if (isWanted('X1')) {
      const startUp = await startUps(maestro, place);
      yield* startUp.workloads;
      startUp.close();
    }
  } finally {
    for (const contender of all) await contender.close();
  }
}

/** I1: W1 and W2 on a log with an index on a value that is another in each body, the floor's too. */
async function* besideIndex(url: string): AsyncGenerator<Workload> {
  const place: Place = { url, schema: 'bench_indexed', connections: CONNECTIONS };
  await migrated(url, place.schema, 1);
  const knex = knexFactory({ client: 'pg', connection: url });
  await addPathIndex(knex, '$.n', place);
  await knex.destroy();
  const raw = openRawPg(place);
  const all: Contender[] = [openMaestro(place), raw];
  try {
    for (const workload of [singleCommits(all, raw), concurrentCommits(all, raw)])
      yield { ...workload, id: `I1 ${workload.id}` };
  } finally {
    for (const contender of all) await contender.close();
  }
}

/** W1, W2, R1 and two of the operator's commands on a log that is already large. */
async function* onLargeLog(
  id: string,
  url: string,
  schema: string,
  partitions: number,
  events: number,
): AsyncGenerator<Workload> {
  await migrated(url, schema, partitions);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await fillLog(client, schema, { events, aggregates: Math.ceil(events / 50) });
  await client.end();
  const place: Place = { url, schema, connections: CONNECTIONS };
  const knex = knexFactory({ client: 'pg', connection: url });
  const raw = openRawPg(place);
  const all: Contender[] = [openMaestro(place), raw, openNaiveKnex(place)];
  const log = { knex, schema };
  const named = (workload: Workload): Workload => ({ ...workload, id: `${id} ${workload.id}` });
  try {
    yield named(singleCommits(all, raw));
    yield named(concurrentCommits(all, raw));
    yield named(spreadCommits(all, raw));
    yield named(await shortReads(all));
    yield named(firstAggregates(log, raw));
    yield named(searchOfAnHour(log, raw));
  } finally {
    for (const contender of all) await contender.close();
    await knex.destroy();
  }
}

/** J1 and J2 on a log of as many aggregates as events, 1,000,000 by default. */
async function* besidePositions(
  url: string,
  aggregates: number,
  isWanted: Choice['isWanted'],
): AsyncGenerator<Workload> {
  const place: Place = { url, schema: 'bench_sweep', connections: CONNECTIONS };
  await migrated(url, place.schema, 1);
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await fillLog(client, place.schema, { events: aggregates, aggregates });
  const raw = openRawPg(place);
  try {
    // The first process makes the positions of a subscription that begins now.
    await inChild('sweep-log.mjs', [url, place.schema, '0']);
    await client.query(`VACUUM ANALYZE "${place.schema}".maestro_positions`);
    if (isWanted('J1')) yield sweep(url, place.schema, raw);
    if (isWanted('J2')) yield* idleWorkers(url, place.schema);
  } finally {
    await raw.close();
    await client.end();
  }
}

async function migrated(url: string, schema: string, partitions: number): Promise<void> {
  const knex = knexFactory({ client: 'pg', connection: url });
  await knex.raw(`DROP SCHEMA IF EXISTS "${schema}" CASCADE`);
  await migrate(knex, { schema, partitions });
  await knex.destroy();
}
