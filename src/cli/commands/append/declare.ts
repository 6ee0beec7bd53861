import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { integer, sequenceOrZero } from '../../input/arguments.js';
import { idOrNew } from '../../input/id-argument.js';

/** A hundred years, in seconds. */
const LONGEST_DRIFT = 3_155_760_000;

/** Declares `maestro append`. */
export function declareAppend(program: Command, runner: CommandRunner): void {
  program
    .command('append')
    .summary('add events to an aggregate')
    .description(
      'Add events after the last one of an aggregate, in one commit: all of them or none. When a configured definition ' +
        'owns the aggregate, its history is first folded with the new events. If that fails, nothing is appended (exit 5).',
    )
    .argument('<id>', 'the aggregate, or "new" for a new one', idOrNew)
    .option('--type <type>', 'type of a single event')
    .option('--body <json>', 'body of a single event, a JSON object')
    .option('--file <file>', 'events as lines {"type", "body", "metadata"}; "-" reads standard input')
    .option(
      '--metadata <json>',
      'who or what causes the events, a JSON object; a line of the file may give a key another value',
    )
    .option('--expect <sequence>', 'refuse (exit 5) unless this is the last sequence; 0 for none yet', sequenceOrZero)
    .option('--aggregate <name>', 'try the events with the handlers of this aggregate of the configuration file')
    .option('--force', 'append even if the handlers cannot fold the events')
    .option('--dry-run', 'show what would be appended, and the state after it; write nothing')
    .option(
      '--max-drift <seconds>',
      'accept a last event whose timestamp is up to this far in the future (default: 300)',
      integer(0, LONGEST_DRIFT),
    )
    .addHelpText(
      'after',
      `
Examples:
  $ maestro append new --type opened --body '{"owner": "Ada"}'
  $ maestro append 01a2077042bc0000deadbeefcafef00d --type deposited --body '{"amount": 12.50}' --expect 1
  $ maestro append 01a2077042bc0000deadbeefcafef00d --type deposited --body '{"amount": 12.50}' --dry-run
  $ maestro append 01a2077042bc0000deadbeefcafef00d --type closed --body '{}' --metadata '{"userId": "support"}'
  $ echo '{"type": "opened", "body": {"owner": "Ada"}}' | maestro append new --file -`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
