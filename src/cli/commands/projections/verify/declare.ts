import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';
import { integer } from '../../../input/arguments.js';

/** Declares `maestro projections verify`. */
export function declareProjectionsVerify(projections: Command, runner: CommandRunner): void {
  projections
    .command('verify')
    .summary('compare the live tables of a projection with what its handlers make of the events')
    .description(
      'Take the events of some aggregates, or of all, in again beside the live tables, up to where these are, and compare. ' +
        'All of it is one transaction that is rolled back, so nothing changes. Exits with 1 when a row differs.',
    )
    .argument('<name>', 'the projection')
    .option('--sample <count>', 'number of random aggregates to compare (default: 100)', integer(1, 100_000))
    .option('--all', 'compare all aggregates, and find rows that the handlers do not make from any event')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro projections verify owners
  $ maestro projections verify owners --sample 1000 -o json
  $ maestro projections verify owners --all`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: true }));
}
