import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { PgConnection } from '../relied-upon.js';

/** Sends texts to a statement `COPY … FROM STDIN` as they come; resolves to how many rows the server took. */
export async function copyFrom(connection: PgConnection, sql: string, texts: AsyncIterable<string>): Promise<number> {
  const { default: copy } = await import('pg-copy-streams');
  const target = connection.query(copy.from(sql));
  await pipeline(Readable.from(texts, { objectMode: false }), target);
  return target.rowCount;
}
