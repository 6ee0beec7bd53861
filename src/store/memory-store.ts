import { InvalidArgumentError } from '../errors.js';
import type { CommittedEvent, NewEvent, NewSnapshot, Snapshot, StoredEvent, StoredSnapshot } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { NumberMode } from '../json/types.js';
import { withoutExponents } from '../json/encode/without-exponents.js';
import { err, ok } from '../result.js';
import { DuplicateTimestampError, ProjectionsUnsupportedError } from './errors.js';
import { assertAggregateId, assertEventList } from './assert-arguments.js';
import { assertCommandId, type NewCommand } from './commit/commit-content.js';
import { checkedInterop, type Interop } from './commit/interop.js';
import type { JoinOptions } from './transactions/joined.js';
import type { EventPlace, LastEvent } from './read/last-event.js';
import { checkedLimit, sequenceRange } from './read/sequence-range.js';
import { decodedEvent, decodedSnapshot } from './read/rows.js';
import type {
  CarriedOutCommand,
  CommandCommitResult,
  CommitProjection,
  CommitResult,
  EventReadOptions,
  LastEventOptions,
  ReadOptions,
  Store,
} from './store.js';
import { committedEvents, encodeEvents, encodeSnapshot } from './commit/validate.js';

/** Options of a {@link MemoryStore}. */
export interface MemoryStoreOptions {
  /** The mode of numbers in bodies unless a read names another. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
  /** Refuse values that an Elixir application could not read, like `PostgresStore` with the same option. */
  readonly interop?: Interop | undefined;
}

/**
 * An event store in the memory of one process, for tests and examples: the same validation, conflicts and results as
 * {@link PostgresStore}; its contents are gone when the process ends. It has no transactions, so it refuses projections
 * and the option `transaction`. Mirrors `Maestro.Store.InMemory` of Elixir.
 */
export class MemoryStore implements Store {
  /** The option `interop` as it was given. */
  readonly interop: Interop | undefined;
  readonly #numbers: NumberMode;
  readonly #aggregates = new Map<string, Map<number, StoredEvent>>();
  readonly #timestamps = new Set<string>();
  readonly #snapshots = new Map<string, StoredSnapshot>();
  readonly #commands = new Map<string, CarriedOutCommand>();

  /** Throws `InvalidArgumentError` for an unknown `interop`. */
  constructor({ numbers = 'plain', interop }: MemoryStoreOptions = {}) {
    this.interop = checkedInterop(interop);
    this.#numbers = numbers;
  }

  async commitAll(
    events: readonly NewEvent[],
    projections: readonly CommitProjection[] = [],
    options: JoinOptions = {},
  ): Promise<CommitResult> {
    refuseProjections(projections);
    return await this.commitEvents(events, options);
  }

