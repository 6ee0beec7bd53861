import { preparedStatement, type Statement } from '../driver/statement.js';
import { recordingMoves } from '../positions/recorded-moves.js';
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
 * are right before the first event, where the session finds the copy's tables first on its search path. Bindings: events, command, names, versions, number of events; then, with the first event,
 * aggregate id and last sequence, else last sequence, aggregate id, and the sequence before the first. Gives the numbers of events and
 * commands that were written, and the names of the projections whose positions were moved.
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
  const { projections, positions } = projectionTables(schema);
  // Events first, so that two writers of one sequence meet there; and whether a copy is live is read after the lock on the table of
  // positions, which keeps a switch out.
  const moved = first
    ? `INSERT INTO ${positions} AS place (copy, aggregate_id, sequence)
  SELECT copies.id, decode(?, 'hex'), ?::integer FROM copies${inside ? ', kept' : ''} ORDER BY copies.id
  ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence WHERE place.sequence = 0 RETURNING place.copy, place.aggregate_id`
    : `UPDATE ${positions} AS place SET sequence = ?::integer FROM copies${inside ? ', kept' : ''}
  WHERE place.copy = copies.id AND place.aggregate_id = decode(?, 'hex') AND place.sequence = ?::integer RETURNING place.copy, place.aggregate_id`;
  // A transaction that sees the log of its beginning could take a copy for live that was replaced since: then this lock refuses.
  const kept = `kept AS (SELECT count(*) FROM (SELECT FROM ${projections} WHERE id IN (SELECT id FROM copies)
  AND current_setting('transaction_isolation') <> 'read committed' FOR SHARE) AS copy),`;
  return preparedStatement(`WITH events AS (${single ? event : events} RETURNING 1),
${command ? `commands AS (${commands} RETURNING 1),` : ''}
written AS MATERIALIZED (SELECT (SELECT count(*)::integer FROM events) AS events,
  ${command ? '(SELECT count(*)::integer FROM commands)' : '0'} AS commands),
copies AS MATERIALIZED (SELECT copy.id, copy.name FROM written, ${projections} AS copy,
  unnest(string_to_array(?::text, ','), string_to_array(?::text, ',')::integer[]) AS wanted(name, version)
  WHERE copy.name = wanted.name AND copy.version = wanted.version AND copy.status = 'live' AND written.events = ?::integer
  AND (copy.live_schema IS NULL OR copy.live_schema = current_schema())),
${inside ? kept : ''}
moved AS (${moved}),
recorded AS (${recordingMoves(schema, 'moved')})
SELECT written.events, written.commands, (SELECT string_agg(name, ',') FROM copies WHERE id IN (SELECT copy FROM moved)) FROM written`);
}
