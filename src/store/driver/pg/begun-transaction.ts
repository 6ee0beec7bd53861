import type { Knex } from 'knex';
import { clientOf, type ClientQuery, type KnexClient, type KnexContext, type PgConnection } from '../relied-upon.js';

/** A transaction that has begun on a connection, as Knex would have made it. */
export interface BegunTransaction {
  readonly transaction: Knex.Transaction;
  /** Sends `COMMIT` or `ROLLBACK`; no other statement is sent after it. */
  end(this: void, sql: 'COMMIT;' | 'ROLLBACK'): Promise<unknown>;
}

/** True for a Knex instance of which a transaction can be derived. */
export function canDerive(knex: Knex): boolean {
  const { context } = knex as unknown as { readonly context?: KnexContext };
  return typeof context?.queryBuilder === 'function' && typeof context._transaction === 'function';
}

/**
 * Makes the object of a transaction that has begun. Knex makes one by giving a function some hundred methods, which takes as long as
 * the server needs for two inserts and leaves garbage that outlives several collections; this one inherits them from the instance.
 */
export function begunTransaction(knex: Knex, connection: PgConnection): BegunTransaction {
  const on = knex as unknown as { readonly context: KnexContext; readonly userParams?: object };
  let isCompleted = false;
  let [settle, fail] = [(): void => {}, (_error: unknown): void => {}];
  const ended = new Promise<void>((resolve, reject) => ([settle, fail] = [resolve, reject]));
  ended.catch(() => {});
  const client = clientInside(clientOf(knex), connection, {
    assertOpen: () => {
      if (isCompleted) throw new Error('The transaction has ended, so it takes no more statements.');
    },
    tell: (event, facts) => {
      if (transaction._events !== undefined) transaction.emit(event, ...facts);
    },
  });
  const context: KnexContext = Object.assign(Object.create(on.context) as KnexContext, {
    client,
    userParams: on.userParams ?? {},
    withUserParams: () => {
      throw new Error('The parameters of a transaction are those of its Knex instance.');
    },
    transaction: (work: unknown, options?: object) =>
      context._transaction(work, { doNotRejectOnRollback: true, userParams: context.userParams, ...options }, outer),
  });
  const transaction = Object.setPrototypeOf(
    (table: unknown, options: unknown) => context.queryBuilder().table(table, options),
    knex,
  ) as Knex.Transaction & { _events: object | undefined; _eventsCount: number; context: KnexContext };
  const outer = {
    _lastChild: Promise.resolve(),
    isCompleted: () => isCompleted,
    transactor: transaction,
  };
  Object.assign(transaction, {
    context,
    isTransaction: true,
    isCompleted: outer.isCompleted,
    savepoint: context.transaction,
    executionPromise: ended,
    // It has listeners of its own.
    _events: undefined,
    _eventsCount: 0,
  });
  const end = async (sql: string) => {
    const done = client.query(connection, { sql } as ClientQuery);
    isCompleted = true;
    await done;
    if (sql === 'ROLLBACK') fail(new Error('The transaction was rolled back.'));
    else settle();
  };
  return { transaction, end };
}

/** Knex's client in a transaction: all that it sends goes over one connection, and its listeners are told as outside. */
function clientInside(
  client: KnexClient<PgConnection>,
  connection: PgConnection,
  { assertOpen, tell }: { assertOpen: () => void; tell: (event: string, facts: readonly unknown[]) => void },
): KnexClient<PgConnection> {
  const shared = Object.getPrototypeOf(client) as KnexClient<PgConnection>;
  const { version, config, driver, connectionSettings, valueForUndefined, logger } = client;
  const checked =
    (member: 'query' | 'stream') =>
    async (on: PgConnection, ...rest: unknown[]): Promise<unknown> => {
      if (on !== connection) throw new Error('The statement is on another connection than its transaction.');
      assertOpen();
      const send = Reflect.get(shared, member) as (on: PgConnection, ...rest: unknown[]) => Promise<unknown>;
      return await send.call(inside, on, ...rest);
    };
  const inside: KnexClient<PgConnection> = Object.assign(Object.create(shared) as KnexClient<PgConnection>, {
    ...{ version, config, driver, connectionSettings, valueForUndefined, logger },
    transacting: true,
    query: checked('query'),
    stream: checked('stream'),
    acquireConnection: () => Promise.resolve(connection),
    releaseConnection: () => Promise.resolve(),
    emit: (event: string, ...facts: unknown[]) => {
      const isHeard = client.emit(event, ...facts);
      tell(event, facts);
      return shared.emit.call(inside, event, ...facts) === true || isHeard === true;
    },
  });
  return inside;
}
