import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';

/** Declares the hidden `maestro complete`, which the scripts of `maestro completion` call at every press of the tab key. */
export function declareComplete(program: Command, runner: CommandRunner): void {
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(runner.lazy(() => import('./run.js')));
}
