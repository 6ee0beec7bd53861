import { planPruning, pruneCommands, type PruningPlan } from '../../../../admin/remembered-commands/prune-commands.js';
import type { Database } from '../../../../connection/database.js';
import { timeSpan } from '../../../../hlc/time-span.js';
import { withDatabase } from '../../../database/with-database.js';
import type { Invocation } from '../../../invocation.js';
import type { Output } from '../../../output/output.js';
import { printFacts } from '../../../output/print-facts.js';
import { counted, decimal } from '../../../../text/figures.js';
import { localTime } from '../../../render/local-time.js';

/** The options of `maestro commands prune`. */
export interface PruneCommandOptions {
  /** Milliseconds since 1970. */
  readonly olderThan: number;
  readonly execute?: boolean;
}

/** The age below which a client may well still repeat a command, in milliseconds. */
const YOUNG = 86_400_000;

/** Plans to forget old command ids, and does it with `--execute`. */
export async function run({ olderThan, execute = false }: PruneCommandOptions, invocation: Invocation): Promise<void> {
  const { output } = invocation;
  const { plan, left } = await withDatabase(
    invocation,
    async (database) => {
      const plan = await planPruning(database, olderThan);
      if (!execute) return { plan, left: 0 };
      const removed = await prune(database, olderThan, plan, output);
      const { commands: left, kept, oldest } = await planPruning(database, olderThan);
      return { plan: { commands: removed, kept: kept + left, oldest }, left };
    },
    { writes: execute },
  );
  await print(plan, { olderThan, execute }, output);
  if (left > 0)
    await output.warn(
      `${counted(left, 'command id')} of before that time ${left === 1 ? 'is' : 'are'} still there: written meanwhile, or kept by a trigger, a rule or a policy.`,
    );
  const age = Date.now() - olderThan;
  if (plan.commands > 0 && age < YOUNG)
    await output.warn(
      `Commands that were carried out ${timeSpan(Math.max(0, age))} ago are among them: a client that still repeats such a command ${execute ? 'has it carried out' : 'would have it carried out'} a second time.`,
    );
  if (!execute && plan.commands > 0) await output.note('nothing was changed; to execute this plan, add --execute');
}

async function prune(database: Database, olderThan: number, plan: PruningPlan, output: Output): Promise<number> {
  let removed = 0;
  const onProgress = (now: number) => {
    removed = now;
    output.progress.measure('Forgetting', now, plan.commands, 'command ids');
  };
  try {
    return await pruneCommands(database, olderThan, { onProgress });
  } catch (error) {
    if (removed > 0)
      await output.note(`${counted(removed, 'command id')} had been forgotten before; run it again for the rest`);
    throw error;
  }
}

async function print(
  { commands, kept, oldest }: PruningPlan,
  { olderThan, execute }: Required<PruneCommandOptions>,
  output: Output,
): Promise<void> {
  await printFacts(output, {
    ids: [String(commands)],
    json: {
      executed: execute,
      olderThan: new Date(olderThan).toISOString(),
      commands,
      kept,
      oldest: oldest === undefined ? null : new Date(oldest).toISOString(),
    },
    facts: [
      ['older than', localTime(olderThan)],
      [execute ? 'forgotten' : 'to forget', counted(commands, 'command id')],
      ['kept', decimal(kept)],
      ['oldest', oldest === undefined ? 'none' : localTime(oldest)],
    ],
  });
}
