import { Argument, type Command } from 'commander';
import type { CommandRunner } from '../../command-runner.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Declares `maestro completion`. */
export function declareCompletion(program: Command, runner: CommandRunner): void {
  program
    .command('completion')
    .summary('print a script that completes commands in your shell')
    .description('Print a script for your shell, with which the tab key completes commands, options and their values.')
    .addArgument(new Argument('<shell>', 'your shell').choices(SHELLS))
    .addHelpText(
      'after',
      `
Examples:
  $ maestro completion bash >> ~/.bashrc
  $ maestro completion zsh > "\${fpath[1]}/_maestro"
  $ maestro completion fish > ~/.config/fish/completions/maestro.fish`,
    )
    .action(runner.lazy(() => import('./run.js')));
}
