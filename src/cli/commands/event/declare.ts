import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sequence } from '../../input/arguments.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro event`. */
export function declareEvent(program: Command, runner: CommandRunner): void {
  program
    .command('event')
    .summary('show one event completely')
    .description(
      'Show the event with a timestamp, or with a sequence of an aggregate: its body and its metadata, its clock decoded, and ' +
        'the events next to it.',
    )
    .argument('<timestamp>', 'the timestamp of the event, in any form; or the id of its aggregate', idOrPrefix)
    .argument('[sequence]', 'the sequence of the event, after the id of its aggregate', sequence)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro event 2026-11-24T12:53:02.693Z-002E-F3D2116E5C2B276D
  $ maestro event 01a2077042bc0000deadbeefcafef00d 41
  $ maestro event 2026-11-24T12:53:02.693Z-002E-F3D2116E5C2B276D -o json | jq .body`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
