import { onShards } from '../../store/layout/on-shards.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { lagSlices, type PositionLag } from '../../store/positions/lag-slices.js';
import type { SliceSize } from '../../store/positions/log-slice.js';
import { projectionTables } from '../../store/projection-tables.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import type { EventLog } from '../log/event-log.js';
import { traitsAt } from '../log/log-traits.js';
import { select } from '../log/select.js';
import { counted } from '../../text/figures.js';

/** Bounds of a comparison of positions with the log. */
export interface ComparisonBound {
  /** Milliseconds after which no further slice of the log is read. */
  readonly patience: number;
  /** @defaultValue what suits the database */
  readonly size?: SliceSize;
}

/** Enough for more than a million aggregates. */
const BOUND: ComparisonBound = { patience: 10_000 };

/** The distance of copies from the log. */
export interface Comparison {
  readonly lags: ReadonlyMap<number, PositionLag>;
  /** Part of the log that was compared; absent when it was all of it. */
  readonly part: string | undefined;
}

/** Compares the positions of copies with the log, as far as the bound allows. */
export async function comparePositions(
  log: EventLog,
  copies: readonly number[],
  { patience, size }: ComparisonBound = BOUND,
): Promise<Comparison> {
  const { knex, schema = DEFAULT_SCHEMA } = log;
  const deadline = performance.now() + patience;
  let lags: ReadonlyMap<number, PositionLag> = new Map();
  for await (const slice of lagSlices(knex, schema, copies, size)) {
    ({ lags } = slice);
    if (!slice.isWhole && performance.now() >= deadline) return { lags, part: await partOf(log, slice.events) };
  }
  return { lags, part: undefined };
}

/** A number of events, with the part of the log that this is, if the planner of the database has an idea of its size. */
async function partOf(log: EventLog, events: number): Promise<string> {
  const all = await assumedEvents(log);
  const share = all > events ? `, about ${Math.min(99, Math.round((100 * events) / all))} %` : '';
  return `${counted(events, 'event')}${share}`;
}

/** The number of events as the planner has it; 0 or less when it has no idea. */
async function assumedEvents(log: EventLog): Promise<number> {
  const table = projectionTables(log.schema ?? DEFAULT_SCHEMA).log;
  if ((await traitsAt(log)).rowsIn === 'shards') {
    const sql = "SELECT greatest(reltuples, 0) FROM pg_class WHERE oid = '%1$s'::regclass";
    const answers = await withReadRetry(() => onShards(log.knex, table, sql), log.knex);
    return answers.reduce((sum, { answer }) => sum + Number(answer), 0);
  }
  const [[all] = [-1]] = await select<[number]>(
    log,
    `SELECT sum(reltuples)::float8 FROM pg_class, (SELECT to_regclass(?)::oid AS id) AS log
WHERE relkind = 'r' AND reltuples > 0 AND (oid = log.id OR oid IN (SELECT inhrelid FROM pg_inherits WHERE inhparent = log.id))
HAVING count(*) > 0`,
    [table],
  );
  return all;
}
