import type { Driver, Executor } from './driver.js';
import { KnexOnPg } from './pg/knex-on-pg.js';
import { KnexOnPglite } from './pglite/knex-on-pglite.js';
import { clientOf } from './relied-upon.js';

const drivers = new WeakMap<Executor, Driver>();

/** The driver below a Knex instance or a transaction. */
export function driverOf(on: Executor): Driver {
  let driver = drivers.get(on);
  if (driver === undefined) {
    // Knex's client for PGlite has an engine where those for `pg` have the module of the driver.
    driver = clientOf(on).driver === undefined ? new KnexOnPglite(on) : new KnexOnPg(on);
    drivers.set(on, driver);
  }
  return driver;
}

/** The reason for which the connection of a transaction ended, in the place of an error that only says that it did. */
export async function brokenBy(transaction: Executor, error: unknown): Promise<unknown> {
  return await driverOf(transaction).connection(async (connection) => connection.reasonOf(error));
}
