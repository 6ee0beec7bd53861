import { RootCommand } from '@bomb.sh/tab';
import type { Command } from 'commander';
import { HELP_TOPICS } from '../help/topics.js';

type Described = ReturnType<RootCommand['command']>;

/** The command line described for the completion library: every command with its options, arguments and their choices. */
export function describeCommands(program: Command): RootCommand {
  const root = new RootCommand();
  describe(program, root);
  const walk = (command: Command, path: readonly string[]) => {
    const children = program.createHelp().visibleCommands(command);
    for (const child of children) {
      const childPath = [...path, child.name()];
      const described = root.command(childPath.join(' '), child.summary() || child.description());
      if (child.name() === 'help') described.argument('command', chosenFrom(helped(command, children)));
      else describe(child, described);
      // Options for all commands can stand behind each of them.
      describeOptions(program, described);
      walk(child, childPath);
    }
  };
  walk(program, []);
  return root;
}

/** True for an option of any command whose value is a file or a folder. */
export function takesFile(command: Command, word: string | undefined): boolean {
  if (word === undefined || !word.startsWith('-')) return false;
  return (
    command.options.some(
      ({ long, short, flags }) => (long === word || short === word) && /<(file|folder)>/.test(flags),
    ) || command.commands.some((child) => takesFile(child, word))
  );
}

function describe(command: Command, described: Described): void {
  describeOptions(command, described);
  for (const argument of command.registeredArguments)
    described.argument(argument.name(), chosenFrom(argument.argChoices ?? []), argument.variadic);
}

function describeOptions(command: Command, described: Described): void {
  for (const option of command.createHelp().visibleOptions(command)) {
    const name = option.long?.slice(2);
    if (name === undefined) continue;
    const alias = option.short?.slice(1);
    if (option.required || option.optional)
      described.option(name, option.description, chosenFrom(option.argChoices ?? []), alias);
    else described.option(name, option.description, alias);
  }
}

/** The arguments of `help`: the commands of its parent, and at the top level the topics. */
function helped(parent: Command, children: readonly Command[]): string[] {
  const names = children.map((child) => child.name());
  return parent.parent === null ? [...names, ...HELP_TOPICS] : names;
}

function chosenFrom(choices: readonly string[]) {
  return (complete: (value: string, description: string) => void) => {
    for (const choice of choices) complete(choice, '');
  };
}

/** The lines that the completion library (@bomb.sh/tab) prints to the console while `work` runs. */
export function printed(work: () => void): string[] {
  const lines: string[] = [];
  const { log } = console;
  console.log = (...values: unknown[]) => void lines.push(values.join(' '));
  try {
    work();
  } finally {
    console.log = log;
  }
  return lines;
}
