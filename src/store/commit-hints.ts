import type { Timestamp } from '../hlc/timestamp.js';
import type { Executor } from './driver/driver.js';
import { clientOf } from './driver/relied-upon.js';

/** Is told which aggregates have new events. Must not throw. */
export type CommitListener = (aggregateIds: readonly Timestamp[]) => void;

/**
 * Tells who follows the log in this process of commits that this process makes, so that nobody has to look for them in the
 * database. A hint and no more: other processes commit, too, and a process may end before it tells.
 */
export class CommitHints {
  readonly #listeners = new Set<CommitListener>();

  /** Calls a listener after each commit, until the returned function is called. */
  listen(listener: CommitListener): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** True when somebody listens; nothing needs to be told otherwise. */
  get isHeard(): boolean {
    return this.#listeners.size > 0;
  }

  /** Tells of events that have been committed. */
  tell(events: readonly { readonly aggregateId: Timestamp }[]): void {
    if (events.length === 0 || !this.isHeard) return;
    const ids = new Map(events.map(({ aggregateId }) => [aggregateId.hex, aggregateId]));
    for (const listener of this.#listeners) listener([...ids.values()]);
  }
}

/** Hints by Knex's client of each database, and by schema. */
const hints = new WeakMap<object, Map<string, CommitHints>>();

/** The hints of commits to the tables of a schema, which all stores on one Knex instance share. */
export function commitHints(knex: Executor, schema: string): CommitHints {
  const client = clientOf(knex);
  const bySchema = hints.get(client) ?? new Map<string, CommitHints>();
  hints.set(client, bySchema);
  let found = bySchema.get(schema);
  if (found === undefined) bySchema.set(schema, (found = new CommitHints()));
  return found;
}
