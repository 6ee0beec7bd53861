import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { readPages } from '../../store/read/read-pages.js';
import { byteaArray, bodyLength, type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { projectionTables } from '../../store/projection-tables.js';
import { blame, failureText } from '../apply/passing.js';
import type { HandledEvent, ReadModelDefinition } from '../definition.js';
import { runHandlers } from '../handlers.js';
import { eventReader } from '../read-event.js';

/** An event that the handlers cannot take in again. */
export interface FoldFailure {
  readonly aggregateId: string;
  readonly sequence: number;
  /** The message of the error. */
  readonly error: string;
}

/** Number of failures after which no more events are taken in: the handlers themselves are wrong then. */
const MOST_FAILURES = 20;

/** Takes the events of a copy's aggregates in again, each up to its position, with the search path of the transaction. */
export class FoldAside {
  readonly failures: FoldFailure[] = [];
  /** Number of events taken in, also those that no handler is for. */
  events = 0;
  readonly #transaction: Knex.Transaction;
  readonly #definition: ReadModelDefinition;
  readonly #sql: string;
  readonly #copy: number;

  constructor(transaction: Knex.Transaction, schema: string, copy: number, definition: ReadModelDefinition) {
    const { log, positions, skipped } = projectionTables(schema);
    this.#transaction = transaction;
    this.#definition = definition;
    this.#copy = copy;
    // One history after the other, each found by its index with both bounds: a page reads no more than it has.
    this.#sql = `SELECT encode(e."timestamp", 'hex'), encode(e.aggregate_id, 'hex'), e.sequence, e.type, e.body::text,
  EXISTS (SELECT FROM ${skipped} AS s WHERE s.copy = ?::integer AND s.aggregate_id = e.aggregate_id AND s.sequence = e.sequence)
FROM unnest(?::text::bytea[]) WITH ORDINALITY AS given(aggregate_id, n)
CROSS JOIN LATERAL (SELECT * FROM ${log} AS log
  WHERE log.aggregate_id = given.aggregate_id AND log.sequence > CASE WHEN given.n = 1 THEN ?::integer ELSE 0 END
    AND log.sequence <= (SELECT p.sequence FROM ${positions} AS p WHERE p.copy = ?::integer AND p.aggregate_id = given.aggregate_id)
  ORDER BY log.sequence LIMIT ?::integer) AS e
LIMIT ?::integer`;
  }

  /** True when so many events failed that the rest is not worth looking at. */
  get isHopeless(): boolean {
    return this.failures.length >= MOST_FAILURES;
  }

  /** Takes in the events of some aggregates. */
  async aggregates(ids: readonly Timestamp[], onProgress?: (events: number) => void): Promise<void> {
    const reader = eventReader(this.#definition);
    const readers = new Map<string, ReturnType<typeof reader.of>>();
    let left = ids;
    const page = (after: Row | undefined, size: number) => {
      const [, hex, sequence = 0] = after ?? [];
      if (hex !== undefined) left = left.slice(left.findIndex((id) => id.hex === hex));
      const bindings = [this.#copy, byteaArray(left), sequence, this.#copy, size, size];
      return query<Row>(this.#transaction, this.#sql, bindings);
    };
    for await (const rows of readPages<Row>(page, { lengthOf: (row) => bodyLength(rowOf(row)) })) {
      const events: HandledEvent[] = [];
      for (const row of rows) {
        const stored = storedEvent(rowOf(row));
        const { hex } = stored.aggregateId;
        if (!readers.has(hex))
          readers.set(
            hex,
            this.#orFailure(stored, () => reader.of(stored.aggregateId, stored.type)),
          );
        const isSkipped = row[5];
        if (isSkipped || this.#hasFailed(hex)) continue;
        const event = this.#orFailure(stored, () => readers.get(hex)?.read(stored));
        if (event !== undefined) events.push(event);
      }
      await this.#takeIn(events);
      this.events += rows.length;
      onProgress?.(this.events);
      if (this.isHopeless) return;
    }
  }

  /** Takes events in within a savepoint; when that fails, each half by itself, down to the event that fails. */
  async #takeIn(events: readonly HandledEvent[]): Promise<void> {
    const left = events.filter(({ aggregateId }) => !this.#hasFailed(aggregateId.hex));
    const [first] = left;
    if (first === undefined || this.isHopeless) return;
    try {
      await driverOf(this.#transaction).transaction((savepoint) =>
        runHandlers(this.#definition, left, savepoint, 'together'),
      );
    } catch (error) {
      if (blame(error) !== 'event') throw error;
      if (left.length === 1) return this.#fail(first, error);
      const half = Math.ceil(left.length / 2);
      await this.#takeIn(left.slice(0, half));
      await this.#takeIn(left.slice(half));
    }
  }

  #orFailure<Value>(event: Pick<HandledEvent, 'aggregateId' | 'sequence'>, read: () => Value): Value | undefined {
    try {
      return read();
    } catch (error) {
      this.#fail(event, error);
      return undefined;
    }
  }

  #fail({ aggregateId, sequence }: Pick<HandledEvent, 'aggregateId' | 'sequence'>, error: unknown): void {
    this.failures.push({
      aggregateId: aggregateId.hex,
      sequence,
      error: failureText(error),
    });
  }

  #hasFailed(hex: string): boolean {
    return this.failures.some(({ aggregateId }) => aggregateId === hex);
  }
}

type Row = [...EventRow, isSkipped: boolean];

function rowOf([timestamp, aggregateId, sequence, type, body]: Row): EventRow {
  return [timestamp, aggregateId, sequence, type, body];
}