  async commitCommand(
    { aggregateId, commandId, digest, firstSequence, lastSequence }: NewCommand,
    events: readonly NewEvent[],
    projections: readonly CommitProjection[] = [],
    options: JoinOptions = {},
  ): Promise<CommandCommitResult> {
    refuseProjections(projections);
    refuseToJoin(options);
    assertCommandId(commandId);
    const key = `${aggregateId.hex} ${commandId}`;
    if (this.#commands.has(key)) return err('repeated_command');
    const result = this.#commit(events, options);
    if (result.ok) this.#commands.set(key, { digest, firstSequence, lastSequence });
    return result;
  }

  async getCommand(
    aggregateId: Timestamp,
    commandId: string,
    options: JoinOptions = {},
  ): Promise<CarriedOutCommand | undefined> {
    refuseToJoin(options);
    assertAggregateId(aggregateId);
    return this.#commands.get(`${aggregateId.hex} ${commandId}`);
  }

  async commitEvents(events: readonly NewEvent[], options: JoinOptions = {}): Promise<CommitResult> {
    return this.#commit(events, options);
  }

  #commit(events: readonly NewEvent[], options: JoinOptions): CommitResult {
    refuseToJoin(options);
    assertEventList(events);
    const encoded = encodeEvents(events, this.interop);
    if (events.some((event) => this.#events(event.aggregateId).has(event.sequence))) return err('retry_command');
    const taken = events.filter((event) => this.#timestamps.has(event.timestamp.hex));
    if (taken.length > 0) throw new DuplicateTimestampError(taken.map((event) => event.timestamp.toString()));
    for (const { event, json } of encoded) this.#insert(event, json);
    return ok(committedEvents(encoded));
  }

  async commitSnapshot(snapshot: NewSnapshot, options: JoinOptions = {}): Promise<'committed' | 'stale'> {
    refuseToJoin(options);
    const body = withoutExponents(encodeSnapshot(snapshot, this.interop));
    const { aggregateId, sequence } = snapshot;
    const stored = this.#snapshots.get(aggregateId.hex);
    if (stored !== undefined && stored.sequence >= sequence) return 'stale';
    this.#snapshots.set(aggregateId.hex, { aggregateId, sequence, body });
    return 'committed';
  }

  async getEvents(aggregateId: Timestamp, minSequence = 1, options: EventReadOptions = {}): Promise<CommittedEvent[]> {
    refuseToJoin(options);
    const { min, max } = sequenceRange(minSequence, options.maxSequence);
    return [...this.#events(aggregateId).values()]
      .filter(({ sequence }) => sequence >= min && sequence <= max)
      .sort((a, b) => a.sequence - b.sequence)
      .slice(0, checkedLimit(options.limit))
      .map((event) => decodedEvent(event, options.numbers ?? this.#numbers));
  }

  async *streamEvents(
    aggregateId: Timestamp,
    minSequence = 1,
    options: EventReadOptions = {},
  ): AsyncGenerator<CommittedEvent> {
    yield* await this.getEvents(aggregateId, minSequence, options);
  }

  async getSnapshot(
    aggregateId: Timestamp,
    minSequence = 0,
    { maxSequence, numbers = this.#numbers, ...options }: ReadOptions = {},
  ): Promise<Snapshot | undefined> {
    refuseToJoin(options);
    assertAggregateId(aggregateId);
    const { min, max } = sequenceRange(minSequence, maxSequence);
    const stored = this.#snapshots.get(aggregateId.hex);
    if (stored === undefined || stored.sequence < min || stored.sequence > max) return undefined;
    return decodedSnapshot(stored, numbers);
  }

  async getLastEvent(
    aggregateId: Timestamp,
    { ahead, until, ...options }: LastEventOptions = {},
  ): Promise<(LastEvent & EventPlace) | undefined> {
    refuseToJoin(options);
    const events = [...this.#events(aggregateId).values()];
    const [last] = events.toSorted((a, b) => b.sequence - a.sequence);
    if (last === undefined) return undefined;
    const { sequence, timestamp } = last;
    const near = events.filter(({ timestamp }) => until === undefined || timestamp.compare(until) <= 0);
    const [latest = last] = near.toSorted((a, b) => b.timestamp.compare(a.timestamp));
    const isAhead = latest !== last && ahead !== undefined && latest.timestamp.compare(ahead) > 0;
    return isAhead
      ? { sequence, timestamp, latest: { sequence: latest.sequence, timestamp: latest.timestamp } }
      : { sequence, timestamp };
  }

  #events(aggregateId: Timestamp): Map<number, StoredEvent> {
    assertAggregateId(aggregateId);
    return this.#aggregates.get(aggregateId.hex) ?? new Map<number, StoredEvent>();
  }

  #insert({ timestamp, aggregateId, sequence, type }: NewEvent, body: string): void {
    const events = this.#events(aggregateId);
    // As PostgreSQL would print it: that decides whether a number is read as a bigint or a number.
    events.set(sequence, { timestamp, aggregateId, sequence, type, body: withoutExponents(body) });
    this.#aggregates.set(aggregateId.hex, events);
    this.#timestamps.add(timestamp.hex);
  }
}

/** Throws `ProjectionsUnsupportedError` when there are projections: a `MemoryStore` has no transactions. */
export function refuseProjections(projections: readonly CommitProjection[]): void {
  if (projections.length > 0)
    throw new ProjectionsUnsupportedError('MemoryStore cannot run projections, because it has no transactions.', {
      hint: 'Use PostgresStore; in tests, on the embedded database.',
    });
}

function refuseToJoin({ transaction }: JoinOptions): void {
  if (transaction !== undefined)
    throw new InvalidArgumentError('MemoryStore has no transactions, so it cannot join one.', {
      hint: 'Use PostgresStore; in tests, on the embedded database.',
    });
}
