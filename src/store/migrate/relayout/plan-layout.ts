import type { Knex } from 'knex';
import { driverOf } from '../../driver/driver-of.js';
import { storeError } from '../../failures/database-errors.js';
import { fits, type Layout, partitioned } from '../../layout/layout.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { copyEvents } from './copy-events.js';
import { missingIndexes } from './indexes.js';
import { makeTables } from './make-copy.js';
import { type LayoutOptions, resolveLayoutOptions } from './options.js';
import { type Places, placesOf } from './places.js';
import { type Phase, readWork } from './progress-state.js';
import { lackingRights, refusals } from './refusals.js';
import { sharedTimestamps } from './shared-timestamps.js';
import { usableLayout } from './usable-layout.js';

/** A change of the layout as it would be done. */
export interface LayoutPlan {
  readonly from: Layout;
  readonly to: Layout;
  /** Whatever is in the way, a few words each; empty when nothing is. */
  readonly refusals: readonly string[];
  /** The work that was begun and not finished; absent for none. */
  readonly begun: { readonly to: Layout; readonly phase: Phase } | undefined;
  /** Number of events, by what PostgreSQL counted last, or counted now when it did not. */
  readonly events: number;
  /** Bytes that the log takes now, with its indexes: about as much the new one needs beside it, and up to three times as much goes through the WAL. */
  readonly bytes: number;
  /** An estimate of the time for copying and for indexes; absent when it was not measured. */
  readonly estimate: LayoutEstimate | undefined;
}

/** Times, estimated from a sample of events that was copied in a transaction and not kept. */
export interface LayoutEstimate {
  /** Number of events in the sample. */
  readonly sample: number;
  readonly copySeconds: number;
  readonly indexSeconds: number;
}

/** Number of events that are copied to know how long all take. */
const SAMPLE = 20_000;

/** Most partitions of the sample: more take about as long, and many locks at once. */
const MOST_PARTS = 16;

/** A reason to take all back. */
class Measured extends Error {}

/**
 * Plans a change of the layout: what is in the way, the room it needs, and, unless `measure` is false, the time it may take. Changes nothing: what is
 * measured is taken back.
 */
export async function planLayout(
  knex: Knex,
  { measure = true, ...options }: LayoutOptions & { readonly measure?: boolean },
): Promise<LayoutPlan> {
  const { schema, target } = resolveLayoutOptions(options);
  const places = placesOf(schema);
  try {
    const from = await usableLayout(knex, schema);
    const work = await readWork(knex, places);
    const isChange = !fits(from, target);
    const found = isChange
      ? [
          ...(await lackingRights(knex, places)),
          ...(await refusals(knex, places, target)),
          ...(await sharedTimestamps(knex, places, from)),
        ]
      : [];
    const isMeasured = measure && isChange && work === undefined && found.length === 0;
    const { events, bytes } = await sizeOf(knex, places);
    return {
      from,
      to: target,
      refusals: found,
      begun: work && { to: work.target, phase: work.phase },
      events,
      bytes,
      estimate: isMeasured ? await measured(knex, places, target, events) : undefined,
    };
  } catch (error) {
    throw storeError(error);
  }
}

async function sizeOf(on: Executor, { log }: Places): Promise<{ readonly events: number; readonly bytes: number }> {
  const [row] = await query<[string, string]>(
    on,
    `SELECT sum(pg_total_relation_size(c.oid))::text, CASE WHEN min(c.reltuples) FILTER (WHERE c.relkind = 'r') > 0
  THEN sum(c.reltuples) FILTER (WHERE c.relkind = 'r')::bigint ELSE (SELECT count(*) FROM ${log}) END::text
FROM pg_class AS c WHERE c.oid = to_regclass(?) OR EXISTS (SELECT FROM pg_inherits WHERE inhparent = to_regclass(?) AND inhrelid = c.oid)`,
    [log, log],
  );
  return { bytes: Number(row?.[0]), events: Number(row?.[1]) };
}

async function measured(
  knex: Knex,
  places: Places,
  target: Layout,
  events: number,
): Promise<LayoutEstimate | undefined> {
  let estimate: LayoutEstimate | undefined;
  const sampled = partitioned(Math.min(target.parts, MOST_PARTS));
  try {
    await driverOf(knex).transaction(async (transaction) => {
      await makeTables(transaction, places, sampled);
      await execute(transaction, 'SET LOCAL row_security = off');
      const start = performance.now();
      const { count: sample } = await copyEvents(transaction, places, undefined, SAMPLE);
      const copied = performance.now();
      for (const statement of await missingIndexes(transaction, places, sampled)) await execute(transaction, statement);
      const factor = events / Math.max(sample, 1) / 1000;
      estimate = {
        sample,
        copySeconds: (copied - start) * factor,
        indexSeconds: (performance.now() - copied) * factor,
      };
      throw new Measured();
    });
  } catch (error) {
    if (!(error instanceof Measured)) throw error;
  }
  return estimate;
}
