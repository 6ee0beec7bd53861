import { driverOf } from '../../driver/driver-of.js';
import { clientOf } from '../../driver/relied-upon.js';
import { layoutAt } from '../../layout/read-layout.js';
import { traitsOf } from '../../layout/traits.js';
import type { CommitContext } from '../commit-context.js';

/** Turns under way on the connections of a pool, by its Knex client. */
const underWay = new WeakMap<object, number>();

/**
 * True where writers can wait for turns at all. In a transaction of the application they must not: whoever has the turn may need what that
 * transaction holds. The embedded database has one connection, so nobody competes for it from outside. The layout is asked for before a turn
 * has a connection, of which there may be one.
 */
export async function hasTurns({ knex, schema }: CommitContext): Promise<boolean> {
  if (knex.isTransaction === true || driverOf(knex).isEmbedded) return false;
  return traitsOf(await layoutAt(knex, schema)).locks === 'for all writers';
}

/**
 * Runs work that holds a connection while it waits for a turn, unless turns have half of the pool already, so that the rest of the program
 * has connections left. `undefined` when it was not run.
 */
export async function withRoomForTurn<Value>(
  context: CommitContext,
  work: () => Promise<Value>,
): Promise<Value | undefined> {
  if (!(await hasTurns(context))) return undefined;
  const client = clientOf(context.knex);
  const running = underWay.get(client) ?? 0;
  if (running > 0 && running >= (client.pool?.max ?? 1) / 2) return undefined;
  underWay.set(client, running + 1);
  try {
    return await work();
  } finally {
    underWay.set(client, (underWay.get(client) ?? 1) - 1);
  }
}
