import type { Knex } from 'knex';
import type { CommittedEvent, NewEvent, NewSnapshot, Snapshot, StoredEvent, StoredSnapshot } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { NumberMode } from '../json/types.js';
import { ok } from '../result.js';
import { type Activity, shareActivity } from './activity.js';
import { type CommitHints, commitHints } from './commit-hints.js';
import { type CommitContext, commitContext } from './commit/commit-context.js';
import { assertAggregateId, assertEventList } from './assert-arguments.js';
import { assertCommandId, type NewCommand } from './commit/commit-content.js';
import { commitContent } from './commit/commit-events.js';
import { apartByKind, type CommitProjection } from './commit/positioned-projection.js';
import { readCommand } from './commit/read-command.js';
import { commitSnapshotRow } from './commit/commit-snapshot.js';
import { GroupCommit } from './commit/group-commit.js';
import { commitInTurn } from './commit/turn/commit-in-turn.js';
import { commitBetweenTurns } from './commit/turn/commit-between-turns.js';
import { askedTurn } from './commit/turn/asked-turn.js';
import { type EventQuery, selectLastEvent, selectPages, selectRows } from './read/event-query.js';
import { checkedInterop, type Interop } from './commit/interop.js';
import { withStoreErrors } from './commit/inside-transaction.js';
import { joined } from './transactions/joined-store.js';
import { checkedTransaction, type JoinOptions, whenEnded } from './transactions/joined.js';
import type { PostgresStoreOptions, StoredEventOptions } from './postgres-store-options.js';
import type { EventPlace, LastEvent } from './read/last-event.js';
import { asText, bodyReader } from './read/body-readers.js';
import { checkedLimit, sequenceRange } from './read/sequence-range.js';
import { withReadRetry } from './read/read-retry.js';
import {
  decodedSnapshot,
  eventOf,
  type HistoryRow,
  query,
  type SnapshotRow,
  storedEventOf,
  storedSnapshot,
} from './read/rows.js';
import { withoutPreparedStatements } from './driver/pg/prepared.js';
import type {
  BetweenTurnsResult,
  CarriedOutCommand,
  CommandCommitResult,
  CommitResult,
  EventReadOptions,
  LastEventOptions,
  ReadOptions,
  Store,
  TakenTurn,
  WantedTurn,
} from './store.js';
import { encodeEvents, encodeSnapshot } from './commit/validate.js';
import { DEFAULT_SCHEMA } from './schema-name.js';

/**
 * The event store on PostgreSQL: any server, layout or pooler that Knex with `pg` reaches, and PGlite. Holds no
 * connection of its own, so make as many as you like, though only commits of one store are sent together; the Knex
 * instance stays yours to destroy. On a transaction in the place of a Knex instance, or with the option `transaction`,
 * it works inside that: each commit in a savepoint, so that the transaction goes on after `retry_command` or an error.
 * Mirrors `Maestro.Store.Postgres` of Elixir.
 */
export class PostgresStore implements Store {
  /** The option `interop` as it was given. */
  readonly interop: Interop | undefined;
  readonly #context: CommitContext;
  readonly #numbers: NumberMode;
  readonly #groups: GroupCommit | undefined;
  readonly #activity: Activity;
  readonly #hints: CommitHints;

  /** Throws `InvalidArgumentError` when the schema's name, or `interop`, is not one that Maestro takes. Sends nothing. */
  constructor(knex: Knex, options: PostgresStoreOptions = {}) {
    this.#context = commitContext(knex, options);
    this.interop = checkedInterop(options.interop);
    if (options.preparedStatements === false) withoutPreparedStatements(knex);
    this.#numbers = options.numbers ?? 'plain';
    // In the application's transaction, a failing group would undo earlier statements.
    const groups = (options.groupCommits ?? true) && !this.#context.verifyWrites && knex.isTransaction !== true;
    this.#groups = groups ? new GroupCommit(this.#context) : undefined;
    this.#activity = shareActivity(this, knex);
    this.#hints = commitHints(knex, options.schema ?? DEFAULT_SCHEMA);
  }

