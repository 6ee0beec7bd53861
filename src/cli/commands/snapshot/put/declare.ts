import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { sequence } from '../../../input/arguments.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro snapshot put`. */
export function declareSnapshotPut(snapshot: Command, runner: CommandRunner): void {
  snapshot
    .command('put')
    .summary('store a snapshot, if it is newer than the stored one')
    .description(
      'Store a state that you give with --body or --file as the snapshot of an aggregate, if it is newer than the stored one. ' +
        'When a configured definition owns the aggregate, its handlers are first tried on the state. If they fail, nothing is ' +
        'stored (exit 5).',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .requiredOption('--sequence <sequence>', 'the last event that the state contains', sequence)
    .option('--body <json>', 'the state, a JSON object')
    .option('--file <file>', 'a file that holds the state; "-" reads standard input')
    .option('--aggregate <name>', 'try it with the handlers of this aggregate of the configuration file')
    .option('--force', 'store the state even if the handlers fail on it')
    .addHelpText(
      'after',
      `\nExample:\n  $ maestro snapshot put 01a207704b600000deadbeefcafef00d --sequence 38 --body '{"value": 33}'`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
