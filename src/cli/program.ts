import { Command, Help, type Option } from 'commander';
import type { CommandRunner } from './command-runner.js';
import { COMMANDS } from './commands/catalogue.js';
import { terminalColumns } from './output/terminal.js';
import { addGlobalOptions } from './input/global-options.js';

/** Functions that get the texts that commander prints: help, and complaints. */
export interface ProgramTexts {
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
}

/** The columns that help is laid out for when no terminal tells its width. */
const HELP_COLUMNS = 80;

/** The description of an option, which says whether the command can do without it. */
function optionDescription(this: Help, option: Option): string {
  const description = Help.prototype.optionDescription.call(this, option);
  return option.mandatory ? `${description} (required)` : description;
}

/** The command line with all its commands; loads none of what they need to run. */
export function createProgram(runner: CommandRunner, version: string, { writeOut, writeErr }: ProgramTexts): Command {
  const { context } = runner;
  const program = new Command('maestro')
    .description('Read, replay and write the histories in an event store on PostgreSQL.')
    .version(version, '-V, --version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand(false)
    .configureOutput({
      writeOut,
      writeErr,
      outputError: () => {},
      getOutHelpWidth: () => terminalColumns(context) ?? HELP_COLUMNS,
      getErrHelpWidth: () => terminalColumns(context) ?? HELP_COLUMNS,
    })
    .exitOverride()
    .showSuggestionAfterError()
    .configureHelp({ optionDescription });
  addGlobalOptions(program);
  for (const { heading, commands } of COMMANDS) {
    program.commandsGroup(heading);
    for (const declare of commands) declare(program, runner);
  }
  program.addHelpText('afterAll', ({ command }) =>
    command === program ? '' : '\nOptions of every command (database, output, …): maestro help options',
  );
  return program.addHelpText(
    'after',
    `
Examples:
  $ maestro migrate
  $ maestro append new --type opened --body '{"owner": "Ada"}'
  $ maestro events 01a2077042bc0000deadbeefcafef00d
  $ maestro replay 01a2077042bc0000deadbeefcafef00d --max 41

Exit codes: 0 done, 1 a check failed or differences were found, 2 wrong usage or input, 3 no such aggregate, event or
snapshot, 4 database unavailable, 5 refused, 6 outcome unknown, 70 a defect in Maestro, 130 interrupted.`,
  );
}
