import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro snapshot create`. */
export function declareSnapshotCreate(snapshot: Command, runner: CommandRunner): void {
  snapshot
    .command('create')
    .summary("fold the current state with the application's handlers and store it")
    .description(
      'Fold the events of an aggregate with the configured handlers, and store the state after the last one as its snapshot, if ' +
        'it is newer than the stored one.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option(
      '--aggregate <name>',
      'fold with the handlers of this aggregate of the configuration file (default: the one that owns it)',
    )
    .option('--no-snapshot', 'fold from the first event, without the stored snapshot')
    .addHelpText(
      'after',
      `\nExample:\n  $ maestro snapshot create 01a207704b600000deadbeefcafef00d --aggregate bank-account`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
