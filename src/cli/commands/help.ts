import type { Command } from 'commander';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { didYouMean } from '../../nearest.js';

/** Topics that have help, besides the commands. */
export const HELP_TOPICS = ['options', 'times'] as const;

/** Declares `maestro help`. */
export function registerHelp(program: Command, context: CliContext): void {
  program
    .command('help')
    .summary('show the help of a command, "options" or "times"')
    .description(
      'Show the help of a command; with "options" the options that every command takes, and with "times" how times and ids ' +
        'are written.',
    )
    .argument('[words...]', 'the command, or the topic')
    .addHelpText(
      'after',
      `
Examples:
  $ maestro help snapshot put
  $ maestro help options
  $ maestro help times`,
    )
    .action(async (words: string[]) => {
      const [topic] = words;
      if (words.length === 1 && (topic === 'options' || topic === 'times')) {
        const { helpTopic } = await import('../help-topics.js');
        return await context.stdout.write(helpTopic(topic, program, context.stdout.columns));
      }
      commandNamed(words, program).outputHelp();
    });
}

function commandNamed(words: readonly string[], program: Command): Command {
  let command = program;
  for (const [index, word] of words.entries()) {
    const children = command.createHelp().visibleCommands(command);
    const found = command.commands.find((child) => child.name() === word);
    if (found === undefined) {
      const names = [...children.map((child) => child.name()), ...(index === 0 ? HELP_TOPICS : [])];
      throw new UsageError(`There is no command ${JSON.stringify(words.slice(0, index + 1).join(' '))}.`, {
        hint: didYouMean(word, names) || '`maestro --help` lists all commands.',
      });
    }
    command = found;
  }
  return command;
}
