import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro commands list`. */
export function declareCommandsList(commands: Command, runner: CommandRunner): void {
  commands
    .command('list')
    .summary('list the command ids of one aggregate, with their events')
    .description(
      'List the command ids that were carried out on one aggregate and are still remembered, in the order of its history, ' +
        'with the sequences of their events and the time.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro commands list 01a2077042bc0000deadbeefcafef00d
  $ maestro commands list 01a2077042bc0000deadbeefcafef00d -o ndjson | jq 'select(.commandId == "order-4711")'`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
