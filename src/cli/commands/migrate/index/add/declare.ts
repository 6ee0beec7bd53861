import type { Command } from 'commander';
import type { CommandRunner } from '../../../../command-runner.js';
import { withIndexOptions } from '../index-options.js';

/** Declares `maestro migrate index add`. */
export function declareMigrateIndexAdd(index: Command, runner: CommandRunner): void {
  const add = index
    .command('add')
    .summary('make an index on a key of the metadata, or on a value in bodies')
    .description(
      'Make an index on a key of the metadata of events, or with --where on a value in their bodies, while everybody goes on ' +
        'reading and writing. Does nothing where it is there; completes one that was broken off.',
    );
  withIndexOptions(add)
    .addHelpText(
      'after',
      `
An index on a value is for conditions of \`maestro search --where\` that compare it with ==.

Examples:
  $ maestro migrate index add
  $ maestro migrate index add --metadata userId --dry-run
  $ maestro migrate index add --where '$.customer'
  $ maestro migrate index add --where '$."$metadata".tenant'`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
