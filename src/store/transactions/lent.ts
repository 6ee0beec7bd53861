import type { Knex } from 'knex';

/** The transaction as projections get it, without `commit` and `rollback`: only whoever began it ends it. */
export function lent(transaction: Knex.Transaction): Knex.Transaction {
  return new Proxy(transaction, {
    get(target, key) {
      if (key === 'commit' || key === 'rollback')
        return () => {
          throw new Error(`A projection must not call ${key}() on its transaction; throw an error to roll back.`);
        };
      return Reflect.get(target, key) as unknown;
    },
  });
}
