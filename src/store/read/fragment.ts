import type { Knex } from 'knex';

/** A piece of SQL with a `?` for each of its values. */
export interface Fragment {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
}
