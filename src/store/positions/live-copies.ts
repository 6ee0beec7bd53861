import type { BoundStatement } from '../driver/driver.js';
import { preparedStatement } from '../driver/statement.js';
import { projectionTables } from '../projection-tables.js';

/** A live copy of a projection, as the coordinator of a cluster knows it, to whichever node the question goes. */
export interface LiveCopy {
  readonly id: number;
  readonly name: string;
  /** The schema where the application finds its tables. */
  readonly schema: string | undefined;
  /** True when the moves of its positions are to be recorded. */
  readonly isRecorded: boolean;
}

/** A session: the schema in which it finds tables first, its search path, and the isolation of its transaction. */
export interface SessionState {
  readonly schema: string | undefined;
  readonly searchPath: string;
  readonly isolation: string;
}

/** A row of the answer to {@link liveCopies}. */
export type LiveCopyRow = readonly [id: number, name: string, schema: string | null, isRecorded: boolean];

/** The statement for the live copies of some projections, given as `name:version,…`. */
export function liveCopies(schema: string, wanted: string): BoundStatement {
  const { projections, moves } = projectionTables(schema);
  const sql = `SELECT copy.id, copy.name, copy.live_schema,
  EXISTS (SELECT 1 FROM ${moves} AS wanted WHERE wanted.copy = copy.id AND wanted.aggregate_id IS NULL)
FROM ${projections} AS copy WHERE copy.name || ':' || copy.version = ANY (string_to_array(?::text, ',')) AND copy.status = 'live'`;
  return { statement: preparedStatement(sql), bindings: [wanted] };
}

/** The copies of an answer to {@link liveCopies}. */
export function liveCopiesOf(rows: readonly LiveCopyRow[]): LiveCopy[] {
  return rows.map(([id, name, schema, isRecorded]) => ({ id, name, schema: schema ?? undefined, isRecorded }));
}

/** A row of the answer to {@link SESSION_STATE}. */
export type SessionRow = readonly [schema: string | null, searchPath: string, isolation: string];

/** The statement for the state of the session, by itself: beside a table it would be that of another node. */
export const SESSION_STATE: BoundStatement = {
  statement: preparedStatement(
    `SELECT current_schema()::text, current_setting('search_path'), current_setting('transaction_isolation')`,
  ),
  bindings: [],
};

/** The state in an answer to {@link SESSION_STATE}. */
export function sessionOf(row: SessionRow | undefined): SessionState {
  const [schema, searchPath, isolation] = row ?? [null, '', 'read committed'];
  return { schema: schema ?? undefined, searchPath, isolation };
}
