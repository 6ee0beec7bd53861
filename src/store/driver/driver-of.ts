import type { Driver, Executor } from './driver.js';
import { KnexOnPg } from './pg/knex-on-pg.js';
import { KnexOnPglite } from './pglite/knex-on-pglite.js';
import { clientOf } from './relied-upon.js';

/**
 * The property with the driver. Not a map from one to the other: a driver refers to its transaction, and V8 keeps a key whose value refers
 * to it until it collects all garbage.
 */
const DRIVER = Symbol('driver');

/** The driver below a Knex instance or a transaction. */
export function driverOf(on: Executor & { [DRIVER]?: Driver }): Driver {
  // A transaction may inherit from its Knex instance.
  const known = Object.hasOwn(on, DRIVER) ? on[DRIVER] : undefined;
  // Knex's client for PGlite has an engine where those for `pg` have the module of the driver.
  return known ?? (on[DRIVER] = clientOf(on).driver === undefined ? new KnexOnPglite(on) : new KnexOnPg(on));
}

/** The reason for which the connection of a transaction ended, in the place of an error that only says that it did. */
export async function brokenBy(transaction: Executor, error: unknown): Promise<unknown> {
  return await driverOf(transaction).connection(async (connection) => connection.reasonOf(error));
}
