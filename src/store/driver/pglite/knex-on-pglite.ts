import type { PGlite } from '@electric-sql/pglite';
import type { Knex } from 'knex';
import { pgliteColumns, type ReadBody } from '../column-values.js';
import type { ConnectionKind } from '../connection-kind.js';
import type { Answer, Driver } from '../driver.js';
import { KnexDriver, ROWS } from '../knex-driver.js';
import type { RawConnection } from '../relied-upon.js';
import type { Statement } from '../statement.js';
import type { EngineThread } from './engine-thread.js';

/** The connection: the engine, or the thread that it has. */
type EngineConnection = RawConnection & Partial<Pick<EngineThread, 'cutOff'>>;

/**
 * The driver of a Knex instance on PGlite. The engine is the only connection: it keeps no statement prepared under a name,
 * takes no stream, and nothing interrupts it at a statement; in a thread of its own it is ended instead ({@link EngineThread}).
 */
export class KnexOnPglite extends KnexDriver<EngineConnection> {
  protected readonly kind = KIND;

  cancel(): void {
    for (const { resource } of this.client.pool?.used ?? []) void resource?.cutOff?.();
  }

  protected inside(transaction: Knex.Transaction): Driver {
    return new KnexOnPglite(transaction);
  }

  protected async ask<Row>(
    connection: EngineConnection,
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
 * Nothing is to be done here: the engine does not tell when it ends or whether a transaction is open, its thread sees by itself
 * that nobody waits for a statement, and Knex ends a connection that its pool gives up.
 */
const KIND: ConnectionKind<EngineConnection> = {
  isEmbedded: true,
  taken: () => {},
  isInTransaction: () => false,
  cancel: async () => {},
  end: () => {},
};

/** Configuration of a Knex instance on an engine, here or in a thread of its own, with the client that knex-pglite gives. */
export function onEngine(engine: PGlite | EngineThread, client: typeof Knex.Client): Knex.Config {
  // knex-pglite takes what the function returns as it is; an object in its place would be copied, the engine with it.
  return { client, connection: (() => ({ pglite: engine })) as never };
}
