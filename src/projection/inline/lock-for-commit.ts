import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import { byteaArray, query } from '../../store/read/rows.js';
import { applyStatements } from '../apply/statements.js';
import type { ReadModelDefinition } from '../definition.js';

/** Positions of a live copy that a commit has locked. */
export interface CommitPositions {
  /** The live copy of this version; `undefined` when there is none. */
  readonly copy: number | undefined;
  /** True when the database has a copy with the name, of any version. */
  readonly isRegistered: boolean;
  /** By the hex digits of the aggregate. */
  readonly positions: ReadonlyMap<string, number>;
  /** The schema of the copy's tables, where the session does not find them first by unqualified names. */
  readonly elsewhere: string | undefined;
  /** The search path of the session. */
  readonly searchPath: string;
}

type Row = readonly [
  copies: number,
  copy: number | null,
  aggregateId: string | null,
  position: number | null,
  elsewhere: string | null,
  searchPath: string,
];

/** Locks the positions of aggregates in the live copy of a projection, if that has this version; waits for others who have them. */
export async function lockForCommit(
  transaction: Knex.Transaction,
  schema: string,
  { name, version }: ReadModelDefinition,
  aggregates: readonly Timestamp[],
): Promise<CommitPositions> {
  const ids = byteaArray(aggregates);
  const bindings = [name, version, ids, ids, name];
  const found = await lock(transaction, schema, bindings);
  // A row that somebody made meanwhile was neither there nor to be made; it is there now.
  if (found.copy === undefined || found.positions.size === aggregates.length) return found;
  return await lock(transaction, schema, bindings);
}

async function lock(
  transaction: Knex.Transaction,
  schema: string,
  bindings: readonly Knex.RawBinding[],
): Promise<CommitPositions> {
  const rows = await query<Row>(transaction, applyStatements(schema).lockForCommit, bindings);
  const positions = new Map<string, number>();
  for (const [, , hex, position] of rows) if (hex !== null && position !== null) positions.set(hex, position);
  const [copies, copy, , , elsewhere, searchPath] = rows[0] ?? [0, null, null, null, null, ''];
  return {
    copy: copy ?? undefined,
    isRegistered: copies > 0,
    positions,
    elsewhere: elsewhere ?? undefined,
    searchPath,
  };
}
