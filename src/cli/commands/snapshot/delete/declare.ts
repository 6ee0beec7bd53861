import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { sequenceOrZero } from '../../../input/arguments.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro snapshot delete`. */
export function declareSnapshotDelete(snapshot: Command, runner: CommandRunner): void {
  snapshot
    .command('delete')
    .summary('remove the stored snapshot, so that the history is folded from its first event')
    .description(
      'Show the snapshot that would be deleted, and with --execute delete it, such as a wrong one, or one with a version, ' +
        'which an Elixir application could not read. Events stay as they are.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option('--reason <text>', 'the reason, for the report (required with --execute)')
    .option('--expect <sequence>', 'refuse unless the snapshot is of this sequence', sequenceOrZero)
    .option('--execute', 'delete it; without this option only the plan is shown')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro snapshot delete 01a207704b600000deadbeefcafef00d --reason "folded wrongly"
  $ maestro snapshot delete 01a207704b600000deadbeefcafef00d --reason "folded wrongly" --expect 38 --execute`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
