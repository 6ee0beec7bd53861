import { preparedStatement, type Statement } from '../driver/statement.js';
import { projectionTables } from '../projection-tables.js';
import { insertions } from '../statements.js';

/** The forms of a statement that inserts the events of one aggregate and moves its positions. */
export interface MovingForm {
  /** One event, as the five bindings of its row; else five columns of events. */
  readonly single: boolean;
  /** With a command, as five columns. */
  readonly command: boolean;
  /** The first event of the aggregate is among them, so there may be no positions yet. */
  readonly first: boolean;
  /** In a transaction of the application, which may see the log as it was before. */
  readonly inside: boolean;
}

/**
 * A statement for the events of one aggregate, its command if it has one, and the positions of the live copies of some projections that
 * are right before the first event, where the session finds the copy's tables first on its search path. Bindings: events, command, the
 * projections as `name:version,…`, number of events; then, with the first event, aggregate id and last sequence, else last sequence,
 * aggregate id, and the sequence before the first. Gives the numbers of events and commands that were written, and the names of the
 * projections whose positions were moved, and the copies of which that is to be recorded; both `null` for none.
 */
export function movingStatement(schema: string, form: MovingForm): Statement {
  const { single, command, first, inside } = form;
  const key = `${schema} ${Number(single)}${Number(command)}${Number(first)}${Number(inside)}`;
  let statement = built.get(key);
  if (statement === undefined) built.set(key, (statement = build(schema, form)));
  return statement;
}

const built = new Map<string, Statement>();

function build(schema: string, { single, command, first, inside }: MovingForm): Statement {
  const { event, events, commands } = insertions(schema);
  const { projections, positions, moves } = projectionTables(schema);
  // Events first, so that two writers of one sequence meet there; and whether a copy is live is read after the lock on the table of
  // positions, which keeps a switch out.
  const from = `FROM copies${inside ? ', kept' : ''}`;
  const moved = first
    ? `INSERT INTO ${positions} AS place (copy, aggregate_id, sequence)
  SELECT copies.id, decode(?, 'hex'), ?::integer ${from} ORDER BY copies.id
  ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence WHERE place.sequence = 0
  RETURNING (SELECT name FROM copies WHERE id = place.copy) AS name`
    : `UPDATE ${positions} AS place SET sequence = ?::integer ${from}
  WHERE place.copy = copies.id AND place.aggregate_id = decode(?, 'hex') AND place.sequence = ?::integer RETURNING copies.name`;
  // A transaction that sees the log of its beginning could take a copy for live that was replaced since: then this lock refuses.
  const kept = `kept AS (SELECT count(*) FROM (SELECT FROM ${projections} WHERE id IN (SELECT id FROM copies)
  AND current_setting('transaction_isolation') <> 'read committed' FOR SHARE) AS copy),`;
  // A filter for the few rows of that table, since a join with what is wanted costs the commit as much as the event itself.
  return preparedStatement(`WITH events AS (${single ? event : events} RETURNING 1),
${command ? `commands AS (${commands} RETURNING 1),` : ''}
copies AS MATERIALIZED (SELECT id, name,
  EXISTS (SELECT FROM ${moves} AS wanted WHERE wanted.copy = copy.id AND wanted.aggregate_id IS NULL) AS recorded FROM ${projections} AS copy
  WHERE name || ':' || version = ANY (string_to_array(?::text, ',')) AND status = 'live'
  AND (live_schema IS NULL OR live_schema = current_schema()) AND (SELECT count(*) FROM events) = ?::integer),
${inside ? kept : ''}
moved AS (${moved})
SELECT (SELECT count(*)::integer FROM events), ${command ? '(SELECT count(*)::integer FROM commands)' : '0'},
  (SELECT string_agg(name, ',') FROM moved), (SELECT string_agg(id::text, ',') FROM copies WHERE recorded)`);
}
