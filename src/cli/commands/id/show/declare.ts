import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { timestamp } from '../../../input/arguments.js';

/** Declares `maestro id show`. */
export function declareIdShow(id: Command, runner: CommandRunner): void {
  id.command('show')
    .summary('decode an id or timestamp')
    .description('Show the forms of an id or timestamp, and the time, counter and node in it. No database is needed.')
    .argument('<id>', 'an aggregate id or timestamp in any form', timestamp)
    .addHelpText('after', '\nExample:\n  $ maestro id show 2014-09-14T00:00:00.000Z-0000-0000000000000000')
    .action(runner.lazy(() => import('./run.js')));
}
