import { driverOf } from '../../driver/driver-of.js';
import type { Answer, Executor } from '../../driver/driver.js';
import { preparedStatement } from '../../driver/statement.js';
import {
  type LiveCopy,
  liveCopies,
  liveCopiesOf,
  type LiveCopyRow,
  SESSION_STATE,
  sessionOf,
  type SessionRow,
} from '../../positions/live-copies.js';
import { keepCopies } from '../../positions/keep-copies.js';
import { projectionTables } from '../../projection-tables.js';
import { InsertConflictError } from '../insert-events.js';
import type { Moving, MovingForm } from './moving-form.js';

/**
 * Moves positions by statements that each name one aggregate or none, so that a Citus cluster sends those of the aggregate to the node that
 * has its events, in the transaction that is open there. First the positions that are there are moved, which keeps a switch out; then the
 * coordinator tells which copies are live; positions for a first event are made last.
 */
export function movingInSteps(schema: string): MovingForm {
  let form = built.get(schema);
  if (form === undefined) built.set(schema, (form = build(schema)));
  return form;
}

const built = new Map<string, MovingForm>();

function build(schema: string): MovingForm {
  const { projections, positions } = projectionTables(schema);
  const update = preparedStatement(`UPDATE ${positions} AS place SET sequence = ?::integer FROM ${projections} AS copy
WHERE copy.name || ':' || copy.version = ANY (string_to_array(?::text, ',')) AND copy.status = 'live'
  AND (copy.live_schema IS NULL OR copy.live_schema = current_schema())
  AND place.copy = copy.id AND place.aggregate_id = decode(?, 'hex') AND place.sequence = ?::integer RETURNING place.copy`);
  const make =
    preparedStatement(`INSERT INTO ${positions} AS place (copy, aggregate_id, sequence) VALUES (?::integer, decode(?, 'hex'), ?::integer)
ON CONFLICT (copy, aggregate_id) DO UPDATE SET sequence = EXCLUDED.sequence WHERE place.sequence = 0 RETURNING copy`);

  const made = async (on: Executor, { aggregateId, last }: Moving, copies: readonly LiveCopy[]): Promise<number[]> => {
    if (copies.length === 0) return [];
    const inserts = copies.map(({ id }) => ({ statement: make, bindings: [id, aggregateId, last] }));
    const answers = (await driverOf(on).sendTogether(inserts)) as Answer<[copy: number]>[];
    return answers.flatMap(({ rows }) => rows.map(([copy]) => copy));
  };

  return {
    statements: ({ wanted, aggregateId, first, last }) => [
      { statement: update, bindings: [last, wanted, aggregateId, first - 1] },
      liveCopies(schema, wanted),
      SESSION_STATE,
    ],
    async moved(on, moving, answers) {
      const [updated, live, session] = answers as [Answer<[copy: number]>, Answer<LiveCopyRow>, Answer<SessionRow>];
      const { schema: current, isolation } = sessionOf(session.rows[0]);
      const copies = liveCopiesOf(live.rows).filter((copy) => copy.schema === undefined || copy.schema === current);
      const ids = new Set(updated.rows.map(([copy]) => copy));
      // A node that has not heard yet that another copy is in use, since the connection to it broke just then.
      if ([...ids].some((id) => !copies.some((copy) => copy.id === id)))
        throw new InsertConflictError('replaced', { cause: new Error('A projection is being replaced.') });
      if (moving.first === 1)
        for (const id of await made(
          on,
          moving,
          copies.filter(({ id }) => !ids.has(id)),
        ))
          ids.add(id);
      if (moving.isInside && isolation !== 'read committed') await keepCopies(on, schema, [...ids]);
      return copies.filter(({ id }) => ids.has(id)).map(({ id, name, isRecorded }) => [name, id, isRecorded]);
    },
  };
}
