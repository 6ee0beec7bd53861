import { createHash } from 'node:crypto';

/** A statement as a driver takes it. */
export interface Statement {
  /** The SQL, its values as `$1`, `$2`, … */
  readonly sql: string;
  /** Under which name a connection keeps it prepared; absent for one that is sent once in a while. */
  readonly name?: string;
  /** Values come as the texts that the server sends, where the driver can do that, and need not be taken apart twice. */
  readonly asText?: boolean;
}

const prepared = new Map<string, Statement>();

/**
 * The statement of a text with a `?` for each value, to be kept prepared on the connections that send it. Its name tells
 * its text, so that two versions of Maestro behind one pooler never take each other's.
 */
export function preparedStatement(text: string, options: Pick<Statement, 'asText'> = {}): Statement {
  let statement = prepared.get(text);
  if (statement === undefined) {
    let count = 0;
    const sql = text.replaceAll('?', () => `$${(count += 1)}`);
    const name = `maestro_${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
    statement = { sql, name, ...options };
    prepared.set(text, statement);
  }
  return statement;
}
