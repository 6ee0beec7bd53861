import { type Command, Option } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sinceOption } from '../../input/filter-options.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro verify`. */
export function declareVerify(program: Command, runner: CommandRunner): void {
  program
    .command('verify')
    .summary('check the integrity of the log')
    .description(
      'Look for faults in the log: missing sequences, clocks that run backwards or are far ahead, ids of the wrong length, ' +
        'snapshots and projections ahead of their events. The database reads the whole log, or with --since only the events from then on. ' +
        'Exits with 1 when it finds a fault.',
    )
    .argument('[id]', 'only this aggregate', idOrPrefix)
    .option(...sinceOption(runner.context))
    .addOption(
      new Option(
        '--interop <system>',
        'look also for bodies that this system cannot read (default: as configured)',
      ).choices(['elixir']),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ maestro verify
  $ maestro verify --since yesterday || echo "look at the log"
  $ maestro verify 01a2077042bc0000deadbeefcafef00d -o json`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: true }));
}
