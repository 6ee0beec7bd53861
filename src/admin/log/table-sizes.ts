import { onShards } from '../../store/layout/on-shards.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import type { EventLog } from './event-log.js';
import { traitsAt } from './log-traits.js';
import { WITH_LOG_TABLES } from './log-tables.js';
import { select } from './select.js';

/** Bytes on disk of a table, of all its partitions or shards together. */
export interface TableSize {
  /** The rows alone. */
  readonly rows: number;
  /** The rows with all that is kept beside them but indexes. */
  readonly table: number;
  readonly indexes: number;
}

const SIZES =
  'SELECT coalesce(sum(pg_relation_size(relid)), 0)::text, coalesce(sum(pg_table_size(relid)), 0)::text, coalesce(sum(pg_indexes_size(relid)), 0)::text';

/** The size of a table of a log, by its name as it is written in SQL; 0 for a table that is not there. */
export async function tableSize(log: EventLog, table: string): Promise<TableSize> {
  const parts = await partSizes(log, table);
  const sum = (part: keyof TableSize) => parts.reduce((total, size) => total + size[part], 0);
  return { rows: sum('rows'), table: sum('table'), indexes: sum('indexes') };
}

async function partSizes(log: EventLog, table: string): Promise<TableSize[]> {
  if ((await traitsAt(log)).rowsIn === 'relations here') {
    const rows = await select<SizeRow>(log, `${WITH_LOG_TABLES} ${SIZES} FROM tables`, [table, table]);
    return rows.map((row) => sizeOf(row));
  }
  const sql = "SELECT concat_ws(' ', pg_relation_size('%1$s'), pg_table_size('%1$s'), pg_indexes_size('%1$s'))";
  const answers = await withReadRetry(() => onShards(log.knex, table, sql), log.knex);
  return answers.map(({ answer }) => sizeOf(answer.split(' ')));
}

type SizeRow = readonly [rows: string, table: string, indexes: string];

function sizeOf([rows, table, indexes]: readonly string[]): TableSize {
  return { rows: Number(rows), table: Number(table), indexes: Number(indexes) };
}
