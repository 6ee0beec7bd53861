import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro bisect`. */
export function declareBisect(program: Command, runner: CommandRunner): void {
  program
    .command('bisect')
    .summary('find the event after which a condition holds')
    .description(
      'Find the first event after which a condition on the state holds, and every later event that changes whether it ' +
        'does. Reads all events once. Exits with 3 when the condition never holds.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .requiredOption('--where <jsonpath>', "a condition on the state, in PostgreSQL's jsonpath")
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro bisect 01a2077042bc0000deadbeefcafef00d --where '$.balance < 0'
  $ maestro bisect 01a2077042bc0000deadbeefcafef00d --where '$.items[*] ? (@.price > 100)' -o json`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
