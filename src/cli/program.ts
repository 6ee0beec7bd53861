import { Command, Help, type Option } from 'commander';
import { registerAggregates } from './commands/aggregates.js';
import { registerAppend } from './commands/append.js';
import { registerBisect } from './commands/bisect.js';
import { registerCheck } from './commands/check/check.js';
import { registerCompletion } from './commands/completion/completion.js';
import { registerDiff } from './commands/diff.js';
import { registerDoctor } from './commands/doctor.js';
import { registerErase } from './commands/erase.js';
import { registerEvent } from './commands/event.js';
import { registerEvents } from './commands/events.js';
import { registerExport } from './commands/export.js';
import { registerHelp } from './commands/help.js';
import { registerId } from './commands/id.js';
import { registerImport } from './commands/import.js';
import { registerMigrate } from './commands/migrate/migrate.js';
import { registerReplay } from './commands/replay.js';
import { registerSearch } from './commands/search.js';
import { registerSnapshot } from './commands/snapshot/snapshot.js';
import { registerStats } from './commands/stats/stats.js';
import { registerStep } from './commands/step/step.js';
import { registerTail } from './commands/tail.js';
import { registerVerify } from './commands/verify.js';
import type { CliContext } from './context.js';
import { terminalColumns } from './output/output.js';
import { addGlobalOptions } from './global-options.js';

/** What the program writes help and complaints with, and whom it tells an exit code other than 0. */
export interface ProgramHost {
  readonly context: CliContext;
  readonly version: string;
  readonly writeOut: (text: string) => void;
  readonly writeErr: (text: string) => void;
  readonly exit: (code: number) => void;
}

/** The columns that help is laid out for when no terminal tells its width. */
const HELP_COLUMNS = 80;

/** The description of an option, which says whether the command can do without it. */
function optionDescription(this: Help, option: Option): string {
  const description = Help.prototype.optionDescription.call(this, option);
  return option.mandatory ? `${description} (required)` : description;
}

/** The command line with all its commands; loads none of what they need to run. */
export function createProgram({ context, version, writeOut, writeErr, exit }: ProgramHost): Command {
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
  program.commandsGroup('One aggregate:');
  registerEvents(program, context);
  registerReplay(program, context, exit);
  registerStep(program, context);
  registerDiff(program, context, exit);
  registerBisect(program, context);
  registerSnapshot(program, context, exit);
  registerAppend(program, context);
  registerId(program, context);
  program.commandsGroup('The whole log:');
  registerAggregates(program, context);
  registerSearch(program, context);
  registerEvent(program, context);
  registerTail(program, context);
  registerStats(program, context);
  registerVerify(program, context, exit);
  registerCheck(program, context, exit);
  registerExport(program, context);
  registerImport(program, context);
  registerErase(program, context);
  program.commandsGroup('The database:');
  registerMigrate(program, context, exit);
  registerDoctor(program, context, exit);
  program.commandsGroup('This tool:');
  registerCompletion(program, context);
  registerHelp(program, context);
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

Exit codes: 0 done, 1 found what was asked about, 2 wrong usage or input, 3 no such aggregate, event or snapshot,
4 database unavailable, 5 refused, 6 outcome unknown, 70 a defect, 130 interrupted.`,
  );
}
