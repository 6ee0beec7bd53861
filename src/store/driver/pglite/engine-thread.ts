import { MaestroError } from '../../../errors.js';
import { cancellationSignal } from '../cancellation.js';
import { closedDatabase } from '../pool-use.js';
import type { RawConnection } from '../relied-upon.js';
import type { EngineAnswer, EngineStatement } from './engine-messages.js';
import { endError, type EngineEnd, RunningEngine, type RunningEngineOptions } from './running-engine.js';

/** Time in which a statement that nobody waits for any more may end by itself, in milliseconds: to start the engine anew takes longer. */
const GRACE = 250;

/** The longest time that a timer takes, in milliseconds: 24 days. */
const LONGEST = 2 ** 31 - 1;
const ENDS_TRANSACTION = /^(?:COMMIT|ROLLBACK)\b/i;

/** Errors of a server for a statement whose time was over, and for one that somebody cancelled. */
const TIMEOUT: EngineEnd = { message: 'canceling statement due to statement timeout', code: '57014' };
const CANCELLED: EngineEnd = { message: 'canceling statement due to user request', code: '57014' };

/** Facts about an engine that gets a thread of its own. */
export interface EngineThreadOptions extends RunningEngineOptions {
  /** Longest time for one statement, in milliseconds; 0 for no limit. */
  readonly limit: number;
  /** Called before each start; throws an error when the engine must not be started. */
  readonly check: () => void;
  /** Called once, when nothing starts an engine any more and the last one has ended. */
  readonly onClose: () => void;
}

/** Options of a statement, as PGlite takes them. */
interface QueryOptions {
  readonly rowMode?: 'array' | 'object';
  readonly parsers?: Readonly<Record<number, (text: string) => unknown>>;
}

/**
 * An engine in a thread of its own, as the one connection of a Knex instance; this thread stays free meanwhile. Nothing
 * interrupts the engine at a statement, so one that takes longer than its limit, or that nobody waits for any more, is cut off:
 * the thread is ended, which harms the data as little as the end of a process does, and the statement fails as it does
 * on a server that cancels it. So does all that comes after it on this connection until the pool has taken it anew; then the next
 * statement starts the engine again.
 */
export class EngineThread implements RawConnection {
  /** Awaited by Knex's dialect whenever the pool takes this connection; the engine is started by the first statement. */
  readonly waitReady = Promise.resolve();
  __knex__disposed: unknown;
  readonly #options: EngineThreadOptions;
  #engine: RunningEngine | undefined;
  #end: EngineEnd | undefined;
  #isClosedForGood = false;
  /** Resolves when no thread that was here before has the folder open. */
  #free: Promise<unknown> = Promise.resolve();
  #last: Promise<unknown> = Promise.resolve();

  constructor(options: EngineThreadOptions) {
    this.#options = options;
  }

  /** Starts the engine, unless it runs. Rejects when it does not start. */
  async start(): Promise<void> {
    await this.#running().started;
  }

  /** Sends a statement, as PGlite does. */
  async query(sql: string, bindings: readonly unknown[] = [], options: QueryOptions = {}): Promise<EngineAnswer> {
    const { rowMode, parsers = {} } = options;
    const statement = { sql, bindings, rowMode, texts: Object.keys(parsers).map(Number) };
    const signal = cancellationSignal();
    const asked = this.#last.then(() => this.#ask(statement, signal));
    this.#last = asked.catch(() => {});
    try {
      return withValues(await asked, parsers, rowMode);
    } catch (error) {
      throw error instanceof MaestroError ? withOwnMessage(error) : error;
    }
  }

  /** Ends the thread and what it is at. */
  async cutOff(): Promise<void> {
    await this.#cutOff(CANCELLED);
  }

  /** Closes the database and ends the thread, so that the next statement starts the engine anew. */
  async close(): Promise<void> {
    const engine = this.#engine;
    this.#engine = undefined;
    if (engine !== undefined) this.#free = engine.ended;
    await engine?.close();
    await this.#free;
    this.#end = undefined;
    this.__knex__disposed = undefined;
  }

