import type { Knex } from 'knex';

/** A piece of SQL with a `?` for each of its values. */
export interface Fragment {
  readonly sql: string;
  readonly bindings: readonly Knex.RawBinding[];
}

/** A piece of SQL made of text and of other pieces, in order. */
export function fragment(text: TemplateStringsArray, ...parts: readonly Fragment[]): Fragment {
  return {
    sql: String.raw(text, ...parts.map(({ sql }) => sql)),
    bindings: parts.flatMap(({ bindings }) => bindings),
  };
}
