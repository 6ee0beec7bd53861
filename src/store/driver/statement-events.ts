import type { Knex } from 'knex';
import type { MarkedQuery } from './relied-upon.js';

/** A statement that the database has answered. Its values are left out: they are somebody's data, or secrets. */
export interface AnsweredStatement {
  readonly sql: string;
  /** Milliseconds from sending it to its answer. */
  readonly duration: number;
  readonly failed: boolean;
}

/** Calls back for each statement of a Knex instance, those in its transactions too, when it has been answered. */
export function onStatement(knex: Knex, callback: (statement: AnsweredStatement) => void): void {
  const started = new Map<string, number>();
  const answered = ({ __knexQueryUid: id, sql }: MarkedQuery, failed: boolean) => {
    const now = performance.now();
    const start = started.get(id) ?? now;
    started.delete(id);
    callback({ sql, duration: now - start, failed });
  };
  knex.on('query', ({ __knexQueryUid: id }: MarkedQuery) => started.set(id, performance.now()));
  knex.on('query-response', (_response: unknown, query: MarkedQuery) => answered(query, false));
  knex.on('query-error', (_error: unknown, query: MarkedQuery) => answered(query, true));
}
