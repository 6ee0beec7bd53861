import { Argument, type Command } from 'commander';
import type { CliContext } from '../context.js';
import { createSession } from '../session.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;

/** Declares `maestro completion`, and the hidden `complete` that the scripts call at every press of the tab key. */
export function registerCompletion(program: Command, context: CliContext): void {
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
    .action(async (shell: string, _options: object, command: Command) => {
      const { output } = createSession(context, command);
      const { describeCommands, printed } = await import('../describe-commands.js');
      for (const line of printed(() => describeCommands(program).setup('maestro', 'maestro', shell)))
        await output.line(line);
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { describeCommands, printed } = await import('../describe-commands.js');
      const lines = printed(() => describeCommands(program).parse(words));
      await context.stdout.write(lines.map((line) => `${line}\n`).join(''));
    });
}
