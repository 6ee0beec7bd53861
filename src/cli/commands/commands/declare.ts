import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { declareCommandsList } from './list/declare.js';
import { declareCommandsPrune } from './prune/declare.js';

/** Declares `maestro commands` and the commands below it. */
export function declareCommands(program: Command, runner: CommandRunner): void {
  const commands = program
    .command('commands')
    .summary('list and forget the command ids that were carried out')
    .description(
      'List and forget command ids: the `commandId` with which an application calls `evaluate`, so that a command which is ' +
        'sent again is answered and not carried out a second time.',
    )
    .addHelpText('after', `\nExample:\n  $ maestro commands prune --older-than 30d`);
  declareCommandsList(commands, runner);
  declareCommandsPrune(commands, runner);
}
