import { Worker } from 'node:worker_threads';
import { ENGINE_STOPPED } from '../driver-error.js';
import {
  type EngineAnswer,
  type EngineMessage,
  type EngineOrder,
  type EngineStatement,
  errorOf,
} from './engine-messages.js';

/** Facts about the thread of an engine. */
export interface RunningEngineOptions {
  /** The file that the thread runs: it starts the engine, and then serves it. */
  readonly file: URL;
  /** Facts that this file has to know. */
  readonly data: unknown;
  /** Called when the engine has started. */
  readonly onStart: () => void;
  /** Makes the error for an engine that did not start. */
  readonly startError: (cause: unknown) => Error;
}

/** The reason for which nothing comes from a thread any more, as the fields of an error. */
export interface EngineEnd {
  readonly message: string;
  readonly code: string;
}

/**
 * Bound for what the thread has made last and perhaps forgotten, in MB: without one it lets that become 48 MB, of which most is
 * garbage, since what the engine itself uses is not in it.
 */
const YOUNG = { maxYoungGenerationSizeMb: 4 };

/** An engine from its start to its end, in a thread. */
export class RunningEngine {
  /** Resolves when the engine has started; rejects when it does not start. */
  readonly started: Promise<void>;
  /** Resolves when the thread has ended, to the reason. */
  readonly ended: Promise<EngineEnd>;
  readonly #thread: Worker;
  #hasStarted = false;
  /** The error that ended the thread by itself. */
  #failure: Error = endError({ message: 'The thread of the embedded database has ended', code: ENGINE_STOPPED });
  /** The reason for which the thread was ended from here. */
  #reason: EngineEnd | undefined;
  #answered: { resolve(answer: EngineAnswer): void; reject(error: unknown): void } | undefined;

  constructor(options: RunningEngineOptions) {
    const thread = new Worker(options.file, { workerData: options.data, resourceLimits: YOUNG });
    this.#thread = thread;
    this.ended = new Promise((resolve) => thread.once('exit', () => resolve(this.#end)));
    // Such as a heap that is full; the exit follows.
    thread.on('error', (error: unknown) => (this.#failure = error instanceof Error ? error : new Error(String(error))));
    this.started = this.#start(options);
    this.started.catch(() => {});
    void this.ended.then((end) => this.#answered?.reject(endError(end)));
  }

  async #start({ onStart, startError }: RunningEngineOptions): Promise<void> {
    const ended = this.ended.then((end) => {
      throw this.#reason === undefined ? startError(this.#failure) : endError(end);
    });
    const heard = new Promise<EngineMessage>((resolve) => this.#thread.once('message', resolve));
    const first = await Promise.race([heard, ended]);
    try {
      if (first !== 'started') throw startError('failed' in first ? errorOf(first.failed) : undefined);
      onStart();
    } catch (error) {
      void this.end(this.#end);
      throw error;
    }
    this.#hasStarted = true;
    this.#thread.on('message', (message: EngineMessage) => this.#hear(message));
  }

  /** Has the engine carry out a statement, when it has started and has answered those before. */
  ask(statement: EngineStatement): Promise<EngineAnswer> {
    return new Promise((resolve, reject) => {
      this.#answered = { resolve, reject };
      this.#order({ statement });
    });
  }

  /** Has the engine close the database, unless it still starts, and resolves when the thread has ended. */
  async close(): Promise<void> {
    if (!this.#hasStarted) return await this.end(this.#end);
    this.#order('close');
    await this.ended;
  }

  /** Ends the thread at once, whatever it is at, and resolves when it has ended. An answer that comes meanwhile does not count. */
  async end(reason: EngineEnd): Promise<void> {
    this.#reason = reason;
    this.#answered?.reject(endError(reason));
    await this.#thread.terminate();
  }

  get #end(): EngineEnd {
    return this.#reason ?? { message: this.#failure.message, code: ENGINE_STOPPED };
  }

  #order(order: EngineOrder): void {
    this.#thread.postMessage(order);
  }

  #hear(message: EngineMessage): void {
    if (message === 'started') return;
    if ('answer' in message) this.#answered?.resolve(message.answer);
    else this.#answered?.reject(errorOf(message.failed));
  }
}

/** The error of what is asked of an engine that has ended: another one each time, because Knex changes its message. */
export function endError({ message, code }: EngineEnd): Error {
  return Object.assign(new Error(message), { code });
}
