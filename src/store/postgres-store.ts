import type { Knex } from 'knex';
import type { CommittedEvent, NewEvent, NewSnapshot, Snapshot, StoredEvent, StoredSnapshot } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { decodeJson } from '../json/parse.js';
import type { JsonObject, NumberMode } from '../json/types.js';
import { ok } from '../result.js';
import type { CommitContext } from './commit-context.js';
import { commitEncoded } from './commit-events.js';
import { commitSnapshotRow } from './commit-snapshot.js';
import { storeError } from './database-errors.js';
import { GroupCommit } from './group-commit.js';
import { type EventQuery, selectPages, selectRows } from './event-query.js';
import { checkedInterop, type Interop } from './interop.js';
import { checkedLimit, sequenceRange } from './range.js';
import { reading } from './reading.js';
import { decodedSnapshot, eventOf, type HistoryRow, query, type SnapshotRow, storedSnapshot } from './rows.js';
import { withoutPreparedStatements } from './send.js';
import { DEFAULT_SCHEMA } from './schema-name.js';
import { statementsFor } from './statements.js';
import type { CommitResult, EventReadOptions, Projection, ReadOptions, Store } from './store.js';
import { encodeEvents, encodeSnapshot } from './validate.js';

/** What a {@link PostgresStore} can be made with, besides its Knex instance. */
export interface PostgresStoreOptions {
  /** The schema that holds the tables. @defaultValue 'public' */
  readonly schema?: string;
  /** How numbers in bodies are read unless a read says otherwise. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
  /**
   * Compare every row that comes back with the one that was sent, and roll back when they differ. Costs a transaction
   * for every commit; on by default for the embedded database. @defaultValue false
   */
  readonly verifyWrites?: boolean;
  /**
   * Keep the statements of the store prepared on the connections of its Knex instance. Turn it off behind a pooler in
   * transaction mode that does not know prepared statements (PgBouncer before 1.21, or with `max_prepared_statements` 0);
   * a statement that such a pooler has lost is sent again without, at the price of a round trip. @defaultValue true
   */
  readonly preparedStatements?: boolean;
  /**
   * Send commits without projections that arrive while another one is under way together, in one statement. Each stays
   * atomic by itself and gets its own answer; a lone caller waits for nothing. @defaultValue true
   */
  readonly groupCommits?: boolean;
  /**
   * `elixir` for tables that an Elixir application reads, too: events and snapshots that Elixir's Maestro cannot read are
   * refused before any SQL, namely integers of more than 1,024 characters, other numbers beyond a double, and snapshots with a
   * version. @defaultValue everything that PostgreSQL can hold is taken
   */
  readonly interop?: Interop | undefined;
  /** How long a commit whose connection broke may look for its outcome, in milliseconds. @defaultValue 10000 */
  readonly recoveryTimeout?: number;
}

/** Narrows a read of one aggregate's stored events further than by sequence. */
export interface StoredEventOptions {
  /** The last sequence to read, inclusive. @defaultValue 2147483647 */
  readonly maxSequence?: number | undefined;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events whose time is at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events whose time is at most this, in milliseconds since 1970. */
  readonly until?: number | undefined;
  /** Last sequence first. @defaultValue false */
  readonly reverse?: boolean | undefined;
  /** At most this many events. */
  readonly limit?: number | undefined;
}

/**
 * The event store on PostgreSQL: any server, layout or pooler that Knex with `pg` reaches, and PGlite. Holds no
 * connection of its own, so make as many as you like, though only commits of one store are sent together; the Knex
 * instance stays yours to destroy. Mirrors
 * `Maestro.Store.Postgres` of Elixir.
 */
export class PostgresStore implements Store {
  /** Who else reads the tables, as the store was told. */
  readonly interop: Interop | undefined;
  readonly #context: CommitContext;
  readonly #numbers: NumberMode;
  readonly #groups: GroupCommit | undefined;

