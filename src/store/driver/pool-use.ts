import type { MaestroError } from '../../errors.js';
import { DatabaseClosedError, PoolExhaustedError } from '../errors.js';
import type { ConnectionKind } from './connection-kind.js';
import type { KnexPool, RawConnection } from './relied-upon.js';

/** Longest wait for a connection, as long as the others in use change hands, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** The error for a pool that gives no connection any more, when that is so. */
export function closedPool(pool: KnexPool<unknown> | undefined): DatabaseClosedError | undefined {
  if (pool !== undefined && pool.destroyed !== true) return undefined;
  return closedDatabase();
}

/** The error for what comes after the database was closed. */
export function closedDatabase(): DatabaseClosedError {
  return new DatabaseClosedError('The database was closed by this program, so it cannot be used any more.', {
    hint: 'Close it when all that uses it is done, or open it again.',
  });
}

/**
 * Says what follows when a wait for a connection has timed out: `again` while the connections of a full pool still change
 * hands, up to a minute in all, else the error that says who has them. `undefined` when the pool is not full: then making a
 * connection is what takes long.
 */
export function fullPool<Raw extends RawConnection>(
  pool: KnexPool<Raw> | undefined,
  kind: ConnectionKind<Raw>,
  began: number,
  cause: unknown,
): MaestroError | 'again' | undefined {
  const { used, max, acquireTimeoutMillis = 0 } = pool ?? {};
  if (used === undefined || max === undefined || used.length < max) return undefined;
  const now = Date.now();
  const changed = used.some(({ timestamp = 0 }) => timestamp > now - acquireTimeoutMillis);
  if (changed && now - began + acquireTimeoutMillis <= LONGEST_WAIT) return 'again';
  const waited = `none became free within ${Math.round((now - began) / 100) / 10} s.`;
  const inTransactions = used.filter(
    ({ resource }) => resource !== undefined && (resource.__knexTxId !== undefined || kind.isInTransaction(resource)),
  ).length;
  if (kind.isEmbedded)
    return new PoolExhaustedError(
      `The one connection of the embedded database is in use by ${holders(inTransactions, used.length)}; ${waited}`,
      {
        hint:
          inTransactions === 0
            ? 'It carries out one statement at a time: try again when that has ended.'
            : 'Inside a transaction or a projection, pass the transaction on ({ transaction }), so that its connection is used. Otherwise end transactions sooner: the embedded database has one connection for all.',
        cause,
      },
    );
  const all = max === 1 ? 'The one connection of the pool is' : `All ${max} connections of the pool are`;
  return new PoolExhaustedError(`${all} in use by ${holders(inTransactions, used.length)}; ${waited}`, {
    hint: 'Inside a transaction, pass it on ({ transaction }), so that its connection is used. Otherwise end transactions sooner, or make the pool larger ({ pool: { max } }).',
    cause,
  });
}

function holders(inTransactions: number, all: number): string {
  const rest = all - inTransactions;
  if (rest === 0) return inTransactions === 1 ? 'a transaction of this program' : 'transactions of this program';
  if (inTransactions === 0) return rest === 1 ? 'a statement of this program' : 'statements of this program';
  return `this program (${inTransactions} by transactions, ${rest} by statements)`;
}
