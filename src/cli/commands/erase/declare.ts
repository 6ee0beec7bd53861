import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sequenceOrZero } from '../../input/arguments.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro erase`. */
export function declareErase(program: Command, runner: CommandRunner): void {
  program
    .command('erase')
    .summary('permanently remove an aggregate, or parts of its events')
    .description(
      'Show what would be removed: the events of one aggregate and its command ids, or the named paths of their bodies, and ' +
        'its snapshot. ' +
        'It is removed only with --execute: in one transaction, which checks at its end that nothing is left. Writers wait ' +
        'meanwhile. First stop the writers of this aggregate: they would continue after the last sequence that they know. ' +
        'When a configured definition owns the aggregate, its history is first folded without the values. If that fails, ' +
        'nothing is erased (exit 5). The projections of the configuration file remove it from their tables in the same ' +
        'transaction; when the database has others that took it in, nothing is erased either.',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option('--paths <pointers...>', 'remove only these paths (JSON Pointers) from the bodies; the events stay')
    .option('--replace <json...>', 'put a value in its place: one for all paths, or /path=value for one of them')
    .option('--reason <text>', 'the reason, for the report (required with --execute)')
    .option('--expect <sequence>', 'refuse unless this is the last sequence', sequenceOrZero)
    .option('--aggregate <name>', 'try it with the handlers of this aggregate of the configuration file')
    .option('--force', 'erase even if the handlers cannot fold the rest, or projections keep what they have')
    .option('--execute', 'remove it; without this option only the plan is shown')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --reason "GDPR request 4711"
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --reason "GDPR request 4711" --expect 41 --execute -o json >> erased.ndjson
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --paths /owner/email /owner/phone --reason "GDPR request 4712" --execute
  $ maestro erase 01a2077042bc0000deadbeefcafef00d --paths /owner/email --replace '"gone@example.org"' --reason "GDPR request 4712"`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
