import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro snapshot verify`. */
export function declareSnapshotVerify(snapshot: Command, runner: CommandRunner): void {
  snapshot
    .command('verify')
    .summary("compare stored snapshots with what the application's handlers make of the events")
    .description(
      'Fold the events up to the sequence of a snapshot with the configured handlers, and compare the states by content. ' +
        'Exits with 1 when one is different, ahead of its history, or cannot be folded, and --fix did not replace it.',
    )
    .argument('[id]', 'the aggregate', idOrPrefix)
    .option('--all', 'all snapshots')
    .option('--fix', 'replace wrong snapshots by the right state')
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro snapshot verify 01a207704b600000deadbeefcafef00d
  $ maestro snapshot verify --all -o ndjson
  $ maestro snapshot verify --all --fix`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: true }));
}
