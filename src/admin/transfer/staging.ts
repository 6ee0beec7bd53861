import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import type { Executor } from '../../store/driver/driver.js';
import { driverOf } from '../../store/driver/driver-of.js';
import { execute } from '../../store/read/rows.js';
import type { ExportedItem } from './read-export.js';

/** The staging tables of the transaction, which hold the rows of a file until all of them have been checked. */
export const STAGED_EVENTS = 'pg_temp.maestro_import_events';
export const STAGED_SNAPSHOTS = 'pg_temp.maestro_import_snapshots';

/** Characters sent at once. */
export const CHUNK = 256 * 1024;

/**
 * Creates the staging tables, which PostgreSQL drops with the transaction. Bodies are kept as text, to be compared with
 * the stored ones.
 */
export async function createStaging(transaction: Knex.Transaction): Promise<void> {
  await execute(
    transaction,
    `CREATE TEMPORARY TABLE maestro_import_events
(line bigint, "timestamp" bytea, aggregate_id bytea, sequence integer, type text, body text) ON COMMIT DROP`,
  );
  await createSnapshotStaging(transaction);
}

/** Creates the staging table of snapshots only. */
export async function createSnapshotStaging(transaction: Executor): Promise<void> {
  await execute(
    transaction,
    `CREATE TEMPORARY TABLE maestro_import_snapshots (line bigint, aggregate_id bytea, sequence integer, body text)
ON COMMIT DROP`,
  );
}

/**
 * Fills the staging tables: on a server through COPY, else by INSERT statements of many rows. Rejects with the errors
 * of reading the items.
 */
export async function stage(transaction: Knex.Transaction, items: AsyncIterable<ExportedItem>): Promise<void> {
  const iterator = items[Symbol.asyncIterator]();
  let next = await iterator.next();
  const events = async function* () {
    for (; !next.done && 'event' in next.value; next = await iterator.next()) {
      const { line, event } = next.value;
      const { timestamp, aggregateId, sequence, type, body } = event;
      yield [String(line), `\\x${timestamp.hex}`, `\\x${aggregateId.hex}`, String(sequence), type, body];
    }
  };
  const snapshots = async function* () {
    for (; !next.done && 'snapshot' in next.value; next = await iterator.next()) {
      const { line, snapshot } = next.value;
      yield [String(line), `\\x${snapshot.aggregateId.hex}`, String(snapshot.sequence), snapshot.body];
    }
  };
  const send = (await canCopy(transaction)) ? copyRows : insertRows;
  await send(transaction, STAGED_EVENTS, EVENT_COLUMNS, events());
  await send(transaction, STAGED_SNAPSHOTS, SNAPSHOT_COLUMNS, snapshots());
}

const EVENT_COLUMNS = ['bigint', 'bytea', 'bytea', 'integer', 'text', 'text'];
const SNAPSHOT_COLUMNS = ['bigint', 'bytea', 'integer', 'text'];

type SendRows = (
  transaction: Knex.Transaction,
  table: string,
  types: readonly string[],
  rows: AsyncIterable<readonly string[]>,
) => Promise<void>;

/** True when rows can be sent through COPY on this connection. */
export async function canCopy(transaction: Executor): Promise<boolean> {
  return await driverOf(transaction).connection(async ({ copy }) => copy !== undefined);
}

const copyRows: SendRows = async (transaction, table, _types, rows) => {
  const texts = async function* () {
    let text = '';
    for await (const row of rows) {
      text += `${row.map(copyText).join('\t')}\n`;
      if (text.length < CHUNK) continue;
      yield text;
      text = '';
    }
    yield text;
  };
  await copyTexts(transaction, `COPY ${table} FROM STDIN`, texts());
};

/** Sends lines of COPY's text format, several in one text; resolves to the number of rows that the server took. */
export async function copyTexts(transaction: Executor, sql: string, texts: AsyncIterable<string>): Promise<number> {
  return await driverOf(transaction).connection(async ({ copy }) => {
    if (copy === undefined) throw new Error('This driver takes no streams.');
    return await copy(sql, texts);
  });
}

/** A value escaped for COPY's text format. */
export function copyText(value: string): string {
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (character) => COPY_ESCAPES[character] ?? '') : value;
}

const COPY_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const insertRows: SendRows = async (transaction, table, types, rows) => {
  const columns = types.map((type, index) => `(row->>${index})::${type}`).join(', ');
  const sql = `INSERT INTO ${table} SELECT ${columns} FROM json_array_elements(?::text::json) AS row`;
  let texts: string[] = [];
  let length = 0;
  const send = async () => {
    await execute(transaction, sql, [`[${texts.join(',')}]`]);
    texts = [];
    length = 0;
    await setImmediate();
  };
  for await (const row of rows) {
    const text = JSON.stringify(row);
    texts.push(text);
    length += text.length;
    if (length >= CHUNK) await send();
  }
  if (texts.length > 0) await send();
};
