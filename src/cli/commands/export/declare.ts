import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sinceOption, TYPE, untilOption } from '../../input/filter-options.js';
import { type IdArgument, idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro export`. */
export function declareExport(program: Command, runner: CommandRunner): void {
  program
    .command('export')
    .summary('write events and snapshots to a file')
    .description(
      'Write the log, or some aggregates, as NDJSON: a header, the events by aggregate and sequence, the snapshots, and a ' +
        'footer with counts and a SHA-256. The export shows the log at one moment; the same log always gives the same file. ' +
        'The database does the sorting.',
    )
    .argument('[ids...]', 'only these aggregates', collectIds)
    .option(...TYPE)
    .option(...sinceOption(runner.context))
    .option(...untilOption(runner.context))
    .option('--file <file>', 'write to this file, completely or not at all (default: standard output)')
    .option('--force', 'replace the file if it exists')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro export --file log.ndjson
  $ maestro export 01a2077042bc0000deadbeefcafef00d --file one.ndjson --force
  $ maestro export | gzip > log.ndjson.gz`,
    )
    .action(runner.lazy(() => import('./run.js')));
}

function collectIds(text: string, previous: readonly IdArgument[] = []): IdArgument[] {
  return [...previous, idOrPrefix(text)];
}
