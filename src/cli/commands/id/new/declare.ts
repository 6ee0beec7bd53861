import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';

/** Declares `maestro id new`. */
export function declareIdNew(id: Command, runner: CommandRunner): void {
  id.command('new')
    .summary('make a new id')
    .description('Make a new id for an aggregate, from the time now and a random node, and show what it is made of.')
    .addHelpText('after', '\nExample:\n  $ maestro id new -q')
    .action(runner.lazy(() => import('./run.js')));
}
