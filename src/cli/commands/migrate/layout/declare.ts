import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { integer, seconds } from '../../../input/arguments.js';

/** Declares `maestro migrate layout`. */
export function declareMigrateLayout(migrate: Command, runner: CommandRunner): void {
  migrate
    .command('layout')
    .summary('lay the event log out anew: in partitions, in more of them, or as one table')
    .description(
      'Show what laying the event log out anew would need, and with --execute do it, while everybody goes on reading and ' +
        'writing: the events are copied, changes of the meantime follow, both logs are compared, and the tables change places ' +
        'under a short lock. Interrupted, it goes on where it was when it is run again. Views, triggers and foreign keys of ' +
        'others, and whatever else could not be carried over, are named, and nothing is made then.',
    )
    .option('--partitions <count>', 'number of hash partitions that the log is to have', integer(2, 1024))
    .option('--plain', 'make it one table')
    .option('--execute', 'do it; without this option only the plan is shown')
    .option('--cancel', 'remove what an interrupted change has left, and keep the layout')
    .option(
      '--lock-timeout <seconds>',
      'how long to wait for a moment in which nobody is in the way (default: 60)',
      seconds,
    )
    .addHelpText(
      'after',
      `
Examples:
  $ maestro migrate layout --partitions 16
  $ maestro migrate layout --partitions 16 --execute
  $ maestro migrate layout --plain --execute`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
