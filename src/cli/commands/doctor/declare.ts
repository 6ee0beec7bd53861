import type { Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';

/** Declares `maestro doctor`. */
export function declareDoctor(program: Command, runner: CommandRunner): void {
  program
    .command('doctor')
    .summary('check the connection, the server and its settings')
    .description(
      'Check for problems, and say how to fix each: connection, version, encryption, pooler, rights of the role, tables, ' +
        'clocks, projections, and settings with which events could be lost. Changes nothing. Exits with 1 when a check fails, and with ' +
        '4 when the database cannot be reached.',
    )
    .addHelpText(
      'after',
      `
Examples:
  $ maestro doctor
  $ maestro doctor --url postgres://app@db.example/app?sslmode=verify-full -o ndjson`,
    )
    .action(runner.lazy(() => import('./run.js'), { answers: true }));
}
