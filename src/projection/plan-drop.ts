import type { Knex } from 'knex';
import { copyActivity } from '../store/positions/copy-activity.js';
import { projectionTables } from '../store/projection-tables.js';
import { withReadRetry } from '../store/read/read-retry.js';
import { query } from '../store/read/rows.js';
import { type Copy, readCopies } from './copies/copy.js';

/** A copy of a projection or subscription, with what goes when it is dropped. */
export interface DroppedCopy extends Pick<Copy, 'version' | 'kind' | 'status'> {
  /** The tables that `setUp` made, with their schema. */
  readonly tables: readonly string[];
  /** Number of aggregates of which it knows how far it is. */
  readonly positions: number;
  /** Number of workers that fill it. */
  readonly workers: number;
}

/** The copies of a name with what dropping them removes, the oldest first: also those that were replaced and are not yet removed. */
export async function planDrop(knex: Knex, schema: string, name: string): Promise<DroppedCopy[]> {
  const activities = await copyActivity(knex, schema, [name]);
  const plan: DroppedCopy[] = [];
  for (const copy of await readCopies(knex, schema, [name])) {
    const { id, version, kind, status } = copy;
    const positions = await countPositions(knex, schema, id);
    plan.push({ version, kind, status, tables: tablesOf(copy), positions, workers: activities.get(id)?.workers ?? 0 });
  }
  return plan;
}

async function countPositions(knex: Knex, schema: string, copy: number): Promise<number> {
  const sql = `SELECT count(*)::text FROM ${projectionTables(schema).positions} WHERE copy = ?`;
  const [row] = await withReadRetry(() => query<[string]>(knex, sql, [copy]));
  return Number(row?.[0]);
}

function tablesOf({ liveSchema, buildSchema, status, tables }: Copy): string[] {
  const schema = buildSchema ?? (status === 'retired' ? undefined : liveSchema);
  return schema === undefined ? [] : tables.map((table) => `${schema}.${table}`);
}
