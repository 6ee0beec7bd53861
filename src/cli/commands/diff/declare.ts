import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { idOrPrefix } from '../../input/id-argument.js';
import { pointOfHistory } from './point.js';

/** Declares `maestro diff`. */
export function declareDiff(program: Command, runner: CommandRunner): void {
  program
    .command('diff')
    .summary('compare the states of one aggregate at two points')
    .description(
      'Compare the states of one aggregate at two points of its history. With -o json the differences are a JSON Patch ' +
        '(RFC 6902). Exits with 1 when the states differ.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .argument(
      '<a>',
      'the first point: a sequence (0: before the first event), a time, a timestamp, or "last"',
      pointOfHistory(runner.context),
    )
    .argument('<b>', 'the second point, written the same way', pointOfHistory(runner.context))
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro diff 01a2077042bc0000deadbeefcafef00d 41 42
  $ maestro diff 01a2077042bc0000deadbeefcafef00d "yesterday 14:34" last
  $ maestro diff 01a2077042bc0000deadbeefcafef00d 0 last -o json`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: true }));
}
