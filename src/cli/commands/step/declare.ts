import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sequenceOrZero } from '../../input/arguments.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro step`. */
export function declareStep(program: Command, runner: CommandRunner): void {
  program
    .command('step')
    .summary('walk through the history of one aggregate, event by event')
    .description(
      'Walk through the history of one aggregate in the terminal: the event and the state after it, what changed ' +
        'highlighted, and in a wide terminal the list of events. Handlers that fail are shown and stepped over. Press ? for ' +
        'the keys.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option('--from <sequence>', 'begin with this event (default: 1)', sequenceOrZero)
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro step 01a2077042bc0000deadbeefcafef00d
  $ maestro step 01a2077042bc0000deadbeefcafef00d --from 41 --aggregate bank-account`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
