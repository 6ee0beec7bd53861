import { driverOf } from '../../driver/driver-of.js';
import type { Layout } from '../../layout/layout.js';
import { type Executor, execute, query } from '../../read/rows.js';
import { USUAL_TABLESPACE } from './make-copy.js';
import type { Places } from './places.js';

/** The statements that make those indexes of the copy that are still missing: the layout's own, then those of others on the log. */
export async function missingIndexes(on: Executor, { log, copy }: Places, { parts }: Layout): Promise<string[]> {
  const [names] = await query<[string, string, boolean, boolean]>(on, NAMES, [log, log, copy, copy]);
  const [key = 'event_log_pkey', sequence = 'aggregate_sequence_index', hasKey, hasSequence] = names ?? [];
  const columns = parts === 1 ? '"timestamp"' : 'aggregate_id, "timestamp"';
  const partitions = await query<[string]>(on, PARTITIONS, [copy]);
  const others = await query<[string, string]>(on, OTHERS, [log, copy]);
  return [
    ...(hasKey ? [] : [`ALTER TABLE ${copy} ADD CONSTRAINT ${key} PRIMARY KEY (${columns})`]),
    ...partitions.map(([partition]) => `CREATE UNIQUE INDEX ON ${partition} ("timestamp")`),
    ...(hasSequence ? [] : [`CREATE UNIQUE INDEX ${sequence} ON ${copy} (aggregate_id, sequence)`]),
    ...others.map(([name, rest]) => `CREATE INDEX ${name} ON ${copy} ${rest}`),
  ];
}

/** Makes the missing indexes of the copy, which nobody else uses yet, each in a transaction of its own. */
export async function makeIndexes(
  on: Executor,
  places: Places,
  target: Layout,
  tell: (statement: string) => void,
): Promise<void> {
  for (const statement of await missingIndexes(on, places, target)) {
    tell(statement);
    await driverOf(on).transaction(async (transaction) => {
      await execute(transaction, USUAL_TABLESPACE);
      await execute(transaction, statement);
    });
  }
}

const UNIQUE_ON_SEQUENCE = `i.indisunique AND i.indisvalid AND i.indpred IS NULL AND i.indnatts = 2
  AND trim('"' FROM pg_get_indexdef(i.indexrelid, 1, false)) = 'aggregate_id' AND trim('"' FROM pg_get_indexdef(i.indexrelid, 2, false)) = 'sequence'`;

/** The names of the two keys of the log, and whether the copy has them. */
const NAMES = `SELECT (SELECT quote_ident(conname) FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype = 'p'),
(SELECT quote_ident(min(x.relname::text)) FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid WHERE i.indrelid = to_regclass(?) AND ${UNIQUE_ON_SEQUENCE}),
EXISTS (SELECT FROM pg_constraint WHERE conrelid = to_regclass(?) AND contype = 'p'),
EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = to_regclass(?) AND ${UNIQUE_ON_SEQUENCE})`;

/** The partitions of the copy that have no unique index on their timestamps. */
const PARTITIONS = `SELECT h.inhrelid::regclass::text FROM pg_inherits AS h WHERE h.inhparent = to_regclass(?)
AND NOT EXISTS (SELECT FROM pg_index AS i WHERE i.indrelid = h.inhrelid AND i.indisunique AND i.indisvalid AND i.indnatts = 1
  AND pg_get_indexdef(i.indexrelid, 1, false) LIKE '%timestamp%') ORDER BY h.inhrelid`;

/** Indexes of others on the log that the copy does not have: their names, and their definitions after the name of the table. */
const OTHERS = `SELECT quote_ident(x.relname), substr(pg_get_indexdef(i.indexrelid), strpos(pg_get_indexdef(i.indexrelid), ' USING ') + 1)
FROM pg_index AS i JOIN pg_class AS x ON x.oid = i.indexrelid
WHERE i.indrelid = to_regclass(?) AND NOT i.indisunique AND i.indisvalid AND NOT EXISTS (
  SELECT FROM pg_index AS own JOIN pg_class AS o ON o.oid = own.indexrelid WHERE own.indrelid = to_regclass(?) AND o.relname = x.relname)
ORDER BY x.relname`;
