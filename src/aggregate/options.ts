import { emitWarning } from 'node:process';
import { inspect } from 'node:util';
import { InvalidArgumentError, MaestroError } from '../errors.js';
import { Clock } from '../hlc/clock.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { DEFAULT_MAX_ATTEMPTS } from '../store/commit/backoff.js';
import type { Projection, Store } from '../store/store.js';
import { isAggregate } from './definition/define-aggregate.js';
import type { Definition } from './definition/definition.js';
import { asProjection } from './projections.js';
import { SnapshotIgnoredError } from './snapshot/errors.js';

/** How many aggregates that nobody is using stay in memory by default. */
const DEFAULT_MAX_IDLE = 1000;

/** What the aggregates of one kind are opened with. */
export interface AggregatesOptions {
  /** Where their events are. */
  readonly store: Store;
  /** The clock of this process; share it with everything that commits here. @defaultValue a clock of its own */
  readonly clock?: Clock;
  /** How often to decide on a command when other writers keep being faster, 1 or more. @defaultValue 100 */
  readonly maxAttempts?: number;
  /** What stays in memory. */
  readonly idle?: IdlePolicy;
  /**
   * Told when a snapshot that the policy asked for could not be stored, and (`SnapshotIgnoredError`) when a stored one was
   * left aside because handlers fail on what it holds. The command has succeeded, or goes on, all the same.
   * @defaultValue a warning of the process (`process.emitWarning`)
   */
  readonly onSnapshotError?: (error: unknown, id: Timestamp) => unknown;
}

/** Which aggregates that nobody is using stay in memory: the most recently used. */
export interface IdlePolicy {
  /** How many, 0 or more. @defaultValue 1000 */
  readonly max?: number;
  /**
   * Whether one that has to leave is stored as a snapshot, if it has moved since the last. The command that another has
   * to leave for waits for that. @defaultValue false
   */
  readonly snapshot?: boolean;
}

/** Parts that all roots of one kind work with. */
export interface RootContext {
  readonly definition: Definition;
  readonly store: Store;
  readonly clock: Clock;
  readonly maxAttempts: number;
  readonly projections: readonly Projection[];
  /** Told of a snapshot that nobody asked for and that could not be stored, and of a stored one that could not be used. */
  readonly onSnapshotError: (error: unknown, id: Timestamp) => void;
}

/** What follows from options. */
interface ResolvedOptions {
  readonly context: RootContext;
  readonly maxIdle: number;
  /** Whether aggregates that leave memory are stored as snapshots. */
  readonly snapshotsEvicted: boolean;
}

/** Options with their defaults. Throws {@link InvalidArgumentError} for one that cannot be used. */
export function resolveOptions(definition: Definition, options: AggregatesOptions): ResolvedOptions {
  const { store, clock = new Clock(), maxAttempts = DEFAULT_MAX_ATTEMPTS, idle = {}, onSnapshotError = warn } = options;
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
  if (typeof (clock as Partial<Clock> | null)?.now !== 'function')
    throw new InvalidArgumentError(`clock is a Clock; got ${inspect(clock)}.`);
  assertInteger('maxAttempts', maxAttempts, 1);
  assertInteger('idle.max', maxIdle, 0);
  const projections = definition.projections.map(asProjection);
  const tell = (error: unknown, id: Timestamp) => void tellOfSnapshot(onSnapshotError, error, id);
  return {
    context: { definition, store, clock, maxAttempts, projections, onSnapshotError: tell },
    maxIdle,
    snapshotsEvicted,
  };
}

/** Throws {@link InvalidArgumentError} for what is no integer, or less than it may be. */
export function assertInteger(name: string, value: number, min: number): void {
  if (!Number.isInteger(value) || value < min)
    throw new InvalidArgumentError(`${name} is an integer, ${min} or more; got ${inspect(value)}.`);
}

/** The command whose snapshot it was has succeeded, so whoever is told of it may fail, or take as long as it likes. */
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
