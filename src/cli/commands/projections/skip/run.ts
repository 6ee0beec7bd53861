import { InvalidArgumentError } from '../../../../errors.js';
import { skip } from '../../../../projection/apply/parked.js';
import { withDatabase } from '../../../database/with-database.js';
import { UsageError } from '../../../errors.js';
import { type IdArgument, IdPrefix } from '../../../input/id-argument.js';
import { assertReason } from '../../../input/reason.js';
import type { Invocation } from '../../../invocation.js';
import { printFacts } from '../../../output/print-facts.js';
import { registeredCopies } from '../registered.js';
import { noteWithoutWorker } from '../without-worker.js';

/** The options of `maestro projections skip`. */
export interface SkipOptions {
  readonly sequence: number;
  readonly reason: string;
}

/** Has a projection pass over the event at which an aggregate is parked. */
export async function run(
  name: string,
  id: IdArgument,
  { sequence, reason }: SkipOptions,
  invocation: Invocation,
): Promise<void> {
  assertReason(reason);
  if (id instanceof IdPrefix)
    throw new UsageError('skip needs the whole id of the aggregate.', {
      hint: `\`maestro projections status ${name}\` shows it. Nothing was changed.`,
    });
  const { output } = invocation;
  await withDatabase(
    invocation,
    async (database) => {
      const { knex, schema } = database;
      const copies = await registeredCopies(database, name);
      const skipped: number[] = [];
      let refusal: InvalidArgumentError | undefined;
      for (const copy of copies)
        try {
          await skip(knex, schema, { copy: copy.id, aggregateId: id, sequence, reason });
          skipped.push(copy.version);
        } catch (error) {
          if (!(error instanceof InvalidArgumentError)) throw error;
          refusal ??= error;
        }
      if (refusal !== undefined && skipped.length === 0) throw refusal;
      await printFacts(output, {
        ids: [id.hex],
        json: { name, versions: skipped, aggregateId: id.hex, sequence, reason },
        facts: [
          ['name', name],
          ['aggregate', id.hex],
          ['skipped', `event ${sequence}`],
          ['reason', reason],
        ],
      });
      await noteWithoutWorker(database, name, output);
    },
    { writes: true },
  );
}
