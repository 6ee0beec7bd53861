import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';

/** Declares `maestro types`. */
export function declareTypes(program: Command, runner: CommandRunner): void {
  program
    .command('types')
    .summary('list the stored types of events, and what handles them')
    .description(
      'List the types of all stored events: how many, the times of the first and the last, and the configured definitions ' +
        'that handle them, under a newer name where a type was renamed. The database reads the whole log to do so.',
    )
    .option('--exit-code', 'exit with 1 when a type is handled by no configured definition')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro types
  $ maestro types --exit-code || echo "a handler is missing"
  $ maestro types -o ndjson | jq -r 'select(.handledBy == []) | .type'`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: ({ exitCode = false }) => exitCode }));
}
