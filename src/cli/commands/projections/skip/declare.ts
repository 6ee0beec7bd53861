import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { sequence } from '../../../input/arguments.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro projections skip`. */
export function declareProjectionsSkip(projections: Command, runner: CommandRunner): void {
  projections
    .command('skip')
    .summary('pass over one event on which a handler fails')
    .description(
      'Record that a projection or subscription is to pass over the event at which an aggregate is parked, with the reason, so that ' +
        'the events after it are taken in. It is the only way in which an event is left out. Only the event that is ' +
        'parked can be skipped.',
    )
    .argument('<name>', 'the projection or subscription')
    .argument('<id>', 'the aggregate', idOrPrefix)
    .requiredOption('--sequence <sequence>', 'the event at which it is parked', sequence)
    .requiredOption('--reason <text>', 'the reason, which is recorded')
    .addHelpText(
      'after',
      `
Example:
  $ maestro projections skip owners 01a2077042bc0000deadbeefcafef00d --sequence 7 --reason "a test event of staging"`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
