import { type Command, InvalidArgumentError } from 'commander';
import { type LogPosition, parsePosition } from '../../../admin/log/log-position.js';
import type { CommandRunner } from '../../command-runner.js';
import { limit, timestamp } from '../../input/arguments.js';
import { sinceOption, TYPE, untilOption } from '../../input/filter-options.js';
import { METADATA } from '../../input/metadata-option.js';
import { KIND } from '../../input/kind-option.js';
import { NODE } from '../../input/node-id.js';

/** Declares `maestro search`. */
export function declareSearch(program: Command, runner: CommandRunner): void {
  program
    .command('search')
    .summary('find events of all aggregates')
    .description(
      'Find events of all aggregates, in the order of their timestamps. --since and --until follow an index, and --where one ' +
        'that `maestro migrate index add --where` made; the other filters read every event in between, so narrow the time of a ' +
        'large log. With --quiet the ids of the aggregates are printed, each once (of more than 100,000 some may come again).',
    )
    .option(...TYPE)
    .option(...sinceOption(runner.context))
    .option(...untilOption(runner.context))
    .option('--where <jsonpath>', "only events whose body matches this path, in PostgreSQL's jsonpath")
    .option('--text <text>', 'only events whose type, body or metadata contains this text, ignoring case', someText)
    .option(...KIND)
    .option(...NODE)
    .option('--reverse', 'the latest event first')
    .option(...METADATA)
    .option('--limit <count>', 'at most this many events; with --quiet, aggregates', limit, 50)
    .option('--after <timestamp>', 'only events after this one, to continue after a page', position)
    .addHelpText(
      'after',
      `
A path that is a condition ('$.amount > 100') must be true; one that selects ('$.items[*] ? (@.price > 5)') must
find something other than false and null. The metadata of an event is reached as $."$metadata".

Examples:
  $ maestro search --since "yesterday 14:30" --until "yesterday 14:40"
  $ maestro search --type withdrawn --where '$.amount > 1000' --reverse --limit 5
  $ maestro search --text "ada lovelace" -q | xargs -n 1 maestro events
  $ maestro search --where '$.owner.name == "Ada"' -o ndjson | jq -r .aggregateId | sort -u
  $ maestro search --where '$."$metadata".correlationId == "order-17"' --metadata`,
    )
    .action(runner.lazy(() => import('./run.js')));
}

function someText(text: string): string {
  if (text === '')
    throw new InvalidArgumentError('is empty. Write at least one character: every body has an empty text in it.');
  return text;
}

function position(text: string): LogPosition {
  return parsePosition(text, timestamp);
}
