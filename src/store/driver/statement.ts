import { createHash } from 'node:crypto';

/** A statement of SQL, as a driver takes it. */
export interface Statement {
  /** The SQL, its values as `$1`, `$2`, … */
  readonly sql: string;
  /** Name under which a connection keeps it prepared; absent for one that is sent once in a while. */
  readonly name?: string;
}

/** Each connection keeps a plan for each name that it has met, and a program may work in any number of schemas. */
const MOST = 300;
const prepared = new Map<string, Statement>();

/**
 * The statement of a text with a `?` for each value, to be kept prepared on the connections that send it. Its name tells
 * its text, so that two versions of Maestro behind one pooler never take each other's. Beyond so many texts there are no
 * more names.
 */
export function preparedStatement(text: string): Statement {
  let statement = prepared.get(text);
  if (statement === undefined) {
    const { sql } = namelessStatement(text);
    if (prepared.size >= MOST) return { sql };
    const name = `maestro_${createHash('sha256').update(sql).digest('hex').slice(0, 16)}`;
    statement = { sql, name };
    prepared.set(text, statement);
  }
  return statement;
}

/** The statement of a text with a `?` for each value, for one that is sent once in a while. */
export function namelessStatement(text: string): Statement {
  let count = 0;
  return { sql: text.replaceAll('?', () => `$${(count += 1)}`) };
}
