import type { Command } from 'commander';
import { MAX_SEQUENCE } from '../../../../events.js';
import type { CommandRunner } from '../../../command-runner.js';
import { sequenceOrZero } from '../../../input/arguments.js';
import { bound, longBound } from '../../../input/bounds.js';
import { idOrPrefix } from '../../../input/id-argument.js';

/** Declares `maestro snapshot get`. */
export function declareSnapshotGet(snapshot: Command, runner: CommandRunner): void {
  snapshot
    .command('get')
    .summary('show the stored snapshot')
    .description('Show the stored snapshot of an aggregate: the state that it holds, and the last event in that state.')
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addOption(bound('min', 'only a snapshot of at least this sequence', sequenceOrZero, 0))
    .addOption(bound('max', 'only a snapshot of at most this sequence', sequenceOrZero, MAX_SEQUENCE))
    .addOption(longBound('min', sequenceOrZero))
    .addOption(longBound('max', sequenceOrZero))
    .addHelpText('after', `\nExample:\n  $ maestro snapshot get 01a207704b600000deadbeefcafef00d --max 41 -o json`)
    .action(runner.lazy(() => import('./run.js')));
}
