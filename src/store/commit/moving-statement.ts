import { preparedStatement, type Statement } from '../driver/statement.js';
import { projectionTables } from '../projection-tables.js';

/** The forms of a statement that moves the positions of one aggregate. */
export interface MovingForm {
  /** The first event of the aggregate was inserted, so there may be no positions yet. */
  readonly first: boolean;
  /** In a transaction of the application, which may see the log as it was before. */
  readonly inside: boolean;
}

/**
 * A statement that moves the positions of the live copies of some projections that are right before the first event of a commit, where
 * the session finds the copy's tables first on its search path. Bindings: the projections as `name:version,…`; then, with the
 * first event, aggregate id and last sequence, else last sequence, aggregate id, and the sequence before the first. Gives a row for each
 * position that was moved: the name of the projection, the copy, and whether the move is to be recorded.
 */
export function movingStatement(schema: string, form: MovingForm): Statement {
  const key = `${schema} ${Number(form.first)}${Number(form.inside)}`;
  let statement = built.get(key);
  if (statement === undefined) built.set(key, (statement = build(schema, form)));
  return statement;
}

const built = new Map<string, Statement>();

function build(schema: string, { first, inside }: MovingForm): Statement {
  const { projections, positions, moves } = projectionTables(schema);
  // A filter for the few rows of that table, since a join with what is wanted costs the commit as much as the event itself.
  const isWanted = `copy.name || ':' || copy.version = ANY (string_to_array(?::text, ',')) AND copy.status = 'live'
  AND (copy.live_schema IS NULL OR copy.live_schema = current_schema())`;
  const isRecorded = (copy: string) =>
    `EXISTS (SELECT FROM ${moves} AS wanted WHERE wanted.copy = ${copy} AND wanted.aggregate_id IS NULL)`;
  // A transaction that sees the log of its beginning could take a copy for live that was replaced since: then this lock refuses.
  const kept = `(SELECT count(*) FROM (SELECT FROM ${projections} WHERE id IN (SELECT id FROM copies)
  AND current_setting('transaction_isolation') <> 'read committed' FOR SHARE) AS copy)`;
  const copies = `WITH copies AS MATERIALIZED (SELECT id, name FROM ${projections} AS copy WHERE ${isWanted})
${inside ? `, kept AS ${kept}` : ''}`;
  const from = `copies${inside ? ', kept' : ''}`;
  // Whether a copy is live is read after the lock on the table of positions, which keeps a switch out.
  if (first)
    return preparedStatement(`${copies}
INSERT INTO ${positions} AS place (copy, aggregate_id, sequence)
SELECT copies.id, decode(?, 'hex'), ?::integer FROM ${from} ORDER BY copies.id
ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence WHERE place.sequence = 0
RETURNING (SELECT name FROM copies WHERE id = place.copy), place.copy, ${isRecorded('place.copy')}`);
  return preparedStatement(`${copies}
UPDATE ${positions} AS place SET sequence = ?::integer FROM ${from}
WHERE place.copy = copies.id AND place.aggregate_id = decode(?, 'hex') AND place.sequence = ?::integer
RETURNING copies.name, place.copy, ${isRecorded('place.copy')}`);
}
