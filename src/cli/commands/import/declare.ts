import { type Command, Option } from 'commander';
import type { CommandRunner } from '../../command-runner.js';

/** Declares `maestro import`. */
export function declareImport(program: Command, runner: CommandRunner): void {
  program
    .command('import')
    .summary('read events and snapshots from an export')
    .description(
      'Import what `maestro export` wrote: in one transaction, all or nothing. Events that exist already are left ' +
        'unchanged, so importing twice adds nothing. A file that was cut short or changed is refused, with its line.',
    )
    .option('--file <file>', 'the export; "-" reads standard input', '-')
    .addOption(
      new Option(
        '--on-conflict <what>',
        'if the log has other events of an aggregate: refuse the import, or leave that aggregate out',
      )
        .choices(['fail', 'skip'])
        .default('fail'),
    )
    .option('--dry-run', 'import and roll back, to see what would happen')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro import --file log.ndjson --dry-run
  $ maestro import --file log.ndjson
  $ gunzip -c log.ndjson.gz | maestro import --on-conflict skip`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
