import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { sequenceOrZero } from '../../input/arguments.js';
import { idOrPrefix } from '../../input/id-argument.js';

/** Declares `maestro erase`. */
export function declareErase(program: Command, runner: CommandRunner): void {
  program
    .command('erase')
    .summary('remove an aggregate, or parts of its events, for good')
    .description(
      'Show what would be removed: the events of one aggregate, or the named paths of their bodies, and its snapshot. ' +
        'It is removed only with --execute: in one transaction, which checks at its end that nothing is left. Writers wait ' +
        'meanwhile. First stop the writers of this aggregate, which would go on after the last sequence that they know. ' +
        'When a configured definition owns the aggregate, its history is first folded without the values. If it would not ' +
        'fold any more, nothing is erased (exit 5).',
    )
    .argument('<id>', 'the aggregate', idOrPrefix)
    .option('--paths <pointers...>', 'remove only these paths (JSON Pointers) from the bodies; the events stay')
    .option('--replace <json...>', 'put a value there instead: one for all paths, or /path=value for one of them')
    .option('--reason <text>', 'why; part of the report (required with --execute)')
    .option('--expect <sequence>', 'refuse unless this is the last sequence', sequenceOrZero)
    .option('--aggregate <name>', 'try it with the handlers of this aggregate of the configuration file')
    .option('--force', 'erase also what the handlers need')
    .option('--execute', 'do it')
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
