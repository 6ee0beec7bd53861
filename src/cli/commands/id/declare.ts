import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { declareIdNew } from './new/declare.js';
import { declareIdShow } from './show/declare.js';

/** Declares `maestro id` and the commands below it. */
export function declareId(program: Command, runner: CommandRunner): void {
  const id = program
    .command('id')
    .summary('make aggregate ids (new) and decode them (show)')
    .description('Make aggregate ids (new), and decode ids and timestamps (show), which have the same 16 bytes.')
    .addHelpText('after', '\nExamples:\n  $ maestro id new\n  $ maestro id show 01a2077042bc0000deadbeefcafef00d');
  declareIdNew(id, runner);
  declareIdShow(id, runner);
}
