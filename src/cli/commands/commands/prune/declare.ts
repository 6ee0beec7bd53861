import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { firstMillisecond } from '../../../input/time-options.js';

/** Declares `maestro commands prune`. */
export function declareCommandsPrune(commands: Command, runner: CommandRunner): void {
  commands
    .command('prune')
    .summary('forget the command ids that are older than a time')
    .description(
      'Show how many command ids would be forgotten, and with --execute forget them: those of commands that were carried ' +
        'out before a time. A command that is sent again after that is carried out a second time, so keep them for as long ' +
        'as any client may repeat one. Events stay as they are, and nobody waits meanwhile.',
    )
    .requiredOption(
      '--older-than <time>',
      'forget those from before this time, such as 30d, or 2026-11-01',
      firstMillisecond(runner.context),
    )
    .option('--execute', 'forget them; without this option only the plan is shown')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro commands prune --older-than 30d
  $ maestro commands prune --older-than 30d --execute
  $ maestro commands prune --older-than 2026-11-01 --execute -o json`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
