import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { declareMigrateIndexAdd } from './add/declare.js';
import { declareMigrateIndexDrop } from './drop/declare.js';
import { declareMigrateIndexList } from './list/declare.js';

/** Declares `maestro migrate index` and the commands below it. */
export function declareMigrateIndex(migrate: Command, runner: CommandRunner): void {
  const index = migrate
    .command('index')
    .summary('add, list and drop indexes on metadata and on values in bodies')
    .description(
      'Add, list and drop indexes on keys of the metadata of events, such as the correlation id that `maestro trace` finds ' +
        'events by, and on values in their bodies, for `maestro search --where`. No write is ever refused because of them.',
    )
    .addHelpText('after', '\nExample:\n  $ maestro migrate index add');
  declareMigrateIndexAdd(index, runner);
  declareMigrateIndexList(index, runner);
  declareMigrateIndexDrop(index, runner);
}
