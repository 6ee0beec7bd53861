import { preparedStatement, type Statement } from '../../store/driver/statement.js';
import { recordingMoves } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { checkSchemaName, qualified } from '../../store/schema-name.js';

/** The SQL that locks and moves positions on one server, for one schema. */
export interface PositionStatements {
  /**
   * (copy, status, aggregate ids, ahead) → the aggregates whose positions are locked now, missing rows made, with the
   * sequence that their rows have; those that another transaction has are left out. `ahead`: a row that is made has the last sequence
   * of the log already. One row at least: the setting `lock_timeout` as it was, the schema that comes first in the search path, and the copy if
   * it has that status.
   */
  readonly lock: Statement;
  /**
   * (name, version, aggregate ids, aggregate ids, name) → the same for a commit, which waits: the positions in the live copy of that
   * version. One row at least: the number of copies with that name, the copy if it is there, and its schema if that is not first on the search
   * path, which comes last.
   */
  readonly lockForCommit: Statement;
  /**
   * (aggregate ids, sequences, copy, copy, aggregate ids) → sets positions, records where that is wanted that the second aggregates have
   * moved, and ends that they are parked.
   */
  readonly move: Statement;
}

/** Longest wait for the position of an aggregate that another transaction is taking in for the first time, in milliseconds. */
const PATIENCE = 5;
const built = new Map<string, PositionStatements>();

/** Builds {@link PositionStatements}. Throws `InvalidArgumentError` for a schema name that is not one. */
export function positionStatements(schema: string): PositionStatements {
  let statements = built.get(schema);
  if (statements === undefined) built.set(schema, (statements = build(checkSchemaName(schema))));
  return statements;
}

function build(schema: string): PositionStatements {
  const log = qualified(schema, 'event_log');
  const { projections, positions, parked } = projectionTables(schema);
  return {
    // Rows are locked and made in the order of aggregates. A row that is there but locked is skipped; one that another transaction
    // has made and not committed yet would be waited for, so that wait is short.
    // Each row is searched by its key, for the statistics know nothing of a table that is just being filled.
    lock: preparedStatement(`WITH patience AS MATERIALIZED (
  SELECT current_setting('lock_timeout') AS before, set_config('lock_timeout', '${PATIENCE}ms', true) AS now),
copy AS MATERIALIZED (SELECT id FROM ${projections} WHERE id = ?::integer AND status = ?::text),
given AS MATERIALIZED (SELECT aggregate_id FROM unnest(?::text::bytea[]) AS given(aggregate_id) ORDER BY aggregate_id),
locked AS (SELECT place.aggregate_id, place.sequence FROM given CROSS JOIN LATERAL (SELECT aggregate_id, sequence FROM ${positions}
  WHERE copy = (SELECT id FROM copy) AND aggregate_id = given.aggregate_id FOR UPDATE SKIP LOCKED) AS place),
made AS (INSERT INTO ${positions} (copy, aggregate_id, sequence)
  SELECT copy.id, given.aggregate_id, CASE WHEN ?::boolean THEN coalesce((SELECT log.sequence FROM ${log} AS log
    WHERE log.aggregate_id = given.aggregate_id AND log.sequence <= 2147483647 ORDER BY log.sequence DESC LIMIT 1), 0) ELSE 0 END
  FROM patience, copy, given
  WHERE (SELECT true FROM ${positions} AS found WHERE found.copy = copy.id AND found.aggregate_id = given.aggregate_id) IS NULL
  ORDER BY given.aggregate_id ON CONFLICT DO NOTHING RETURNING aggregate_id, sequence),
mine AS (SELECT aggregate_id, sequence, sequence AS stored FROM locked UNION ALL SELECT aggregate_id, 0, sequence FROM made)
SELECT patience.before, current_schema()::text, copy.id, encode(mine.aggregate_id, 'hex'), mine.sequence, mine.stored
FROM patience LEFT JOIN copy ON true LEFT JOIN mine ON true`),
    // A transaction that sees the log of its beginning could take a copy for live that was replaced since: then FOR SHARE refuses.
    lockForCommit: preparedStatement(`WITH copy AS MATERIALIZED (
  SELECT id, CASE WHEN live_schema IS DISTINCT FROM current_schema() THEN live_schema END AS elsewhere
  FROM ${projections} WHERE name = ?::text AND version = ?::integer AND status = 'live'),
kept AS (SELECT FROM ${projections} WHERE id IN (SELECT id FROM copy)
  AND current_setting('transaction_isolation') <> 'read committed' FOR SHARE),
locked AS (SELECT aggregate_id, sequence FROM ${positions}
  WHERE copy = (SELECT id FROM copy) AND aggregate_id = ANY (?::text::bytea[]) ORDER BY aggregate_id FOR UPDATE),
made AS (INSERT INTO ${positions} (copy, aggregate_id, sequence)
  SELECT copy.id, given.aggregate_id, 0 FROM copy, unnest(?::text::bytea[]) AS given(aggregate_id)
  WHERE NOT EXISTS (SELECT FROM ${positions} AS found WHERE found.copy = copy.id AND found.aggregate_id = given.aggregate_id)
  ORDER BY given.aggregate_id ON CONFLICT DO NOTHING RETURNING aggregate_id, sequence),
mine AS (SELECT aggregate_id, sequence FROM locked UNION ALL SELECT aggregate_id, sequence FROM made)
SELECT (SELECT count(*)::integer FROM ${projections} WHERE name = ?::text), copy.id, encode(mine.aggregate_id, 'hex'), mine.sequence,
  copy.elsewhere, current_setting('search_path')
FROM (SELECT count(*) FROM kept) AS checked LEFT JOIN copy ON true LEFT JOIN mine ON true`),
    // A row that was made ahead is right already, and has moved all the same.
    move: preparedStatement(`WITH moved AS (UPDATE ${positions} AS stored SET sequence = given.sequence
  FROM unnest(?::text::bytea[], ?::text::integer[]) AS given(aggregate_id, sequence)
  WHERE stored.copy = ?::integer AND stored.aggregate_id = given.aggregate_id RETURNING true),
taken AS MATERIALIZED (SELECT ?::integer AS copy, aggregate_id FROM unnest(?::text::bytea[]) AS taken(aggregate_id)),
recorded AS (${recordingMoves(schema, 'taken')}),
healed AS (DELETE FROM ${parked} WHERE copy = (SELECT copy FROM taken LIMIT 1) AND aggregate_id = ANY (ARRAY(SELECT aggregate_id FROM taken)))
SELECT count(*)::integer FROM moved`),
  };
}
