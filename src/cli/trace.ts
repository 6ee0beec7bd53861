import type { Knex } from 'knex';
import type { OutputStream } from './context.js';
import { escapeText } from './render/escape.js';

/** Shows every statement and how long it took. Values are left out: they are somebody's data, or secrets. */
export function traceQueries(knex: Knex, stderr: OutputStream): void {
  const started = new Map<string, number>();
  const finish = (outcome: string, query: { __knexQueryUid: string; sql: string }) => {
    const start = started.get(query.__knexQueryUid) ?? performance.now();
    started.delete(query.__knexQueryUid);
    const sql = escapeText(query.sql.replace(/\s+/g, ' '));
    void stderr.write(`sql: ${sql} (${(performance.now() - start).toFixed(1)} ms${outcome})\n`);
  };
  knex.on('query', (query: { __knexQueryUid: string }) => started.set(query.__knexQueryUid, performance.now()));
  knex.on('query-response', (_response: unknown, query) => finish('', query));
  knex.on('query-error', (_error: unknown, query) => finish(', failed', query));
}
