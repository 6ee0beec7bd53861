import { emitWarning } from 'node:process';
import { inspect } from 'node:util';
import { assertOptions } from '../assert-options.js';
import { InvalidArgumentError, MaestroError } from '../errors.js';
import { Clock } from '../hlc/clock.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { DEFAULT_MAX_ATTEMPTS } from '../store/commit/backoff.js';
import { MemoryStore, refuseProjections } from '../store/memory-store.js';
import type { PositionedProjection, Projection, Store } from '../store/store.js';
import { assertPositioned } from './assert-positioned.js';
import { isAggregate } from './definition/define-aggregate.js';
import type { Definition } from './definition/definition.js';
import { asProjection } from './projections.js';
import { SnapshotIgnoredError } from './snapshot/errors.js';

/** Default of `idle.max`. */
const DEFAULT_MAX_IDLE = 1000;

/** Options of `openAggregates`. */
export interface AggregatesOptions {
  /** The store with their events. */
  readonly store: Store;
  /** The clock of this process; share it with everything that commits here. @defaultValue a new clock */
  readonly clock?: Clock;
  /** Largest number of attempts at a command while other writers keep being faster, 1 or more. @defaultValue 100 */
  readonly maxAttempts?: number;
  /**
   * Called once for each command, where `evaluate` is called (so an `AsyncLocalStorage` has its value): what the events of
   * the command are stored with, unless `evaluate` is given another value for a key. Returns a plain JSON object, at once;
   * what it throws, `evaluate` throws. @defaultValue no metadata
   */
  readonly metadata?: (() => object) | undefined;
  /**
   * Projections that take in the events of each command in its transaction, made by `defineProjection`: what a command has changed can
   * be read at once. The first command makes the tables, if nobody has; a `setUp` that fails makes each command throw. What a handler
   * throws rolls the command back (`ProjectionError`).
   *
   * Where a projection lacks up to 100 earlier events of the aggregate, these are taken in first. Where it lacks more, has parked the aggregate, or
   * is at another version in the database, the command goes on without it: a worker (`runProjections`) of that version takes the events in later.
   * Needs a `PostgresStore`. Subscriptions are for `runProjections` only. @defaultValue none
   */
  readonly projections?: readonly PositionedProjection[];
  /** The policy for aggregates that are not in use. */
  readonly idle?: IdlePolicy;
  /**
   * Called when a snapshot of the policy could not be stored, and (with `SnapshotIgnoredError`) when a stored one was
   * not used because handlers fail on it. The command itself has succeeded, or goes on.
   * @defaultValue a warning of the process (`process.emitWarning`)
   */
  readonly onSnapshotError?: (error: unknown, id: Timestamp) => unknown;
}

/** The policy for aggregates that are not in use: the most recently used ones stay in memory. */
export interface IdlePolicy {
  /** Number of unused aggregates that stay in memory, 0 or more. @defaultValue 1000 */
  readonly max?: number;
  /**
   * Store a snapshot of an aggregate that leaves memory, if it has changed since the last one. The command that makes
   * it leave waits for that.
   * @defaultValue false
   */
  readonly snapshot?: boolean;
}

/** The parts that all roots of one definition share. */
export interface RootContext {
  readonly definition: Definition;
  readonly store: Store;
  readonly clock: Clock;
  readonly maxAttempts: number;
  readonly projections: readonly Projection[];
  readonly positioned: readonly PositionedProjection[];
  /** The metadata that the application's context gives to the events of a command. */
  readonly metadata: (() => unknown) | undefined;
  /** Called when an automatic snapshot could not be stored, or a stored one could not be used. */
  readonly onSnapshotError: (error: unknown, id: Timestamp) => void;
}

/** The options with their defaults, as `Aggregates` uses them. */
interface ResolvedOptions {
  readonly context: RootContext;
  readonly maxIdle: number;
  /** True when aggregates that leave memory are stored as snapshots. */
  readonly snapshotsEvicted: boolean;
}

