import type { Command } from 'commander';
import type { CommandRunner } from '../../../command-runner.js';

/** Declares `maestro projections status`. */
export function declareProjectionsStatus(projections: Command, runner: CommandRunner): void {
  projections
    .command('status')
    .summary('show how far each projection and subscription is behind the log')
    .description(
      'Show for each projection and subscription that the database knows how many aggregates and events it is behind, the ' +
        'aggregates that are parked because a handler failed, and the workers that run it. Needs no configuration, and ' +
        'changes nothing.',
    )
    .argument('[name]', 'only this projection or subscription')
    .option('--exit-code', 'exit with 1 when one is behind, parked or ahead of the log, or lacks a table')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro projections status
  $ maestro projections status owners -o json
  $ maestro projections status --exit-code || maestro projections run --once`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: (_name, { exitCode = false }) => exitCode }));
}
