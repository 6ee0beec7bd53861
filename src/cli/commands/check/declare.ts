import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';
import { limit } from '../../input/arguments.js';

/** Declares `maestro check`. */
export function declareCheck(program: Command, runner: CommandRunner): void {
  program
    .command('check')
    .summary('fold every stored aggregate with the current code, before a deploy')
    .description(
      'Fold stored aggregates with the handlers of the configuration file. Reports handlers that fail on stored events, ' +
        'stored snapshots that differ from what the events give, and with --baseline states that differ from those of the ' +
        'code that wrote the baseline. Exits with 1 when it reports a problem.',
    )
    .option('--all', 'every aggregate (the default)')
    .option('--sample <count>', 'this many aggregates, chosen at random', limit)
    .option('--baseline <file>', 'compare the states with those in this file, each at the sequence it was written at')
    .option('--write-baseline <file>', 'write the states that the current code gives to this file')
    .option('--force', 'replace the file of --write-baseline if it exists')
    .option('--aggregate <name>', 'fold all with the handlers of this aggregate of the configuration file')
    .option('--no-snapshots', 'do not compare the stored snapshots')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro check --sample 1000
  $ maestro check --write-baseline before.ndjson    # with the code that runs now
  $ maestro check --baseline before.ndjson          # with the code that is to be deployed`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: true }));
}
