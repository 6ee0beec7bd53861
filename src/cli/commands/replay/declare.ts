import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sequence, sequenceOrZero } from '../../input/arguments.js';
import { bound, longBound } from '../../input/bounds.js';
import { idOrPrefix } from '../../input/id-argument.js';
import { lastReading } from '../../input/time-options.js';

/** Declares `maestro replay`. */
export function declareReplay(program: Command, runner: CommandRunner): void {
  program
    .command('replay')
    .summary('show the state of one aggregate, now or in the past')
    .description(
      'Fold the events of one aggregate into its state, up to a sequence or a time: with the handlers of the aggregate ' +
        'that --aggregate names, or that the configuration says the id belongs to. Without one, the bodies are merged ' +
        'in order (JSON Merge Patch, RFC 7396): later keys replace earlier ones, null removes.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addOption(bound('max', 'the state after this event (0: before the first)', sequenceOrZero))
    .addOption(longBound('max', sequenceOrZero))
    .option('--at <time>', 'the state at this time, or right after this timestamp', lastReading(runner.context))
    .option('--steps', 'show what each event changed, and skip events whose handler fails (exit 1 then)')
    .addOption(bound('min', 'with --steps: the first event to show', sequence))
    .addOption(longBound('min', sequence))
    .option('--aggregate <name>', 'fold with the handlers of this aggregate of the configuration file')
    .option('--no-snapshot', 'fold from the first event, without the stored snapshot')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro replay 01a2077042bc0000deadbeefcafef00d
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --max 41
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --aggregate bank-account --no-snapshot
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --at "yesterday 14:34" -o json
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --steps --min 38 --max 41`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
