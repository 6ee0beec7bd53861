import type { Command } from 'commander';
import { MAX_SEQUENCE } from '../../../events.js';
import type { CommandRunner } from '../../command-runner.js';
import { limit, sequence } from '../../input/arguments.js';
import { bound, longBound } from '../../input/bounds.js';
import { sinceOption, TYPE, untilOption } from '../../input/filter-options.js';
import { METADATA } from '../../input/metadata-option.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro events`. */
export function declareEvents(program: Command, runner: CommandRunner): void {
  program
    .command('events')
    .summary('list the events of one aggregate')
    .description(
      'List the events of one aggregate, by sequence. Bodies are printed as PostgreSQL holds them, ' +
        'but for the metadata, which is apart.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .addOption(bound('min', 'first sequence to show (inclusive)', sequence, 1))
    .addOption(bound('max', 'last sequence to show (inclusive)', sequence, MAX_SEQUENCE))
    .addOption(longBound('min', sequence))
    .addOption(longBound('max', sequence))
    .option(...TYPE)
    .option(...sinceOption(runner.context))
    .option(...untilOption(runner.context))
    .option('--limit <count>', 'at most this many events', limit)
    .option('--reverse', 'last event first')
    .option(...METADATA)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro events 01a2077042bc0000deadbeefcafef00d
  $ maestro events 01a2077042bc0000deadbeefcafef00d --min 10 --max 20 --type deposited --type withdrawn
  $ maestro events 01a2077042bc0000deadbeefcafef00d --since "yesterday 14:00" --reverse --limit 5
  $ maestro events 01a2077042bc0000deadbeefcafef00d --metadata
  $ maestro events 01a2077042bc0000deadbeefcafef00d -o ndjson | jq .body`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