  async commitAll(
    events: readonly NewEvent[],
    projections: readonly CommitProjection[] = [],
    { transaction }: JoinOptions = {},
  ): Promise<CommitResult> {
    assertEventList(events);
    if (events.length === 0) {
      this.#inside(transaction);
      return ok([]);
    }
    // Without a command none is repeated.
    return (await this.#commit({ events }, projections, transaction)) as CommitResult;
  }

  async commitCommand(
    command: NewCommand,
    events: readonly NewEvent[],
    projections: readonly CommitProjection[] = [],
    { transaction }: JoinOptions = {},
  ): Promise<CommandCommitResult> {
    assertEventList(events);
    return await this.#commit({ command, events }, projections, transaction);
  }

  async getCommand(
    aggregateId: Timestamp,
    commandId: string,
    { transaction }: JoinOptions = {},
  ): Promise<CarriedOutCommand | undefined> {
    assertAggregateId(aggregateId);
    const context = this.#inside(transaction);
    return await this.#call(transaction, () => readCommand(context, { aggregateId, commandId }));
  }

  async commitInTurn(wanted: WantedTurn): Promise<TakenTurn | undefined> {
    assertAggregateId(wanted.aggregateId);
    const { statements } = this.#context;
    const inside = (transaction: Knex.Transaction) => joined(this, transaction);
    const asked = askedTurn(wanted, { statements, numbers: this.#numbers, interop: this.interop, inside });
    const taken = await this.#activity.call(() => commitInTurn(this.#context, asked));
    if (taken?.result.ok === true && this.#hints.isHeard) this.#tell(taken.result.value, undefined);
    return taken;
  }

  async commitBetweenTurns(events: readonly NewEvent[], command?: NewCommand): Promise<BetweenTurnsResult> {
    assertEventList(events);
    if (command !== undefined) assertCommandId(command.commandId);
    const content = { command, events: encodeEvents(events, this.interop) };
    const commit = () => this.#activity.call(() => commitBetweenTurns(this.#context, content));
    const result = await (this.#groups === undefined ? commit() : this.#groups.whenIdle(commit));
    if (result === undefined) return await this.#commit({ command, events }, [], undefined);
    if (result.ok && this.#hints.isHeard) this.#tell(events, undefined);
    return result;
  }

  async commitEvents(events: readonly NewEvent[], options: JoinOptions = {}): Promise<CommitResult> {
    return await this.commitAll(events, [], options);
  }

  async commitSnapshot(snapshot: NewSnapshot, { transaction }: JoinOptions = {}): Promise<'committed' | 'stale'> {
    const context = this.#inside(transaction);
    const json = encodeSnapshot(snapshot, this.interop);
    return await this.#call(transaction, () => commitSnapshotRow(context, snapshot, json));
  }

  async getEvents(
    aggregateId: Timestamp,
    minSequence = 1,
    { maxSequence, limit, numbers = this.#numbers, transaction }: EventReadOptions = {},
  ): Promise<CommittedEvent[]> {
    assertAggregateId(aggregateId);
    const query = { aggregateId, range: sequenceRange(minSequence, maxSequence), limit: checkedLimit(limit) };
    const rows = await this.#rows(query, bodyReader(numbers), transaction);
    return rows.map((row) => eventOf(aggregateId, row));
  }

  async *streamEvents(
    aggregateId: Timestamp,
    minSequence = 1,
    { maxSequence, limit, numbers = this.#numbers, transaction }: EventReadOptions = {},
  ): AsyncGenerator<CommittedEvent> {
    assertAggregateId(aggregateId);
    const query = { aggregateId, range: sequenceRange(minSequence, maxSequence), limit: checkedLimit(limit) };
    for await (const rows of this.#pages(query, bodyReader(numbers), transaction))
      for (const row of rows) yield eventOf(aggregateId, row);
  }

  /**
   * The events of one aggregate with their bodies as the JSON text that PostgreSQL prints, filtered by type and time,
   * from either end, in bounded memory. The command line prints these.
   */
  async *streamStoredEvents(
    aggregateId: Timestamp,
    minSequence: number,
    { maxSequence, transaction, ...options }: StoredEventOptions = {},
  ): AsyncGenerator<StoredEvent> {
    const range = sequenceRange(minSequence, maxSequence);
    checkedLimit(options.limit);
    for await (const rows of this.#pages({ aggregateId, range, ...options }, asText, transaction))
      for (const row of rows) yield storedEventOf(aggregateId, row);
  }

  async getLastEvent(
    aggregateId: Timestamp,
    { ahead, until, transaction }: LastEventOptions = {},
  ): Promise<(LastEvent & EventPlace) | undefined> {
    assertAggregateId(aggregateId);
    const { knex, statements } = this.#inside(transaction);
    const select = () => selectLastEvent(knex, statements, aggregateId, { ahead, until });
    return await this.#call(transaction, () => withReadRetry(select, knex));
  }

  async getSnapshot(
    aggregateId: Timestamp,
    minSequence = 0,
    { numbers = this.#numbers, ...options }: ReadOptions = {},
  ): Promise<Snapshot | undefined> {
    const stored = await this.getStoredSnapshot(aggregateId, minSequence, options);
    return stored === undefined ? undefined : decodedSnapshot(stored, numbers);
  }

  /** Returns what {@link getSnapshot} returns, with the body as the JSON text that PostgreSQL prints. */
  async getStoredSnapshot(
    aggregateId: Timestamp,
    minSequence = 0,
    { maxSequence, transaction }: Pick<ReadOptions, 'maxSequence' | 'transaction'> = {},
  ): Promise<StoredSnapshot | undefined> {
    assertAggregateId(aggregateId);
    const { min, max } = sequenceRange(minSequence, maxSequence);
    const { knex, statements } = this.#inside(transaction);
    const bindings = [aggregateId.encode(), min, max];
    const [row] = await this.#call(transaction, () =>
      withReadRetry(() => query<SnapshotRow>(knex, statements.selectSnapshot, bindings), knex),
    );
    return row === undefined ? undefined : storedSnapshot(row);
  }

  async #commit(
    { command, events }: { readonly command?: NewCommand; readonly events: readonly NewEvent[] },
    projections: readonly CommitProjection[],
    transaction: Knex.Transaction | undefined,
  ): Promise<CommandCommitResult> {
    const context = this.#inside(transaction);
    if (command !== undefined) assertCommandId(command.commandId);
    const content = { command, events: encodeEvents(events, this.interop) };
    const result = await this.#call(transaction, async () => {
      if (projections.length === 0 && transaction === undefined && this.#groups !== undefined)
        return await this.#groups.commit(content);
      return await commitContent(context, content, apartByKind(projections));
    });
    if (result.ok && this.#hints.isHeard) this.#tell(events, transaction);
    return result;
  }

  /** Tells who follows the log of events that are committed, or will be when the application's transaction has ended. */
  #tell(events: readonly NewEvent[], transaction: Knex.Transaction | undefined): void {
    const tell = () => this.#hints.tell(events);
    if (transaction === undefined) tell();
    else whenEnded(transaction, tell);
  }

  #rows<Body>(
    events: EventQuery,
    readBody: (text: string) => Body,
    transaction: Knex.Transaction | undefined,
  ): Promise<HistoryRow<Body>[]> {
    const { knex, statements } = this.#inside(transaction);
    return this.#call(transaction, () => withReadRetry(() => selectRows(knex, statements, events, readBody), knex));
  }

  async *#pages<Body>(
    events: EventQuery,
    readBody: (text: string) => Body,
    transaction: Knex.Transaction | undefined,
  ): AsyncGenerator<HistoryRow<Body>[]> {
    const { knex, statements } = this.#inside(transaction);
    const pages = selectPages(knex, statements, events, readBody);
    yield* withStoreErrors(knex, transaction === undefined ? this.#activity.stream(pages) : pages);
  }

  /** The context of one call: the given transaction takes the place of the Knex instance. */
  #inside(transaction: Knex.Transaction | undefined): CommitContext {
    return transaction === undefined ? this.#context : { ...this.#context, knex: checkedTransaction(transaction) };
  }

  /**
   * Runs a call so that closing the database waits for it. Inside a transaction that is not needed: closing waits for
   * its connection.
   */
  #call<Value>(transaction: Knex.Transaction | undefined, work: () => Promise<Value>): Promise<Value> {
    return transaction === undefined ? this.#activity.call(work) : work();
  }
}
