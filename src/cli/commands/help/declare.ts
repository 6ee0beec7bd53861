import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';

/** Declares `maestro help`. */
export function declareHelp(program: Command, runner: CommandRunner): void {
  program
    .command('help')
    .summary('show the help of a command, "options" or "times"')
    .description(
      'Show the help of a command; with "options" the options that every command takes, and with "times" how times and ids ' +
        'are written.',
    )
    .argument('[words...]', 'the command, or the topic')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro help snapshot put
  $ maestro help options
  $ maestro help times`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
