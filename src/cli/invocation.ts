import type { Command } from 'commander';
import type { MaestroConfig } from '../configuration.js';
import type { CliContext } from './context.js';
import { type GlobalOptions, globalOptions } from './input/global-options.js';
import { loadConfiguration } from './input/load-configuration.js';
import { Output } from './output/output.js';

/** One run of one command: its options and configuration, and the output that it prints to. */
export interface Invocation {
  readonly context: CliContext;
  readonly options: GlobalOptions;
  readonly output: Output;
  /** The command, as commander parsed it. */
  readonly command: Command;
  /** The command line with all its commands. */
  readonly program: Command;
  /** The words that name the command, such as `maestro append`. */
  readonly purpose: string;
  /** The configuration, loaded when it is first asked for. Rejects with `ConfigurationError`. */
  readonly configuration: () => Promise<MaestroConfig>;
}

/** The invocation of a command that commander has parsed. */
export function createInvocation(context: CliContext, command: Command): Invocation {
  const options = globalOptions(command);
  let configuration: Promise<MaestroConfig> | undefined;
  return {
    context,
    options,
    output: new Output(context, options),
    command,
    program: rootOf(command),
    purpose: commandPath(command),
    configuration: () => (configuration ??= loadConfiguration(options.config, context.workingDirectory)),
  };
}

function rootOf(command: Command): Command {
  return command.parent === null ? command : rootOf(command.parent);
}

/** All words that name a command, such as `maestro snapshot put`. */
function commandPath(command: Command): string {
  return command.parent === null ? command.name() : `${commandPath(command.parent)} ${command.name()}`;
}
