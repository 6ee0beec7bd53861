import type { Executor } from '../driver.js';
import { clientOf } from '../relied-upon.js';

/** Knex's clients that send every statement without its name. */
const unprepared = new WeakSet<object>();

/** Stops keeping the statements of this Knex instance prepared, as behind a pooler in transaction mode. */
export function withoutPreparedStatements(knex: Executor): void {
  unprepared.add(clientOf(knex));
}

/** True when the statements of this Knex instance are kept prepared. */
export function keepsPrepared(knex: Executor): boolean {
  return !unprepared.has(clientOf(knex));
}
