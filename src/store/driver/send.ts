import type { Knex } from 'knex';
import { asTextsWith, asValues, type ReadBody } from './column-values.js';
import { watchEnd } from './connection-end.js';
import { isUnknownStatement } from './driver-error.js';
import { onConnection } from './pool-connection.js';
import type { Statement } from './statement.js';
import { inTurn } from './turns.js';

/** Where a statement can run: on any connection of a pool, or in a transaction. */
export type Executor = Knex | Knex.Transaction;

/** What a statement gave: rows as arrays, so that nothing depends on how an application's Knex renames columns. */
export interface Answer<Row> {
  readonly rows: Row[];
  /** How many rows were written or read. */
  readonly count: number;
}

/** What the drivers answer: `pg` counts rows in one field, PGlite in another. */
interface DriverAnswer<Row> {
  readonly rows: Row[];
  readonly rowCount?: number | null;
  readonly affectedRows?: number;
}

/** A statement as Knex's client hands it to the driver. */
interface ClientQuery {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
  readonly options: typeof ROWS & typeof asValues & { readonly name?: string | undefined };
  readonly method: 'raw';
  readonly __knexUid: string | undefined;
  readonly __knexQueryUid: string;
}

/** The part of Knex's client below its builder: it tells listeners of the statement, and sends it. */
interface SendingClient {
  readonly driverName?: string;
  acquireConnection(): Promise<unknown>;
  query(connection: unknown, statement: ClientQuery): Promise<{ readonly response: unknown }>;
  emit(event: string, ...facts: readonly unknown[]): unknown;
}

/** A connection of `pg`. */
interface PgConnection {
  query(
    statement: ClientQuery['options'] & { readonly text: string; readonly values: unknown },
    callback: (error: Error | null, response: unknown) => void,
  ): void;
}

/** Clients that send every statement without a name. */
const unprepared = new WeakSet<object>();
let sent = 0;

/** From now on no statement of this Knex instance is kept prepared, as behind a pooler in transaction mode. */
export function withoutPreparedStatements(knex: Knex): void {
  unprepared.add(knex.client as object);
}

/**
 * Sends a statement through Knex's client, past its query builder, which takes longer than the server does. Behind a
 * pooler that loses prepared statements it is sent again without a name, and so is every later one: when a name is not
 * known, nothing has been executed yet. With `readBody` all values come as the texts that the server sends, and `jsonb` as
 * what that makes of its text, as it arrives.
 */
export async function send<Row>(
  on: Executor,
  statement: Statement,
  bindings: readonly Knex.RawBinding[],
  readBody?: ReadBody,
): Promise<Answer<Row>> {
  const client = on.client as SendingClient;
  const nameless = { sql: statement.sql };
  if (on.isTransaction === true)
    return await inTurn(client, async () => {
      const connection = await client.acquireConnection();
      watchEnd(connection as object);
      return await sendOn<Row>(client, connection, nameless, bindings, readBody);
    });
  return await onConnection(on, async (connection) => {
    if (statement.name === undefined || unprepared.has(client))
      return await sendOn<Row>(client, connection, nameless, bindings, readBody);
    try {
      return await sendOn<Row>(client, connection, statement, bindings, readBody);
    } catch (error) {
      if (!isUnknownStatement(error)) throw error;
      unprepared.add(client);
      return await sendOn<Row>(client, connection, nameless, bindings, readBody);
    }
  });
}

async function sendOn<Row>(
  client: SendingClient,
  connection: unknown,
  { sql, name }: Statement,
  bindings: readonly Knex.RawBinding[],
  readBody: ReadBody | undefined,
): Promise<Answer<Row>> {
  sent += 1;
  const columns = readBody === undefined ? asValues : asTextsWith(readBody);
  const options = { ...ROWS, ...columns, ...(name && { name }) };
  const { __knexUid } = connection as { readonly __knexUid?: string };
  const statement: ClientQuery = {
    sql,
    bindings,
    options,
    method: 'raw',
    __knexUid,
    __knexQueryUid: `maestro ${sent}`,
  };
  const response =
    name !== undefined && isPlainPg(client)
      ? await sendPrepared(client, connection as PgConnection, statement)
      : (await client.query(connection, statement)).response;
  client.emit('query-response', response, statement);
  const { rows, rowCount, affectedRows } = response as DriverAnswer<Row>;
  return { rows, count: rowCount ?? affectedRows ?? 0 };
}

/** Knex's own client for `pg`, and none that was derived from it, which may have reasons to look at every statement. */
function isPlainPg(client: SendingClient): boolean {
  return client.driverName === 'pg' && client.constructor.name === 'Client_PG';
}

/**
 * What Knex's client for `pg` does to a statement whose values are numbered already. With a callback, as Knex has it: after
 * the promise that `pg` makes without one, what a query returned survives the collections of garbage that follow it.
 */
async function sendPrepared(client: SendingClient, connection: PgConnection, statement: ClientQuery): Promise<unknown> {
  const { sql: text, bindings: values, options } = statement;
  client.emit('query', statement);
  try {
    return await new Promise((resolve, reject) => {
      connection.query({ ...options, text, values }, (error, response) => (error ? reject(error) : resolve(response)));
    });
  } catch (error) {
    // As Knex does it, so that an error reads the same whichever way its statement went.
    if (error instanceof Error) error.message = `${text} - ${error.message}`;
    client.emit('query-error', error, statement);
    throw error;
  }
}

const ROWS = { rowMode: 'array' } as const;
