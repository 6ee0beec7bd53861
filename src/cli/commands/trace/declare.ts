import { type Command, InvalidArgumentError } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { limit } from '../../input/arguments.js';
import { sinceOption, untilOption } from '../../input/filter-options.js';

/** Declares `maestro trace`. */
export function declareTrace(program: Command, runner: CommandRunner): void {
  program
    .command('trace')
    .summary('show what caused what, by a correlation id')
    .description(
      'List the events of all aggregates whose metadata has this correlationId, in the order of their timestamps, each ' +
        'indented below its cause: the event whose timestamp is its causationId. Without an index every event of the time ' +
        'is read; `maestro migrate index add` makes one. With --quiet the timestamps are printed.',
    )
    .argument('<correlation-id>', 'the text that the events have as correlationId', correlationId)
    .option(...sinceOption(runner.context))
    .option(...untilOption(runner.context))
    .option('--limit <count>', 'at most this many events', limit, 1000)
    .addHelpText(
      'after',
      `
Examples:
  $ maestro trace order-4711
  $ maestro trace order-4711 --since -2h -o ndjson | jq -r .type
  $ maestro trace order-4711 -q | xargs -n 1 maestro event`,
    )
    .action(runner.lazy(() => import('./run.js')));
}

function correlationId(text: string): string {
  if (text === '') throw new InvalidArgumentError('is empty. Write the text that the events have as correlationId.');
  if (!text.isWellFormed() || text.includes('\0'))
    throw new InvalidArgumentError('has characters that PostgreSQL cannot store, so no event has it.');
  return text;
}
