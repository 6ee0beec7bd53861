import type { Command } from 'commander';
import { didYouMean } from '../../../nearest.js';
import { UsageError } from '../../errors.js';
import type { Invocation } from '../../invocation.js';
import { HELP_TOPICS, helpTopic, isTopic } from './topics.js';

/** Shows the help of a command or of a topic. */
export async function run(words: readonly string[], _options: object, { program, context }: Invocation): Promise<void> {
  const [topic] = words;
  if (words.length === 1 && isTopic(topic))
    return await context.stdout.write(helpTopic(topic, program, context.stdout.columns));
  commandNamed(words, program).outputHelp();
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
