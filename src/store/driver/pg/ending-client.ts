import type { PgClient, PgModule } from '../relied-upon.js';

/**
 * The driver with a client that ends its connection when it cannot log in. `pg` ends none that it gives up by itself, for want
 * of a password for example: it would keep the process alive until the server has waited long enough, for a minute.
 */
export function withEndingClient(driver: PgModule): PgModule {
  class EndingClient extends driver.Client {
    override async connect(): Promise<unknown> {
      return await endIfFails(this, super.connect());
    }
  }
  return withClient(driver, EndingClient);
}

/** A driver with another client. */
export function withClient(driver: PgModule, Client: PgModule['Client']): PgModule {
  return Object.assign(Object.create(driver) as PgModule, { Client });
}

/** Resolves as the work on a connection does; ends a connection on which it fails, which nobody else has yet. */
export async function endIfFails<Value>(
  { connection }: Pick<PgClient, 'connection'>,
  work: Promise<Value>,
): Promise<Value> {
  try {
    return await work;
  } catch (error) {
    connection?.stream?.destroy();
    throw error;
  }
}
