import type { Knex } from 'knex';
import { didYouMean } from '../../../nearest.js';
import { assertProjectionTables } from '../../../store/positions/assert-tables.js';
import { type Copy, readCopies } from '../../../projection/copies/copy.js';
import { NotFoundError } from '../../errors.js';

/**
 * The copies of a projection or subscription that the database knows, but those that were replaced. Throws `NotFoundError` when it
 * knows none of that name, and `NotMigratedError`.
 */
export async function registeredCopies(
  { knex, schema }: { readonly knex: Knex; readonly schema: string },
  name: string,
): Promise<Copy[]> {
  await assertProjectionTables(knex, schema);
  const copies = (await readCopies(knex, schema)).filter(({ status }) => status !== 'retired');
  const named = copies.filter((copy) => copy.name === name);
  if (named.length > 0) return named;
  const names = [...new Set(copies.map((copy) => copy.name))];
  throw new NotFoundError(`The database knows no projection and no subscription ${JSON.stringify(name)}.`, {
    hint:
      names.length === 0
        ? 'None has run here yet: `maestro projections run` does that.'
        : `${didYouMean(name, names)} It knows ${names.join(', ')}.`.trim(),
  });
}
