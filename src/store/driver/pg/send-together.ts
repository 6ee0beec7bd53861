import type { PgConnection, PgModule, PgProtocol, PgQuery, PgStatement } from '../relied-upon.js';

/** True for a connection of `pg` itself; `pg-native` has another protocol. */
export function canSendTogether(pg: PgModule, { connection: protocol }: PgConnection): boolean {
  return typeof pg.Query === 'function' && typeof protocol?.parse === 'function' && typeof protocol.sync === 'function';
}

/**
 * Sends statements in one round trip; resolves to the answer of each. The server carries them out in order and passes over those after
 * one that fails, since it goes on only at the end of all. Rejects with the first error.
 */
export function sendTogether(
  pg: PgModule,
  connection: PgConnection,
  statements: readonly PgStatement[],
): Promise<unknown[]> {
  const queries: PgQuery[] = [];
  const answers = statements.map(
    (statement) =>
      new Promise((resolve, reject) => {
        queries.push(new pg.Query(statement, (error, answer) => (error ? reject(error) : resolve(answer))));
      }),
  );
  connection.query(new Together(queries));
  return Promise.all(answers);
}

/** Several statements that `pg` takes for one: each message of the server goes to the statement that it is about. */
class Together {
  // Not `#`: libraries that trace `pg` hand on an object derived from this one.
  private readonly queries: readonly PgQuery[];
  private current = 0;
  /** Called at the end; `pg` puts a function here that stops its clock. */
  callback = (_error: Error | null): void => {};

  constructor(queries: readonly PgQuery[]) {
    this.queries = queries;
  }

  /** Name of the statement that the server parses next, under which `pg` remembers it. */
  get name(): string | undefined {
    return this.now?.name;
  }

  get text(): string | undefined {
    return this.now?.text;
  }

  submit(protocol: PgProtocol): null {
    const withoutSync = Object.assign(Object.create(protocol) as PgProtocol, { sync: () => {} });
    protocol.stream.cork?.();
    try {
      for (const query of this.queries) query.prepare(withoutSync);
      protocol.sync();
    } finally {
      protocol.stream.uncork?.();
    }
    return null;
  }

  handleRowDescription(message: unknown): void {
    this.now?.handleRowDescription(message);
  }

  handleDataRow(message: unknown): void {
    this.now?.handleDataRow(message);
  }

  handleCommandComplete(message: unknown, protocol: PgProtocol): void {
    this.now?.handleCommandComplete(message, protocol);
    this.current += 1;
  }

  handleError(error: Error, protocol: PgProtocol): void {
    for (const query of this.queries.slice(this.current)) {
      // What was passed over is not known to the server.
      if (query.name !== undefined) delete protocol.submittedNamedStatements?.[query.name];
      query.handleError(error, protocol);
    }
    this.callback(error);
  }

  handleReadyForQuery(protocol: PgProtocol): void {
    for (const query of this.queries) query.handleReadyForQuery(protocol);
    this.callback(null);
  }

  private get now(): PgQuery | undefined {
    return this.queries[this.current];
  }
}
