import type { Knex } from 'knex';
import { type ErrorCode, MaestroError } from '../../errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { brokenBy } from '../../store/driver/driver-of.js';
import { mayDrop } from '../../store/positions/may-drop.js';
import { recordIfWanted } from '../../store/positions/recorded-moves.js';
import { projectionTables } from '../../store/projection-tables.js';
import { execute, query } from '../../store/read/rows.js';
import { lent } from '../../store/transactions/lent.js';
import { type Copy, readCopies, setSearchPath, withCopyPath } from '../copies/copy.js';
import { dropTables } from '../copies/drop-tables.js';
import type { AnyProjection, ReadModelDefinition } from '../definition.js';
import { blame, failureText } from './passing.js';

/** The `erased` function of a projection failed, so nothing was erased at all. */
export class ErasedHandlerError extends MaestroError {
  readonly code = 'MAESTRO_ERASED_HANDLER' satisfies ErrorCode;

  constructor(
    /** The name of the projection. */ readonly projection: string,
    aggregateId: Timestamp,
    cause: unknown,
  ) {
    super(`The projection ${projection} cannot remove ${aggregateId.hex}: ${failureText(cause)}. Nothing was erased.`, {
      hint: 'Fix its `erased` function; the error is the cause.',
      cause,
    });
  }
}

/**
 * Removes an aggregate from the tables of projections, in the transaction of an erasure: calls `erased` for the live copy and the one
 * that is being filled, if the definitions have their version and they have taken events in; the tables of a copy that was replaced are
 * dropped, since nobody is left who knows them. `rewritten`: the events stay, with other bodies, and are taken in again from the
 * first one. The positions must be locked. Throws {@link ErasedHandlerError}.
 */
export async function eraseFromCopies(
  transaction: Knex.Transaction,
  schema: string,
  definitions: readonly AnyProjection[],
  aggregateId: Timestamp,
  { rewritten = false }: { readonly rewritten?: boolean } = {},
): Promise<void> {
  const [[path] = ['']] = await query<[string]>(transaction, "SELECT current_setting('search_path')");
  for (const copy of await readCopies(transaction, schema)) {
    if (copy.status === 'retired') {
      await dropReplaced(transaction, schema, copy, aggregateId);
      continue;
    }
    const definition = definitions.find(({ name, version }) => name === copy.name && version === copy.version);
    if (definition?.kind !== 'projection' || definition.erased === undefined) continue;
    if (!(await hasTaken(transaction, schema, copy, aggregateId))) continue;
    // Else names that are not in the schema of this copy would be searched in that of the one before.
    await setSearchPath(transaction, path);
    await withCopyPath(transaction, copy);
    await erase(transaction, definition, aggregateId);
    if (rewritten) await beginAgain(transaction, schema, copy, aggregateId);
  }
  await setSearchPath(transaction, path);
}

async function dropReplaced(
  transaction: Knex.Transaction,
  schema: string,
  copy: Copy,
  aggregateId: Timestamp,
): Promise<void> {
  if (copy.buildSchema === undefined || !(await hasTaken(transaction, schema, copy, aggregateId))) return;
  const [[mayIt] = [false]] = await query<[boolean]>(transaction, `SELECT ${mayDrop('?')}`, [copy.buildSchema]);
  if (mayIt) await dropTables(transaction, schema, copy);
}

async function hasTaken(
  transaction: Knex.Transaction,
  schema: string,
  { id }: Copy,
  aggregateId: Timestamp,
): Promise<boolean> {
  const sql = `SELECT FROM ${projectionTables(schema).positions} WHERE copy = ? AND aggregate_id = ? AND sequence > 0`;
  return (await query(transaction, sql, [id, aggregateId.encode()])).length > 0;
}

async function erase(
  transaction: Knex.Transaction,
  { name, erased }: ReadModelDefinition,
  aggregateId: Timestamp,
): Promise<void> {
  try {
    await erased?.(aggregateId, lent(transaction));
  } catch (error) {
    const cause = await brokenBy(transaction, error);
    throw blame(cause) === 'event' ? new ErasedHandlerError(name, aggregateId, cause) : cause;
  }
}

/** Has a copy take in all events of an aggregate once more, also those that were skipped. */
async function beginAgain(
  transaction: Knex.Transaction,
  schema: string,
  { id, name, status }: Copy,
  aggregateId: Timestamp,
): Promise<void> {
  const { projections, positions, parked, skipped } = projectionTables(schema);
  const place = [id, aggregateId.encode()];
  await execute(transaction, `UPDATE ${positions} SET sequence = 0 WHERE copy = ? AND aggregate_id = ?`, place);
  for (const table of [parked, skipped])
    await execute(transaction, `DELETE FROM ${table} WHERE copy = ? AND aggregate_id = ?`, place);
  if (status !== 'building') return;
  // The one in use may stay where it is, and then has what this one lacks from now on.
  const ahead = await query<[number]>(transaction, `SELECT id FROM ${projections} WHERE name = ? AND status = 'live'`, [
    name,
  ]);
  for (const [copy] of ahead) await recordIfWanted(transaction, schema, copy, aggregateId.hex);
}
