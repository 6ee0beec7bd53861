import type { Knex } from 'knex';
import type { OutputStream } from './context.js';
import { escapeText } from './render/escape.js';

/** What Knex tells of a statement. */
interface Query {
  readonly __knexQueryUid: string;
  readonly sql: string;
}

/** Shows every statement and how long it took. Values are left out: they are somebody's data, or secrets. */
export function traceQueries(knex: Knex, stderr: OutputStream): void {
  const started = new Map<string, number>();
  const finish = (outcome: string, query: Query) => {
    const start = started.get(query.__knexQueryUid) ?? performance.now();
    started.delete(query.__knexQueryUid);
    const sql = escapeText(query.sql.replace(/\s+/g, ' '));
    void stderr.write(`sql: ${sql} (${(performance.now() - start).toFixed(1)} ms${outcome})\n`);
  };
  knex.on('query', (query: Query) => started.set(query.__knexQueryUid, performance.now()));
  knex.on('query-response', (_response: unknown, query: Query) => finish('', query));
  knex.on('query-error', (_error: unknown, query: Query) => finish(', failed', query));
}