/** All names of options. The compiler says which one is missing here. */
const OPTIONS = {
  store: true,
  clock: true,
  maxAttempts: true,
  metadata: true,
  projections: true,
  idle: true,
  onSnapshotError: true,
} as const satisfies Record<keyof AggregatesOptions, true>;

/** Options with their defaults. Throws {@link InvalidArgumentError} for one that is not known or cannot be used. */
export function resolveOptions(definition: Definition, options: AggregatesOptions): ResolvedOptions {
  assertOptions('openAggregates()', options, Object.keys(OPTIONS));
  const { store, clock = new Clock(), maxAttempts = DEFAULT_MAX_ATTEMPTS, idle = {}, onSnapshotError = warn } = options;
  const { metadata, projections: positioned = [] } = options;
  assertOptions('The option `idle`', idle, ['max', 'snapshot']);
  const { max: maxIdle = DEFAULT_MAX_IDLE, snapshot: snapshotsEvicted = false } = idle;
  if (!isAggregate(definition))
    throw new InvalidArgumentError('openAggregates() takes a definition; make one with defineAggregate().');
  if (typeof (store as Partial<Store> | undefined)?.commitAll !== 'function')
    throw new InvalidArgumentError('openAggregates() takes a store: {store: new PostgresStore(knex)}, say.');
  if (store.interop !== undefined && definition.snapshot.version !== undefined)
    throw new InvalidArgumentError(
      `${definition.name} has a \`snapshot.version\`, but its store has \`interop: 'elixir'\`. An Elixir application would take such a snapshot for the state itself.`,
      { hint: 'Leave the version out, or open aggregates that Elixir never loads on a store without `interop`.' },
    );
  if (typeof (clock as Partial<Clock> | null)?.lastAccepted !== 'function')
    throw new InvalidArgumentError(`clock must be a Clock; got ${inspect(clock)}.`);
  if (metadata !== undefined && typeof metadata !== 'function')
    throw new InvalidArgumentError(`metadata must be a function that returns an object; got ${inspect(metadata)}.`, {
      hint: 'Write `metadata: () => ({…})`; it is called for each command.',
    });
  assertPositioned(definition, positioned);
  if (store instanceof MemoryStore) refuseProjections(positioned);
  assertInteger('maxAttempts', maxAttempts, 1);
  assertInteger('idle.max', maxIdle, 0);
  const projections = definition.projections.map(asProjection);
  const tell = (error: unknown, id: Timestamp) => void tellOfSnapshot(onSnapshotError, error, id);
  return {
    context: { definition, store, clock, maxAttempts, projections, positioned, metadata, onSnapshotError: tell },
    maxIdle,
    snapshotsEvicted,
  };
}

/** Throws {@link InvalidArgumentError} for what is no integer, or less than it may be. */
export function assertInteger(name: string, value: number, min: number): void {
  if (!Number.isInteger(value) || value < min)
    throw new InvalidArgumentError(`${name} must be an integer, ${min} or more; got ${inspect(value)}.`);
}

/** Calls `onSnapshotError`. The command has succeeded already, so a failure there only becomes a warning. */
async function tellOfSnapshot(
  onSnapshotError: (error: unknown, id: Timestamp) => unknown,
  error: unknown,
  id: Timestamp,
): Promise<void> {
  try {
    await onSnapshotError(error, id);
  } catch (failure) {
    warn(failure, id);
  }
}

function warn(error: unknown, id: Timestamp): void {
  const reason = error instanceof Error ? error.message : String(error);
  const text =
    error instanceof SnapshotIgnoredError ? reason : `The snapshot of ${id.hex} could not be stored: ${reason}`;
  const hint = error instanceof MaestroError ? error.hint : undefined;
  emitWarning(text, { type: 'MaestroWarning', ...(hint === undefined ? {} : { detail: hint }) });
}
