import { didYouMean } from '../../../../nearest.js';
import { migrate } from '../../../../store/migrate/migrator.js';
import { UsageError } from '../../../errors.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import { assertOneLayout, type LayoutOptions } from '../migrate-options.js';
import { printOutcomes } from '../print-outcomes.js';

/** The options of `maestro migrate up`. */
export interface UpOptions extends LayoutOptions {
  /** Milliseconds. */
  readonly lockTimeout?: number;
}

/** Migrates, and makes an embedded database that is not there. */
export async function run(options: UpOptions, invocation: Invocation): Promise<void> {
  assertNoFurtherWord(invocation);
  assertOneLayout(options);
  const { applied, adopted, distributed } = await withDatabase(
    invocation,
    ({ knex, schema }) => {
      const { progress } = invocation.output;
      progress.report('Migrating, or waiting for another migration to end');
      const onStep = (what: string) => progress.report(`Working, to ${what}`);
      return migrate(knex, { schema, ...options, onStep });
    },
    { create: true },
  );
  await printOutcomes(
    invocation,
    { ...(distributed && { distributed }), applied, adopted },
    'up to date: nothing to do',
  );
}

function assertNoFurtherWord({ command: { args, parent } }: Invocation): void {
  const [word] = args;
  if (word === undefined) return;
  const known = parent?.commands.map((command) => command.name()) ?? [];
  throw new UsageError(`Unknown command '${word}' of migrate.`, {
    hint: `${didYouMean(word, known)} The commands are ${known.join(', ')}.`.trim(),
  });
}
