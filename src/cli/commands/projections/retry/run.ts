import { retry } from '../../../../projection/apply/parked.js';
import { withDatabase } from '../../../database/with-database.js';
import { NotFoundError } from '../../../errors.js';
import type { IdArgument } from '../../../input/id-argument.js';
import { resolveAggregateId } from '../../../input/resolve-id.js';
import type { Invocation } from '../../../invocation.js';
import { printFacts } from '../../../output/print-facts.js';
import { counted } from '../../../../text/figures.js';
import { registeredCopies } from '../registered.js';
import { noteWithoutWorker } from '../without-worker.js';

/** Has parked aggregates of a projection tried again at once. */
export async function run(
  name: string,
  argument: IdArgument | undefined,
  _options: object,
  invocation: Invocation,
): Promise<void> {
  const { output } = invocation;
  await withDatabase(
    invocation,
    async (database) => {
      const { knex, schema } = database;
      const copies = await registeredCopies(database, name);
      const id = argument && (await resolveAggregateId(invocation, database, argument));
      let retried = 0;
      for (const copy of copies) retried += await retry(knex, schema, copy.id, id);
      if (id !== undefined && retried === 0)
        throw new NotFoundError(`${name} has not parked ${id.hex}.`, {
          hint: `See which it has parked with \`maestro projections status ${name}\`.`,
        });
      await printFacts(output, {
        ids: [String(retried)],
        json: { name, aggregateId: id?.hex ?? null, retried },
        facts: [
          ['name', name],
          ['due now', counted(retried, 'parked aggregate')],
        ],
      });
      if (retried > 0) await noteWithoutWorker(database, name, output);
    },
    { writes: true },
  );
}
