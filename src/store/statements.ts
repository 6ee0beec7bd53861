import { checkSchemaName, qualified } from './schema-name.js';
import { preparedStatement, type Statement } from './driver/statement.js';

/** The SQL of the store for one schema, besides that of inserts of events and commands, which `commit/forms/` has. Values are always bindings; only the checked schema name is part of the text. */
export interface Statements {
  /** (aggregate id, command id) → the command that was carried out. */
  readonly selectCommand: Statement;
  /** (aggregate id, array of sequences) → the timestamps and sequences that are stored there. */
  readonly storedAt: Statement;
  /** (array of timestamps) → those that are in the log. */
  readonly takenTimestamps: Statement;
  /** (array of timestamps, array of aggregate ids) → those of the timestamps that events of these aggregates have, with the aggregate. */
  readonly takenTimestampsWithin: Statement;
  /** (aggregate id, sequence, body) → one row is written when the snapshot is newer, else none. */
  readonly upsertSnapshot: Statement;
  /** Like `upsertSnapshot`, returning the stored row. */
  readonly upsertSnapshotReturning: Statement;
  /** (aggregate id, first sequence, last sequence) → the snapshot in that range. */
  readonly selectSnapshot: Statement;
  /**
   * (aggregate id, largest sequence, aggregate id, timestamp, timestamp) → its last event, and its latest between the
   * two timestamps.
   */
  readonly lastEvents: string;
  /** The columns of an event and where they come from; conditions and order follow. */
  readonly selectEvents: string;
  /** The columns of the events of one known aggregate, unconverted: the server prints them as text anyway. */
  readonly selectHistory: string;
}

/** The columns of an `EventRow`. */
export const EVENT_COLUMNS = `encode("timestamp", 'hex'), encode(aggregate_id, 'hex'), sequence, type, body::text`;

const built = new Map<string, Statements>();

/** Builds {@link Statements}. Throws `InvalidArgumentError` for a schema name that is not one. */
export function statementsFor(schema: string): Statements {
  let statements = built.get(schema);
  if (statements === undefined) built.set(schema, (statements = build(schema)));
  return statements;
}

function build(schema: string): Statements {
  const log = qualified(checkSchemaName(schema), 'event_log');
  const snapshots = qualified(schema, 'snapshots');
  const commands = qualified(schema, 'maestro_commands');
  const upsert = `INSERT INTO ${snapshots} AS stored (aggregate_id, sequence, body) VALUES (?::bytea, ?::integer, ?::text::jsonb)
ON CONFLICT (aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence, body = EXCLUDED.body
WHERE stored.sequence < EXCLUDED.sequence`;
  return {
    selectCommand: preparedStatement(
      `SELECT encode(digest, 'hex'), first_sequence, last_sequence FROM ${commands} WHERE aggregate_id = ? AND command_id = ?::text`,
    ),
    storedAt: preparedStatement(
      `SELECT encode("timestamp", 'hex'), sequence FROM ${log} WHERE aggregate_id = ? AND sequence = ANY (?::text::integer[])`,
    ),
    takenTimestamps: preparedStatement(
      `SELECT encode("timestamp", 'hex') FROM ${log} WHERE "timestamp" = ANY (?::text::bytea[])`,
    ),
    // Of a cast from text it would not be seen which shards they are in, so the binding has the type of the array.
    takenTimestampsWithin: preparedStatement(
      `SELECT encode("timestamp", 'hex'), encode(aggregate_id, 'hex') FROM ${log}
WHERE "timestamp" = ANY (?::text::bytea[]) AND aggregate_id = ANY (?::bytea[])`,
    ),
    upsertSnapshot: preparedStatement(upsert),
    upsertSnapshotReturning: preparedStatement(`${upsert}\nRETURNING sequence, body::text`),
    selectSnapshot: preparedStatement(`SELECT aggregate_id, sequence, body::text FROM ${snapshots}
WHERE aggregate_id = ? AND sequence BETWEEN ? AND ?`),
    lastEvents: `SELECT encode(last."timestamp", 'hex'), last.sequence, encode(ahead."timestamp", 'hex'), ahead.sequence
FROM (SELECT "timestamp", sequence FROM ${log} WHERE aggregate_id = ? AND sequence BETWEEN 1 AND ? ORDER BY sequence DESC LIMIT 1) AS last
LEFT JOIN (SELECT "timestamp", sequence FROM ${log} WHERE aggregate_id = ? AND "timestamp" > ? AND "timestamp" <= ?
  ORDER BY "timestamp" DESC LIMIT 1) AS ahead ON true`,
    selectEvents: `SELECT ${EVENT_COLUMNS} FROM ${log}`,
    selectHistory: `SELECT "timestamp", sequence, type, body FROM ${log}`,
  };
}
