import { inspect } from 'node:util';
import type { Knex } from 'knex';
import { InvalidArgumentError } from '../../errors.js';
import { checkSchemaName, DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { type AnyProjection, isProjection } from '../definition.js';
import { circleHint, shownAs } from '../shown-as.js';

/** The database whose log is followed: what `openDatabase` gives, or `{ knex, schema }`; not the Knex instance itself. */
export interface ProjectedDatabase {
  readonly knex: Knex;
  /** The schema that holds the tables of the event store. @defaultValue 'public' */
  readonly schema?: string | undefined;
}

/** The events that one transaction of a worker has taken in. */
export interface ProjectionProgress {
  /** The projection or subscription. */
  readonly name: string;
  readonly version: number;
  /** Number of events. */
  readonly taken: number;
}

/** Options of `runProjections`. */
export interface RunProjectionsOptions {
  /**
   * Number of transactions of read models at a time, and of handlers of subscriptions beside them. With what searches and what shows that the
   * worker is alive, 4 uses up to 10 connections, 6 without subscriptions. Of a smaller pool (`openDatabase` has 4: give it `pool: { max: 12 }`), and of the one connection of
   * the embedded database, they wait for their turn, beside the application.
   * @defaultValue 4
   */
  readonly concurrency?: number | undefined;
  /** Stops the worker when it is aborted. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Called with what went wrong and will be tried again: a handler that failed (`EventParkedError`), a connection that broke, a projection beside
   * others that cannot be set up, a rebuild that cannot be switched; and with a handler that takes long. Last, with a `WorkerFailedError` when
   * the worker cannot go on. What it throws ends the worker.
   * @defaultValue a warning of the process (`process.emitWarning`), one a minute for each kind of error
   */
  readonly onError?: ((error: unknown) => void) | undefined;
  /** Called after each transaction that has taken in events. */
  readonly onProgress?: ((progress: ProjectionProgress) => void) | undefined;
  /**
   * Time between two looks for events of other processes, in milliseconds; those of this process are taken in at once. Where several
   * workers share the work, each looks less often.
   * @defaultValue 100, and 1000 on the embedded database, which has no other processes
   */
  readonly interval?: number | undefined;
  /**
   * Time in milliseconds after which an event that a subscription was handling goes to another worker when its own one has
   * died, or has not reached the database for so long. At least 100. @defaultValue 10000
   */
  readonly lease?: number | undefined;
}

/** The largest number of lanes. */
const MAX_CONCURRENCY = 1000;
/** The longest time that a timer of Node.js takes, in milliseconds. */
const MAX_TIME = 2 ** 31 - 1;
const KNOWN = new Set(['concurrency', 'signal', 'onError', 'onProgress', 'interval', 'lease']);

/** Options with their defaults. */
export interface CheckedOptions extends RunProjectionsOptions {
  readonly concurrency: number;
  readonly interval: number;
  readonly lease: number;
}

/** The options, checked and with their defaults. Throws `InvalidArgumentError`. */
export function checkedOptions(options: RunProjectionsOptions, isEmbedded: boolean): CheckedOptions {
  const { concurrency = 4, interval = isEmbedded ? 1000 : 100, lease = 10_000, onError, onProgress, signal } = options;
  const unknown = Object.keys(options).find((key) => !KNOWN.has(key));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`runProjections has no option ${unknown}; it has ${[...KNOWN].join(', ')}.`);
  assertInteger('concurrency', concurrency, 1, MAX_CONCURRENCY);
  assertInteger('interval', interval, 1, MAX_TIME);
  assertInteger('lease', lease, 100, MAX_TIME);
  for (const [name, value] of Object.entries({ onError, onProgress }))
    if (value !== undefined && typeof value !== 'function')
      throw new InvalidArgumentError(`The option ${name} must be a function; got ${inspect(value)}.`);
  if (signal !== undefined && !(signal instanceof AbortSignal))
    throw new InvalidArgumentError(`The option signal must be an AbortSignal; got ${inspect(signal)}.`);
  return { ...options, concurrency, interval, lease };
}

/** The definitions, each with a name of its own. Throws `InvalidArgumentError`. */
export function checkedDefinitions(definitions: readonly AnyProjection[]): readonly AnyProjection[] {
  if (!isList(definitions) || definitions.length === 0)
    throw new InvalidArgumentError('runProjections takes a list of projections and subscriptions, one or more.');
  const names = new Set<string>();
  for (const [index, definition] of definitions.entries()) {
    if (!isProjection(definition))
      throw new InvalidArgumentError(
        `Item ${index} of the list is no projection or subscription, but ${shownAs(definition)}; make it with defineProjection() or defineSubscription().`,
        circleHint(definition),
      );
    if (names.has(definition.name))
      throw new InvalidArgumentError(`Two projections or subscriptions have the name ${definition.name}; rename one.`);
    names.add(definition.name);
  }
  return definitions;
}

/** The place of the log. Throws `InvalidArgumentError` for a schema that cannot be one. */
export function checkedDatabase(database: ProjectedDatabase): { knex: Knex; schema: string } {
  const { knex, schema = DEFAULT_SCHEMA } = (database ?? {}) as Partial<ProjectedDatabase>;
  if (typeof knex !== 'function' || typeof database !== 'object')
    throw new InvalidArgumentError(
      'runProjections takes a database: what openDatabase() gives, or {knex, schema}, with the Knex instance in it.',
    );
  if (knex.isTransaction === true)
    throw new InvalidArgumentError(
      'runProjections cannot work inside a transaction; give it the Knex instance itself.',
    );
  return { knex, schema: checkSchemaName(schema) };
}

function isList(value: unknown): boolean {
  return Array.isArray(value);
}

function assertInteger(name: string, value: unknown, least: number, most: number): void {
  if (!Number.isInteger(value) || (value as number) < least || (value as number) > most)
    throw new InvalidArgumentError(
      `The option ${name} must be an integer, ${least} to ${most}; got ${inspect(value)}.`,
    );
}
