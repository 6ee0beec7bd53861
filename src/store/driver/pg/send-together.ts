import type { PgConnection, PgProtocol, PgQuery, PgStatement } from '../relied-upon.js';

/** True for a connection of `pg` itself that sends one statement after the other; `pg-native` has another protocol. */
export function canSendTogether({ connection: protocol, pipeline, constructor }: PgConnection): boolean {
  const isWhole = typeof protocol?.parse === 'function' && typeof protocol.sync === 'function';
  return isWhole && pipeline !== true && typeof constructor.Query === 'function';
}

/**
 * Sends statements in one round trip; resolves to the answer of each. The server carries them out in order and passes over those after
 * one that fails, since it goes on only at the end of all. Rejects with the first error. Throws for a connection that cannot.
 */
export function sendTogether(connection: PgConnection, statements: readonly PgStatement[]): Promise<unknown[]> {
  const { Query } = connection.constructor;
  if (Query === undefined) throw new Error('This connection cannot send statements together.');
  const queries: PgQuery[] = [];
  const answers = statements.map(
    (statement) =>
      new Promise((resolve, reject) => {
        // `pg` copies all properties of its own that a statement has, which takes longer than all else that it does with it.
        const inherited = Object.create(named(statement)) as PgStatement;
        queries.push(new Query(inherited, (error, answer) => (error ? reject(error) : resolve(answer))));
      }),
  );
  connection.query(new Together(queries));
  return Promise.all(answers);
}

/**
 * The statement with a name that only this file uses: a library that traces `pg` may put a comment into the text of one that is sent
 * by itself, and `pg` refuses one name for two texts.
 */
function named(statement: PgStatement): PgStatement {
  const { name } = statement;
  if (name === undefined) return statement;
  let own = names.get(name);
  if (own === undefined) names.set(name, (own = `${name}_together`));
  return { ...statement, name: own };
}

const names = new Map<string, string>();

/** Several statements that `pg` takes for one: each message of the server goes to the statement that it is about. */
class Together {
  // Not `#`: libraries that trace `pg` hand on an object derived from this one.
  private readonly queries: readonly PgQuery[];
  private current = 0;
  /** Called at the end; `pg` puts a function here that stops its clock. */
  callback = (_error: Error | null): void => {};

  constructor(queries: readonly PgQuery[]) {
    this.queries = queries;
    // Of its own and not to be replaced, or a library that traces `pg` would give all statements one text.
    Object.defineProperty(this, 'text', { get: () => this.now?.text, enumerable: true });
  }

  /** Name of the statement that the server parses next, under which `pg` remembers it. */
  get name(): string | undefined {
    return this.now?.name;
  }

  submit(protocol: PgProtocol): null {
    const parts: Uint8Array[] = [];
    const stream = { writable: true, write: (part: Uint8Array) => parts.push(part) > 0 };
    const gathering = Object.assign(Object.create(protocol) as PgProtocol, { stream });
    const withoutSync = Object.assign(Object.create(gathering) as PgProtocol, { sync: () => {} });
    for (const query of this.queries) query.prepare(withoutSync);
    gathering.sync();
    // Many small parts would cost the system more than all else here.
    if (protocol.stream.writable) protocol.stream.write(Buffer.concat(parts));
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
    // One that comes between the last answer and the end is about the last, so that nobody takes all for done or waits for ever.
    for (const query of this.queries.slice(Math.min(this.current, this.queries.length - 1))) {
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
