/** A statement for an engine in a thread of its own. */
export interface EngineStatement {
  readonly sql: string;
  readonly bindings: readonly unknown[];
  readonly rowMode: 'array' | 'object' | undefined;
  /** PostgreSQL's numbers for the types whose values are to come as the texts that the engine sends. */
  readonly texts: readonly number[];
}

/** Orders to the thread. A statement is sent when the one before is answered, `close` at any time. */
export type EngineOrder = { readonly statement: EngineStatement } | 'close';

/** Rows as the engine gives them: arrays, or objects by the names of the columns. */
export type EngineRow = unknown[] | Record<string, unknown>;

/** Answer of the engine to a statement. */
export interface EngineAnswer {
  readonly rows: EngineRow[];
  readonly fields: readonly { readonly name: string; readonly dataTypeID: number }[];
  readonly affectedRows?: number;
}

/** A message of the thread: first that the engine has started, or why not; then the answers, in the order of the statements. */
export type EngineMessage = 'started' | { readonly answer: EngineAnswer } | { readonly failed: ErrorFacts };

/** An error as it goes from thread to thread, which keeps nothing but the message of one. */
export interface ErrorFacts {
  readonly name: string;
  readonly message: string;
  readonly stack: string | undefined;
  /** The fields of PostgreSQL, such as `code` and `severity`. */
  readonly fields: Readonly<Record<string, string | number>>;
}

/** The parts of an error that another thread may see: not the values of its statement. */
export function factsOf(error: unknown): ErrorFacts {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error), stack: undefined, fields: {} };
  const { name, message, stack } = error;
  const fields = Object.entries(error).filter(
    ([key, value]) => key !== 'query' && (typeof value === 'string' || typeof value === 'number'),
  );
  return { name, message, stack, fields: Object.fromEntries(fields) };
}

/** The error of another thread, as an error of this one. */
export function errorOf({ name, message, stack, fields }: ErrorFacts): Error {
  const error = name === 'RangeError' ? new RangeError(message) : new Error(message);
  return Object.assign(error, stack !== undefined && { stack }, fields);
}
