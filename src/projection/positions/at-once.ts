import type { Knex } from 'knex';
import { Timestamp } from '../../hlc/timestamp.js';
import { byteaArray, integerArray, query } from '../../store/read/rows.js';
import type { CommitPositions, PositionsForm } from './positions-form.js';
import { positionStatements } from './statements.js';

/** Locks and moves positions by one statement each, for any aggregates: the form for one server. */
export function positionsAtOnce(schema: string): PositionsForm {
  const statements = positionStatements(schema);
  const lockOnce = async (transaction: Knex.Transaction, bindings: readonly Knex.RawBinding[]) =>
    commitPositionsOf(await query<CommitRow>(transaction, statements.lockForCommit, bindings));
  return {
    async lock(transaction, { id, status }, aggregates, ahead) {
      const bindings = [id, status, byteaArray(aggregates), ahead];
      const rows = await query<LockedRow>(transaction, statements.lock, bindings);
      const [first] = rows;
      if (first === undefined || first[2] === null) return undefined;
      const positions = rows.flatMap(([, , , hex, position, stored]) =>
        hex === null || position === null || stored === null
          ? []
          : { aggregateId: Timestamp.fromHex(hex), position, stored },
      );
      return { positions, lockTimeout: first[0], currentSchema: first[1] ?? undefined };
    },
    async lockForCommit(transaction, { name, version }, aggregates) {
      const ids = byteaArray(aggregates);
      const bindings = [name, version, ids, ids, name];
      const found = await lockOnce(transaction, bindings);
      // A row that somebody made meanwhile was neither there nor to be made; it is there now.
      if (found.copy === undefined || found.positions.size === aggregates.length) return found;
      return await lockOnce(transaction, bindings);
    },
    async move(transaction, { copy, moves, taken }) {
      const ids = byteaArray(moves.map(({ aggregateId }) => aggregateId));
      const sequences = integerArray(moves.map(({ sequence }) => sequence));
      const bindings = [ids, sequences, copy, copy, byteaArray(taken)];
      const [[moved] = [0]] = await query<[number]>(transaction, statements.move, bindings);
      return moved;
    },
  };
}

type LockedRow = readonly [
  lockTimeout: string,
  currentSchema: string | null,
  copy: number | null,
  aggregateId: string | null,
  position: number | null,
  stored: number | null,
];

type CommitRow = readonly [
  copies: number,
  copy: number | null,
  aggregateId: string | null,
  position: number | null,
  elsewhere: string | null,
  searchPath: string,
];

function commitPositionsOf(rows: readonly CommitRow[]): CommitPositions {
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
