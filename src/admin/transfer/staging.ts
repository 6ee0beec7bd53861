import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate } from 'node:timers/promises';
import type { Knex } from 'knex';
import { execute } from '../../store/read/rows.js';
import type { ExportedItem } from './read-export.js';

/** Rows of a file wait in these tables of the transaction until all of them are known to be right. */
export const STAGED_EVENTS = 'pg_temp.maestro_import_events';
export const STAGED_SNAPSHOTS = 'pg_temp.maestro_import_snapshots';

/** How much text is sent at once. */
export const CHUNK = 256 * 1024;

/** Makes the tables. They are gone with the transaction. Bodies are kept as text, to be compared with what is stored. */
export async function createStaging(transaction: Knex.Transaction): Promise<void> {
  await execute(
    transaction,
    `CREATE TEMPORARY TABLE maestro_import_events
(line bigint, "timestamp" bytea, aggregate_id bytea, sequence integer, type text, body text) ON COMMIT DROP`,
  );
  await execute(
    transaction,
    `CREATE TEMPORARY TABLE maestro_import_snapshots (line bigint, aggregate_id bytea, sequence integer, body text)
ON COMMIT DROP`,
  );
}

/** Sends the items: on a server through COPY, else by statements of many rows. Rejects with what reading them throws. */
export async function stage(
  transaction: Knex.Transaction,
  connection: unknown,
  items: AsyncIterable<ExportedItem>,
): Promise<void> {
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
  const send = canCopy(connection) ? copyRows : insertRows;
  await send(transaction, connection, STAGED_EVENTS, EVENT_COLUMNS, events());
  await send(transaction, connection, STAGED_SNAPSHOTS, SNAPSHOT_COLUMNS, snapshots());
}

const EVENT_COLUMNS = ['bigint', 'bytea', 'bytea', 'integer', 'text', 'text'];
const SNAPSHOT_COLUMNS = ['bigint', 'bytea', 'integer', 'text'];

type SendRows = (
  transaction: Knex.Transaction,
  connection: unknown,
  table: string,
  types: readonly string[],
  rows: AsyncIterable<readonly string[]>,
) => Promise<void>;

/** The driver of servers takes streams; PGlite's engine does not. */
export interface StreamingConnection {
  query<Stream extends NodeJS.WritableStream>(stream: Stream): Stream;
  getTransactionStatus(): string | null;
}

/** Whether rows can be sent through COPY. */
export function canCopy(connection: unknown): connection is StreamingConnection {
  return typeof (connection as Partial<StreamingConnection>).getTransactionStatus === 'function';
}

const copyRows: SendRows = async (_transaction, connection, table, _types, rows) => {
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
  await copyTexts(connection as StreamingConnection, `COPY ${table} FROM STDIN`, texts());
};

/** Sends lines of COPY's text format, several in one text; resolves to how many rows the server took. */
export async function copyTexts(
  connection: StreamingConnection,
  sql: string,
  texts: AsyncIterable<string>,
): Promise<number> {
  const { default: copy } = await import('pg-copy-streams');
  const target = connection.query(copy.from(sql));
  await pipeline(Readable.from(texts, { objectMode: false }), target);
  return target.rowCount;
}

/** A value as COPY's text format has it. */
export function copyText(value: string): string {
  return /[\\\t\n\r]/.test(value) ? value.replace(/[\\\t\n\r]/g, (character) => COPY_ESCAPES[character] ?? '') : value;
}

const COPY_ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\t': '\\t', '\n': '\\n', '\r': '\\r' };

const insertRows: SendRows = async (transaction, _connection, table, types, rows) => {
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
