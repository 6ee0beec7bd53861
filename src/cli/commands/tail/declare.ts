import { type Command, InvalidArgumentError } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { integer, seconds } from '../../input/arguments.js';
import { TYPE } from '../../input/filter-options.js';
import { METADATA } from '../../input/metadata-option.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro tail`. */
export function declareTail(program: Command, runner: CommandRunner): void {
  program
    .command('tail')
    .summary('show the last events, and new ones as they commit')
    .description(
      'Show the last events of the whole log, by timestamp, or of one aggregate, by sequence. With --follow it continues ' +
        'with every event that is committed, each once, also those committed late, and reconnects after a failure.',
    )
    .argument('[id]', 'only this aggregate', idOrPrefix)
    .option('-n, --lines <count>', 'number of the last events to begin with', integer(0, 10_000), 10)
    .option('-f, --follow', 'show new events until Ctrl-C')
    .option(...TYPE)
    .option(...METADATA)
    .option('--interval <seconds>', 'how often to look for new events (default: 1; embedded database: 2)', interval)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro tail
  $ maestro tail -f --type withdrawn
  $ maestro tail 01a2077042bc0000deadbeefcafef00d -n 3 -f
  $ maestro tail -n 0 -f -o ndjson | jq .body`,
    )
    .action(runner.lazy(() => import('./run.js')));
}

function interval(text: string): number {
  const milliseconds = seconds(text);
  if (milliseconds < 100) throw new InvalidArgumentError('is too short. Write at least 0.1.');
  return milliseconds;
}