  /** Throws `InvalidArgumentError` when the schema's name, or `interop`, is not one that Maestro takes. Sends nothing. */
  constructor(knex: Knex, options: PostgresStoreOptions = {}) {
    this.#context = {
      knex,
      statements: statementsFor(options.schema ?? DEFAULT_SCHEMA),
      verifyWrites: options.verifyWrites ?? false,
      recoveryTimeout: options.recoveryTimeout ?? 10_000,
    };
    this.interop = checkedInterop(options.interop);
    if (options.preparedStatements === false) withoutPreparedStatements(knex);
    this.#numbers = options.numbers ?? 'plain';
    // In a transaction of the application, a group that fails would undo what went before it.
    const groups = (options.groupCommits ?? true) && !this.#context.verifyWrites && knex.isTransaction !== true;
    this.#groups = groups ? new GroupCommit(this.#context) : undefined;
  }

  async commitAll(events: readonly NewEvent[], projections: readonly Projection[] = []): Promise<CommitResult> {
    if (events.length === 0) return ok([]);
    const encoded = encodeEvents(events, this.interop);
    if (projections.length === 0 && this.#groups !== undefined) return await this.#groups.commit(encoded);
    return await commitEncoded(this.#context, encoded, projections);
  }

  async commitEvents(events: readonly NewEvent[]): Promise<CommitResult> {
    return await this.commitAll(events);
  }

  async commitSnapshot(snapshot: NewSnapshot): Promise<'committed' | 'stale'> {
    const json = encodeSnapshot(snapshot, this.interop);
    return await commitSnapshotRow(this.#context, snapshot, json);
  }

  async getEvents(
    aggregateId: Timestamp,
    minSequence: number,
    { maxSequence, limit, numbers = this.#numbers }: EventReadOptions = {},
  ): Promise<CommittedEvent[]> {
    const query = { aggregateId, range: sequenceRange(minSequence, maxSequence), limit: checkedLimit(limit) };
    const { knex, statements } = this.#context;
    const rows = await reading(() => selectRows(knex, statements, query, bodyReader(numbers)));
    return rows.map((row) => eventOf(aggregateId, row));
  }

  async *streamEvents(
    aggregateId: Timestamp,
    minSequence: number,
    { maxSequence, limit, numbers = this.#numbers }: EventReadOptions = {},
  ): AsyncGenerator<CommittedEvent> {
    const query = { aggregateId, range: sequenceRange(minSequence, maxSequence), limit: checkedLimit(limit) };
    for await (const rows of this.#pages(query, bodyReader(numbers)))
      for (const row of rows) yield eventOf(aggregateId, row);
  }

  /**
   * The events of one aggregate with their bodies as the text that PostgreSQL prints, narrowed by type and time and
   * from either end, one by one in bounded memory. What the command line prints.
   */
  async *streamStoredEvents(
    aggregateId: Timestamp,
    minSequence: number,
    { maxSequence, ...options }: StoredEventOptions = {},
  ): AsyncGenerator<StoredEvent> {
    const range = sequenceRange(minSequence, maxSequence);
    checkedLimit(options.limit);
    for await (const rows of this.#pages({ aggregateId, range, ...options }, asText))
      for (const row of rows) yield eventOf(aggregateId, row);
  }

  /** The sequence and timestamp of an aggregate's last event; `undefined` when it has none. */
  async getLastEvent(aggregateId: Timestamp): Promise<Pick<StoredEvent, 'sequence' | 'timestamp'> | undefined> {
    const { knex, statements } = this.#context;
    const rows = await reading(() => selectRows(knex, statements, lastOf(aggregateId), asText));
    return rows[0] === undefined ? undefined : eventOf(aggregateId, rows[0]);
  }

  async getSnapshot(
    aggregateId: Timestamp,
    minSequence: number,
    { numbers = this.#numbers, ...options }: ReadOptions = {},
  ): Promise<Snapshot | undefined> {
    const stored = await this.getStoredSnapshot(aggregateId, minSequence, options);
    return stored === undefined ? undefined : decodedSnapshot(stored, numbers);
  }

  /** The same as {@link getSnapshot}, with the body as the text that PostgreSQL prints. */
  async getStoredSnapshot(
    aggregateId: Timestamp,
    minSequence: number,
    { maxSequence }: Pick<ReadOptions, 'maxSequence'> = {},
  ): Promise<StoredSnapshot | undefined> {
    const { min, max } = sequenceRange(minSequence, maxSequence);
    const { knex, statements } = this.#context;
    const bindings = [aggregateId.encode(), min, max];
    const [row] = await reading(() => query<SnapshotRow>(knex, statements.selectSnapshot, bindings));
    return row === undefined ? undefined : storedSnapshot(row);
  }

  async *#pages<Body>(events: EventQuery, readBody: (text: string) => Body): AsyncGenerator<HistoryRow<Body>[]> {
    const { knex, statements } = this.#context;
    try {
      yield* selectPages(knex, statements, events, readBody);
    } catch (error) {
      throw storeError(error);
    }
  }
}

function lastOf(aggregateId: Timestamp): EventQuery {
  return { aggregateId, range: sequenceRange(1), reverse: true, limit: 1 };
}

/** What decodes bodies as they arrive, so that their texts need not be kept until all have. */
function bodyReader(numbers: NumberMode): (text: string) => JsonObject {
  return (text) => decodeJson(text, numbers) as JsonObject;
}

function asText(text: string): string {
  return text;
}