  /** Closes the database and ends the thread; nothing starts an engine any more, so the folder may be given up. */
  async closeForGood(): Promise<void> {
    if (this.#isClosedForGood) return;
    this.#isClosedForGood = true;
    await this.close();
    this.#options.onClose();
  }

  async #ask(statement: EngineStatement, signal: AbortSignal | undefined): Promise<EngineAnswer> {
    if (this.#isClosedForGood) throw closedDatabase();
    if (this.#end !== undefined) throw endError(this.#end);
    refuseIfLeft(statement, signal);
    await this.#free;
    const engine = this.#running();
    await unlessLeft(engine.started, signal);
    refuseIfLeft(statement, signal);
    const stops = new Set<() => void>();
    const cutOffAfter = (milliseconds: number, end: EngineEnd) =>
      void stops.add(afterTime(milliseconds, () => void this.#cutOff(end)));
    const leave = () => cutOffAfter(GRACE, CANCELLED);
    const { limit } = this.#options;
    if (limit > 0) cutOffAfter(Math.min(limit, LONGEST), TIMEOUT);
    if (signal?.aborted === true) leave();
    signal?.addEventListener('abort', leave);
    try {
      return await engine.ask(statement);
    } finally {
      signal?.removeEventListener('abort', leave);
      for (const stop of stops) stop();
    }
  }

  #running(): RunningEngine {
    if (this.#engine !== undefined) return this.#engine;
    if (this.#isClosedForGood) throw closedDatabase();
    this.#options.check();
    const engine = new RunningEngine(this.#options);
    this.#engine = engine;
    void engine.ended.then((end) => {
      if (this.#engine === engine) this.#dispose(end);
    });
    return engine;
  }

  async #cutOff(end: EngineEnd): Promise<void> {
    const engine = this.#engine;
    this.#dispose(end);
    await engine?.end(end);
  }

  #dispose(end: EngineEnd): void {
    this.#free = this.#engine?.ended ?? this.#free;
    this.#engine = undefined;
    this.#end = end;
    this.__knex__disposed = end.message;
  }
}

/** Keeps Knex from putting the statement in front of the message of an error that is no answer to it. */
function withOwnMessage(error: MaestroError): MaestroError {
  const { message } = error;
  return Object.defineProperty(error, 'message', { configurable: true, get: () => message, set: () => {} });
}

/**
 * Acts after a time, unless what this returns was called before. Messages of other threads that came while this thread was
 * busy are heard first.
 */
function afterTime(milliseconds: number, act: () => void): () => void {
  let immediate: NodeJS.Immediate | undefined;
  const timer = setTimeout(() => (immediate = setImmediate(act)), milliseconds);
  return () => {
    clearTimeout(timer);
    clearImmediate(immediate);
  };
}

/** Throws when nobody waits for a statement any more, unless that ends a transaction, which has to be. */
function refuseIfLeft({ sql }: EngineStatement, signal: AbortSignal | undefined): void {
  if (signal?.aborted === true && !ENDS_TRANSACTION.test(sql)) throw endError(CANCELLED);
}

/** Waits for an engine to start, but not longer than somebody waits for what is to follow. */
async function unlessLeft(started: Promise<void>, signal: AbortSignal | undefined): Promise<void> {
  let leave = (): void => {};
  const left = new Promise<never>((_resolve, reject) => (leave = () => reject(endError(CANCELLED))));
  signal?.addEventListener('abort', leave);
  try {
    await Promise.race([started, left]);
  } finally {
    signal?.removeEventListener('abort', leave);
  }
}

/** Makes values of the texts in an answer, by the types of its columns; of columns with the same name the last counts. */
function withValues(
  answer: EngineAnswer,
  parsers: QueryOptions['parsers'] = {},
  rowMode: QueryOptions['rowMode'],
): EngineAnswer {
  const readers = new Map<string | number, ((text: string) => unknown) | undefined>();
  for (const [index, { name, dataTypeID }] of answer.fields.entries())
    readers.set(rowMode === 'array' ? index : name, parsers[dataTypeID]);
  for (const row of answer.rows as Record<string | number, unknown>[])
    for (const [column, read] of readers) {
      const text = row[column];
      if (read !== undefined && text !== null) row[column] = read(text as string);
    }
  return answer;
}
