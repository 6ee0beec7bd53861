import { checkSchemaName, qualified } from './schema-name.js';
import { preparedStatement, type Statement } from './driver/statement.js';

/** The SQL of the store for one schema. Values are always bindings; only the checked schema name is part of the text. */
export interface Statements {
  /** (timestamp, aggregate id, sequence, type, body) → the row of one event. */
  readonly insertEvent: Statement;
  /** Five columns of events, each a text → their rows, all or none, in one round trip however many there are. */
  readonly insertEvents: Statement;
  /** Like `insertEvents`, returning the stored rows. */
  readonly insertEventsReturning: Statement;
  /** Like `insertEvents`, but fails after a short wait for another transaction's lock. */
  readonly insertEventsUnlessLocked: Statement;
  /** The bindings of `insertEvent`, then those of a command → both rows, or none, and an error when a row is dropped. */
  readonly insertEventAndCommand: Statement;
  /** Five columns of events, five of commands, the numbers of both → all rows, or none, and an error when rows are dropped. */
  readonly insertEventsAndCommands: Statement;
  /** Like `insertEventsAndCommands`, but fails after a short wait for another transaction's lock. */
  readonly insertEventsAndCommandsUnlessLocked: Statement;
  /** Five columns of commands → their rows, all or none. */
  readonly insertCommands: Statement;
  /** (aggregate id, command id) → the command that was carried out. */
  readonly selectCommand: Statement;
  /** (aggregate id, array of sequences) → the timestamps and sequences that are stored there. */
  readonly storedAt: Statement;
  /** (array of timestamps) → those that are in the log. */
  readonly takenTimestamps: Statement;
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

/** Longest wait of a group of commits for another transaction's lock, in milliseconds. */
const GROUP_PATIENCE = 100;
const built = new Map<string, Statements>();

/** Builds {@link Statements}. Throws `InvalidArgumentError` for a schema name that is not one. */
export function statementsFor(schema: string): Statements {
  let statements = built.get(schema);
  if (statements === undefined) built.set(schema, (statements = build(schema)));
  return statements;
}

/** Parts of statements that insert rows, each with its bindings in the order of the columns. */
interface Insertions {
  /** One event: its row as five bindings. */
  readonly event: string;
  /** Many events: five columns, each a text. */
  readonly events: string;
  /** Commands: five columns, each a text. */
  readonly commands: string;
}

/** The parts of statements that insert rows. The schema's name has been checked. */
function insertions(schema: string): Insertions {
  const insert = `INSERT INTO ${qualified(schema, 'event_log')} ("timestamp", aggregate_id, sequence, type, body)`;
  return {
    event: `${insert} VALUES (decode(?, 'hex'), decode(?, 'hex'), ?::integer, ?::text, ?::text::jsonb)`,
    events: `${insert}
SELECT decode(e.t, 'hex'), decode(e.a, 'hex'), e.s, e.y, e.b::jsonb
FROM unnest(${list("','")}, ${list("','")}, ${list("','")}::integer[], ${list("E'\\n'")}, ${list("E'\\n'")}) AS e(t, a, s, y, b)`,
    // Columns that are unnested side by side cost less than a function in FROM. Ids may hold any separator, so they come as JSON.
    commands: `${insertCommand(schema)}
SELECT decode(unnest(${list("','")}), 'hex'), json_array_elements_text(?::text::json), decode(unnest(${list("','")}), 'hex'),
  unnest(${list("','")}::integer[]), unnest(${list("','")}::integer[])`,
  };
}

function insertCommand(schema: string): string {
  return `INSERT INTO ${qualified(schema, 'maestro_commands')} (aggregate_id, command_id, digest, first_sequence, last_sequence)`;
}

/** An array of texts as one binding. */
function list(separator: string): string {
  return `string_to_array(?::text, ${separator})`;
}

function build(schema: string): Statements {
  const log = qualified(checkSchemaName(schema), 'event_log');
  const snapshots = qualified(schema, 'snapshots');
  const commands = qualified(schema, 'maestro_commands');
  const { event, events, commands: insertCommands } = insertions(schema);
  const setPatience = `(SELECT set_config('lock_timeout', '${GROUP_PATIENCE}ms', true)) AS patience`;
  const patience = `, ${setPatience}`;
  const upsert = `INSERT INTO ${snapshots} AS stored (aggregate_id, sequence, body) VALUES (?::bytea, ?::integer, ?::text::jsonb)
ON CONFLICT (aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence, body = EXCLUDED.body
WHERE stored.sequence < EXCLUDED.sequence`;
  return {
    insertEvent: preparedStatement(event),
    insertEvents: preparedStatement(events),
    insertEventsReturning: preparedStatement(`${events}\nRETURNING ${EVENT_COLUMNS}`),
    insertEventsUnlessLocked: preparedStatement(`${events}${patience}`),
    // The command is inserted for the event that was, so one count tells whether both were.
    insertEventAndCommand:
      preparedStatement(`WITH events AS (${event} RETURNING 1), commands AS (${insertCommand(schema)}
SELECT decode(?, 'hex'), ?::text, decode(?, 'hex'), ?::integer, ?::integer FROM events RETURNING 1) SELECT 1 / count(*) FROM commands`),
    insertEventsAndCommands: preparedStatement(together(events, insertCommands)),
    insertEventsAndCommandsUnlessLocked: preparedStatement(
      together(`${events}${patience}`, `${insertCommands}\nFROM ${setPatience}`),
    ),
    insertCommands: preparedStatement(insertCommands),
    selectCommand: preparedStatement(
      `SELECT encode(digest, 'hex'), first_sequence, last_sequence FROM ${commands} WHERE aggregate_id = ? AND command_id = ?::text`,
    ),
    storedAt: preparedStatement(
      `SELECT encode("timestamp", 'hex'), sequence FROM ${log} WHERE aggregate_id = ? AND sequence = ANY (?::text::integer[])`,
    ),
    takenTimestamps: preparedStatement(
      `SELECT encode("timestamp", 'hex') FROM ${log} WHERE "timestamp" = ANY (?::text::bytea[])`,
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

/**
 * Both inserts in one statement, the events first. It fails as a whole, with a division by zero, when a trigger, rule or policy
 * drops a row: events without their command would be committed again when the command is repeated.
 */
function together(events: string, commands: string): string {
  return `WITH events AS (${events} RETURNING 1), commands AS (${commands} RETURNING 1)
SELECT 1 / ((SELECT count(*) FROM events) = ?::integer AND (SELECT count(*) FROM commands) = ?::integer)::integer`;
}
