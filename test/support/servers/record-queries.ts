import type { Knex } from 'knex';
import type { Timestamp } from '../../../src/hlc/timestamp.js';

/** The statements that a Knex instance sends while it is listened to. */
export interface RecordedQueries {
  /** The first words of the statements that concern an aggregate, in order. */
  readonly about: (id: Timestamp) => string[];
  readonly stop: () => void;
}

/** Listens to the statements of a Knex instance. */
export function recordQueries(knex: Knex): RecordedQueries {
  const queries: { sql: string; bindings: readonly unknown[] }[] = [];
  const note = ({ sql, bindings }: { sql: string; bindings?: readonly unknown[] }) =>
    void queries.push({ sql, bindings: bindings ?? [] });
  knex.on('query', note);
  return {
    about: (id) =>
      queries
        .filter(({ bindings }) => bindings.some((binding) => mentions(binding, id)))
        .map(({ sql }) => sql.trim().split(/\s/)[0]?.toUpperCase() ?? ''),
    stop: () => knex.off('query', note),
  };
}

function mentions(binding: unknown, id: Timestamp): boolean {
  if (typeof binding === 'string') return binding.includes(id.hex);
  return binding instanceof Uint8Array && id.encode().equals(binding);
}
