import { preparedStatement, type Statement } from '../../driver/statement.js';
import { projectionTables } from '../../projection-tables.js';
import type { MovedRow, Moving, MovingForm } from './moving-form.js';

/** Moves positions by one statement, which finds the copies, makes positions for a first event, and tells all that is to be known. */
export function movingAtOnce(schema: string): MovingForm {
  return {
    statements({ wanted, aggregateId, first, last, isInside }) {
      const isFirst = first === 1;
      const bindings = isFirst ? [aggregateId, last] : [last, aggregateId, first - 1];
      return [{ statement: movingStatement(schema, isFirst, isInside), bindings: [wanted, ...bindings] }];
    },
    moved: (_transaction, _moving, [moved]) => Promise.resolve((moved?.rows ?? []) as MovedRow[]),
  };
}

/**
 * Bindings: the projections; then, with the first event, aggregate id and last sequence, else last sequence, aggregate id, and the
 * sequence before the first.
 */
function movingStatement(schema: string, isFirst: boolean, isInside: Moving['isInside']): Statement {
  const key = `${schema} ${Number(isFirst)}${Number(isInside)}`;
  let statement = built.get(key);
  if (statement === undefined) built.set(key, (statement = build(schema, isFirst, isInside)));
  return statement;
}

const built = new Map<string, Statement>();

function build(schema: string, first: boolean, inside: boolean): Statement {
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
