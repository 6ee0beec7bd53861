import type { Knex } from 'knex';
import type { CommittedEvent, Snapshot, StoredEvent, StoredSnapshot } from '../events.js';
import { Timestamp } from '../hlc/timestamp.js';
import { decodeJson } from '../json/parse.js';
import type { JsonObject, NumberMode } from '../json/types.js';
import { onConnection } from './pool-connection.js';
import type { EncodedEvent } from './validate.js';

/** Where a statement can run: on any connection of a pool, or in a transaction. */
export type Executor = Knex | Knex.Transaction;

/** A row of `selectEvents`, column by column. */
export type EventRow = readonly [Uint8Array, Uint8Array, number, string, string];
/** A row of `selectSnapshot`, column by column. */
export type SnapshotRow = readonly [Uint8Array, number, string];

/** What a statement gave: rows as arrays, so that nothing depends on how an application's Knex renames columns. */
interface RawResult<Row> {
  readonly rows: Row[];
  readonly rowCount: number | null;
}

/** The rows that a statement returns. */
export async function query<Row extends readonly unknown[]>(
  on: Executor,
  sql: string,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<Row[]> {
  return (await run<Row>(on, sql, bindings)).rows;
}

/** The number of rows that a statement wrote. */
export async function execute(on: Executor, sql: string, bindings: readonly Knex.RawBinding[] = []): Promise<number> {
  return (await run(on, sql, bindings)).rowCount ?? 0;
}

async function run<Row>(on: Executor, sql: string, bindings: readonly Knex.RawBinding[]): Promise<RawResult<Row>> {
  const statement = on.raw<RawResult<Row>>(sql, bindings).options({ rowMode: 'array' });
  if (on.isTransaction === true) return await statement;
  return await onConnection(on, async (connection) => await statement.connection(connection));
}

/** The events as the one binding of `insertEvents`: a JSON array in which every body is its own text, digit for digit. */
export function insertBinding(events: readonly EncodedEvent[]): string {
  const rows = events.map(
    ({ event, json }) =>
      `{"t":"${event.timestamp.hex}","a":"${event.aggregateId.hex}","s":${event.sequence},"y":${JSON.stringify(event.type)},"b":${json}}`,
  );
  return `[${rows.join(',')}]`;
}

/** An array of integers as PostgreSQL's text for one, which both drivers hand on alike. */
export function integerArray(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}

/** An array of byte strings as PostgreSQL's text for one. */
export function byteaArray(values: readonly Timestamp[]): string {
  return `{${values.map((value) => `"\\\\x${value.hex}"`).join(',')}}`;
}

/** The event of a row, its body left as text. */
export function storedEvent([timestamp, aggregateId, sequence, type, body]: EventRow): StoredEvent {
  return {
    timestamp: Timestamp.decode(timestamp),
    aggregateId: Timestamp.decode(aggregateId),
    sequence,
    type,
    body,
  };
}

/** The event of a row. */
export function committedEvent(row: EventRow, numbers: NumberMode = 'plain'): CommittedEvent {
  return decodedEvent(storedEvent(row), numbers);
}

/** The event with its body decoded. */
export function decodedEvent(stored: StoredEvent, numbers: NumberMode = 'plain'): CommittedEvent {
  return { ...stored, body: decodeJson(stored.body, numbers) as JsonObject };
}

/** The snapshot of a row, its body left as text. */
export function storedSnapshot([aggregateId, sequence, body]: SnapshotRow): StoredSnapshot {
  return { aggregateId: Timestamp.decode(aggregateId), sequence, body };
}

/** The snapshot with its body decoded. */
export function decodedSnapshot(stored: StoredSnapshot, numbers: NumberMode = 'plain'): Snapshot {
  return { ...stored, body: decodeJson(stored.body, numbers) as JsonObject };
}
