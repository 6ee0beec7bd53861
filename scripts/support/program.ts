import { Readable } from 'node:stream';
import type { Command } from 'commander';
import { CommandRunner } from '../../src/cli/command-runner.js';
import type { CliContext, OutputStream } from '../../src/cli/context.js';
import { createProgram } from '../../src/cli/program.js';

/** The context of a process without arguments, environment and terminal, whose output is dropped; `changes` override it. */
export function aContext(changes: Partial<CliContext> = {}): CliContext {
  const nowhere: OutputStream = { isTerminal: false, columns: undefined, write: async () => {} };
  return {
    workingDirectory: '/',
    environment: {},
    stdin: Object.assign(Readable.from([]), { isTerminal: false }),
    stdout: nowhere,
    stderr: nowhere,
    openTerminal: () => undefined,
    openPager: async () => undefined,
    onExit: () => () => {},
    ...changes,
  };
}

/** The command line with all its commands, to inspect and not to run. */
export function aProgram(): Command {
  const ignore = () => {};
  return createProgram(new CommandRunner(aContext()), '', { writeOut: ignore, writeErr: ignore });
}

/** The names of all commands without subcommands, each with those of its parents: `migrate status`. */
export function leavesOf(command: Command, path: readonly string[] = []): string[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
  return children.length === 0
    ? [path.join(' ')]
    : children.flatMap((child) => leavesOf(child, [...path, child.name()]));
}
