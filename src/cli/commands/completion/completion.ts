import { Argument, type Command } from 'commander';
import type { CliContext } from '../../context.js';
import { UsageError } from '../../errors.js';
import { createSession } from '../../session.js';

const SHELLS = ['bash', 'zsh', 'fish'] as const;
/** Tells the scripts that there is nothing to offer but files. */
const OFFER_FILES = ':0';

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
      if (output.format !== 'table')
        throw new UsageError('A completion script is for a shell and has no JSON form.', { hint: 'Leave -o out.' });
      const [{ describeCommands, printed }, { mended }] = await Promise.all([
        import('./describe-commands.js'),
        import('./completion-script.js'),
      ]);
      const script = printed(() => describeCommands(program).setup('maestro', 'maestro', shell));
      for (const line of mended(script, shell)) await output.line(line);
    });
  program
    .command('complete', { hidden: true })
    .argument('[words...]')
    .action(async (words: string[]) => {
      const { describeCommands, printed, takesFile } = await import('./describe-commands.js');
      const { configuredValues } = await import('./configured-values.js');
      const configured = await configuredValues(words, context);
      const lines =
        configured ??
        (takesFile(program, words.at(-2)) ? [OFFER_FILES] : printed(() => describeCommands(program).parse(words)));
      await context.stdout.write(lines.map((line) => `${line}\n`).join(''));
    });
}
