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
  // What is derived from a Knex instance has a driver of its own.
  const known = Object.hasOwn(on, DRIVER) ? on[DRIVER] : undefined;
  if (known !== undefined) return known;
  // Knex's client for PGlite has an engine where those for `pg` have the module of the driver.
  const driver = clientOf(on).driver === undefined ? new KnexOnPglite(on) : new KnexOnPg(on);
  // Not copied with the other properties by `withUserParams`.
  Reflect.defineProperty(on, DRIVER, { value: driver, enumerable: false });
  return driver;
}

/** The reason for which the connection of a transaction ended, in the place of an error that only says that it did. */
export async function brokenBy(transaction: Executor, error: unknown): Promise<unknown> {
  return await driverOf(transaction).connection(async (connection) => connection.reasonOf(error));
}
