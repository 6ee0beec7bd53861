import type { PGlite } from '@electric-sql/pglite';
import type { Knex } from 'knex';
import { pgliteColumns, type ReadBody } from '../column-values.js';
import type { ConnectionKind } from '../connection-kind.js';
import type { Answer, Driver } from '../driver.js';
import { KnexDriver, ROWS } from '../knex-driver.js';
import type { RawConnection } from '../relied-upon.js';
import type { Statement } from '../statement.js';

/**
 * The driver of a Knex instance on PGlite. The engine is the only connection: it keeps no statement prepared under a name,
 * takes no stream, and has no socket that could be cut off or by which a statement could be cancelled.
 */
export class KnexOnPglite extends KnexDriver<RawConnection> {
  protected readonly kind = KIND;

  cancel(): void {}

  protected inside(transaction: Knex.Transaction): Driver {
    return new KnexOnPglite(transaction);
  }

  protected async ask<Row>(
    connection: RawConnection,
    { sql }: Statement,
    bindings: readonly Knex.RawBinding[],
    readBody?: ReadBody,
  ): Promise<Answer<Row>> {
    const options = { ...ROWS, ...pgliteColumns(readBody) };
    const { rows, affectedRows } = await this.throughKnex<PgliteAnswer<Row>>(connection, sql, bindings, options);
    return { rows, count: affectedRows ?? 0 };
  }
}

/** Answer of PGlite to a statement. */
interface PgliteAnswer<Row> {
  readonly rows: Row[];
  readonly affectedRows?: number;
}

/**
 * Nothing is to be done here: the engine does not tell when it ends or whether a transaction is open, and Knex itself ends a
 * connection that its pool gives up.
 */
const KIND: ConnectionKind<RawConnection> = {
  isEmbedded: true,
  taken: () => {},
  isInTransaction: () => false,
  cancel: async () => {},
  end: () => {},
};

/** Configuration of a Knex instance on an engine, with the client that knex-pglite gives. */
export function onEngine(engine: PGlite, client: typeof Knex.Client): Knex.Config {
  // knex-pglite takes what the function returns as it is; an object in its place would be copied, the engine with it.
  return { client, connection: (() => ({ pglite: engine })) as never };
}
