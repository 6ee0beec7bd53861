import type { MaestroError } from '../../errors.js';
import { DatabaseClosedError, PoolExhaustedError } from '../errors.js';

/** How long to wait for a connection at most, as long as the others in use change hands, in milliseconds. */
const LONGEST_WAIT = 60_000;

/** A connection that somebody has, and since when. */
interface Held {
  readonly resource?: { readonly __knexTxId?: unknown };
  /** Milliseconds since 1970. */
  readonly timestamp?: number;
}

/** Knex's pool, as far as it lets others see into it; a pool that was made elsewhere has less. */
export interface Pool {
  readonly destroyed?: boolean;
  readonly max?: number;
  readonly used?: readonly Held[];
  readonly acquireTimeoutMillis?: number;
}

/** The error for a pool that gives no connection any more, when that is so. */
export function closedPool(pool: Pool | undefined): DatabaseClosedError | undefined {
  if (pool !== undefined && pool.destroyed !== true) return undefined;
  return new DatabaseClosedError('The database was closed by this program, so nothing can be asked of it any more.', {
    hint: 'Close it when all that uses it is done, or open it again.',
  });
}

/**
 * What a wait for a connection that has timed out means, when all of the pool are in use: `again` while they change hands
 * and it does not take too long, else the error that says who has them. Nothing when the pool is not full, so that making
 * a connection is what takes long.
 */
export function fullPool(pool: Pool | undefined, began: number, cause: unknown): MaestroError | 'again' | undefined {
  const { used, max, acquireTimeoutMillis = 0 } = pool ?? {};
  if (used === undefined || max === undefined || used.length < max) return undefined;
  const now = Date.now();
  const changed = used.some(({ timestamp = 0 }) => timestamp > now - acquireTimeoutMillis);
  if (changed && now - began + acquireTimeoutMillis <= LONGEST_WAIT) return 'again';
  const inTransactions = used.filter(({ resource }) => resource?.__knexTxId !== undefined).length;
  const all = max === 1 ? 'The one connection of the pool is' : `All ${max} connections of the pool are`;
  return new PoolExhaustedError(
    `${all} in use by ${holders(inTransactions, used.length)}; none became free within ${Math.round((now - began) / 100) / 10} s.`,
    {
      hint: 'Inside a transaction, hand it on ({ transaction }), so that its own connection is used. Else end transactions sooner, or make the pool of a server larger ({ pool: { max } }).',
      cause,
    },
  );
}

function holders(inTransactions: number, all: number): string {
  const rest = all - inTransactions;
  if (rest === 0) return inTransactions === 1 ? 'a transaction of this program' : 'transactions of this program';
  if (inTransactions === 0) return rest === 1 ? 'a statement of this program' : 'statements of this program';
  return `this program (${inTransactions} by transactions, ${rest} by statements)`;
}
