import { Readable } from 'node:stream';
import type { Command } from 'commander';
import type { CliContext, OutputStream } from '../../src/cli/context.js';
import { createProgram } from '../../src/cli/program.js';

/** The context of a process that has nothing and whose output goes nowhere, unless told otherwise. */
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

/** The command line with all its commands, for looking at. */
export function aProgram(): Command {
  const ignore = () => {};
  return createProgram({ context: aContext(), version: '', writeOut: ignore, writeErr: ignore, exit: ignore });
}

/** Every command that is no group of others, as its words. */
export function leavesOf(command: Command, path: readonly string[] = []): string[] {
  const children = command
    .createHelp()
    .visibleCommands(command)
    .filter((child) => child.name() !== 'help');
  return children.length === 0
    ? [path.join(' ')]
    : children.flatMap((child) => leavesOf(child, [...path, child.name()]));
}
