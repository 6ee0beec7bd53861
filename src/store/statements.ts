import { checkSchemaName, qualified } from './schema-name.js';

/** The SQL of the store for one schema. Values are always bindings; only the checked schema name is part of the text. */
export interface Statements {
  /** One JSON array of events → their rows, all or none, in one round trip however many there are. */
  readonly insertEvents: string;
  /** The same, returning the rows as they were stored. */
  readonly insertEventsReturning: string;
  /** (aggregate id, array of sequences) → the timestamps and sequences that are stored there. */
  readonly storedAt: string;
  /** (array of timestamps) → those that are in the log. */
  readonly takenTimestamps: string;
  /** (aggregate id, sequence, body) → a row when the snapshot was stored, none when it is not newer. */
  readonly upsertSnapshot: string;
  /** (aggregate id, first sequence, last sequence) → the snapshot in that range. */
  readonly selectSnapshot: string;
  /** The columns of an event and where they come from; conditions and order follow. */
  readonly selectEvents: string;
}

/** Builds {@link Statements}. Throws `InvalidArgumentError` for a schema name that is not one. */
export function statementsFor(schema: string): Statements {
  const log = qualified(checkSchemaName(schema), 'event_log');
  const snapshots = qualified(schema, 'snapshots');
  const insertEvents = `INSERT INTO ${log} ("timestamp", aggregate_id, sequence, type, body)
SELECT decode(e.t, 'hex'), decode(e.a, 'hex'), e.s, e.y, e.b
FROM json_to_recordset(?::text::json) AS e(t text, a text, s integer, y text, b jsonb)`;
  return {
    insertEvents,
    insertEventsReturning: `${insertEvents}
RETURNING "timestamp", aggregate_id, sequence, type, body::text`,
    storedAt: `SELECT "timestamp", sequence FROM ${log} WHERE aggregate_id = ? AND sequence = ANY (?::text::integer[])`,
    takenTimestamps: `SELECT "timestamp" FROM ${log} WHERE "timestamp" = ANY (?::text::bytea[])`,
    upsertSnapshot: `INSERT INTO ${snapshots} AS stored (aggregate_id, sequence, body) VALUES (?, ?, ?::text::jsonb)
ON CONFLICT (aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence, body = EXCLUDED.body
WHERE stored.sequence < EXCLUDED.sequence
RETURNING sequence, body::text`,
    selectSnapshot: `SELECT aggregate_id, sequence, body::text FROM ${snapshots}
WHERE aggregate_id = ? AND sequence BETWEEN ? AND ?`,
    selectEvents: `SELECT "timestamp", aggregate_id, sequence, type, body::text FROM ${log}`,
  };
}
