import type { Knex } from 'knex';
import type { CommittedEvent, Snapshot, StoredEvent, StoredSnapshot } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { decodeJson } from '../../json/parse.js';
import type { JsonObject, NumberMode } from '../../json/types.js';
import { bytesOf, type ReadBody } from '../driver/column-values.js';
import type { Executor } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import type { Statement } from '../driver/statement.js';
import { apart, hasMetadataKey } from '../event-metadata.js';

export type { Executor };

/** A row of `selectEvents`, column by column: timestamp and aggregate id as hex digits. */
export type EventRow = readonly [timestamp: string, aggregateId: string, sequence: number, type: string, body: string];
/** A row of `selectHistory`: an event of a known aggregate, each column but the body as PostgreSQL prints it. */
export type HistoryRow<Body> = readonly [timestamp: string, sequence: string, type: string, body: Body];
/** A row of `selectSnapshot`, column by column. */
export type SnapshotRow = readonly [Uint8Array, number, string];

/** The rows that a statement returns. With `readBody` all columns come as texts, and it converts each body. */
export async function query<Row extends readonly unknown[]>(
  on: Executor,
  statement: string | Statement,
  bindings: readonly Knex.RawBinding[] = [],
  readBody?: ReadBody,
): Promise<Row[]> {
  return (await driverOf(on).send<Row>(statementOf(statement), bindings, readBody)).rows;
}

/** The number of rows that a statement wrote. */
export async function execute(
  on: Executor,
  statement: string | Statement,
  bindings: readonly Knex.RawBinding[] = [],
): Promise<number> {
  return (await driverOf(on).send(statementOf(statement), bindings)).count;
}

/**
 * Wraps plain SQL, sent now and then, as a statement that is not prepared; what is sent often is a statement already.
 */
function statementOf(statement: string | Statement): Statement {
  return typeof statement === 'string' ? { sql: statement } : statement;
}

/** An array of integers in PostgreSQL's text form, which both drivers pass on alike. */
export function integerArray(values: readonly number[]): string {
  return `{${values.join(',')}}`;
}

/** An array of texts in PostgreSQL's text form. */
export function textArray(values: readonly string[]): string {
  return `{${values.map((value) => `"${value.replaceAll(/["\\]/g, String.raw`\$&`)}"`).join(',')}}`;
}

/** An array of byte strings in PostgreSQL's text form. */
export function byteaArray(values: readonly Timestamp[]): string {
  return `{${values.map((value) => `"\\\\x${value.hex}"`).join(',')}}`;
}

/** The timestamp in a `bytea`, as PostgreSQL prints it. */
function printedTimestamp(text: string): Timestamp {
  return text.startsWith('\\x') ? Timestamp.fromHex(text.slice(2)) : Timestamp.decode(bytesOf(text));
}

/** The event of a row, its body as JSON text. */
export function storedEvent([timestamp, aggregateId, sequence, type, body]: EventRow): StoredEvent {
  return {
    timestamp: Timestamp.fromHex(timestamp),
    aggregateId: Timestamp.fromHex(aggregateId),
    sequence,
    type,
    body,
  };
}

/** Length of the text of a row's body. */
export function bodyLength({ 4: body }: EventRow): number {
  return body.length;
}

/** The event of a row of the history of an aggregate, its body as it was read, with the metadata in it. */
export function storedEventOf<Body>(aggregateId: Timestamp, [timestamp, sequence, type, body]: HistoryRow<Body>) {
  return { timestamp: printedTimestamp(timestamp), aggregateId, sequence: Number(sequence), type, body };
}

/** The event of a row of the history of an aggregate, its metadata apart from its body. */
export function eventOf(aggregateId: Timestamp, row: HistoryRow<JsonObject>): CommittedEvent {
  const event = storedEventOf(aggregateId, row);
  return hasMetadataKey(event.body) ? { ...event, ...apart(event.body) } : event;
}

/** The event with its body decoded, its metadata apart from it. */
export function decodedEvent(stored: StoredEvent, numbers: NumberMode = 'plain'): CommittedEvent {
  return { ...stored, ...apart(decodeJson(stored.body, numbers) as JsonObject) };
}

/** The snapshot of a row, its body as JSON text. */
export function storedSnapshot([aggregateId, sequence, body]: SnapshotRow): StoredSnapshot {
  return { aggregateId: Timestamp.decode(aggregateId), sequence, body };
}

/** The snapshot with its body decoded. */
export function decodedSnapshot(stored: StoredSnapshot, numbers: NumberMode = 'plain'): Snapshot {
  return { ...stored, body: decodeJson(stored.body, numbers) as JsonObject };
}
