import type { Command } from 'commander';
import type { CliContext } from './context.js';
import { DONE, type ExitCode, FOUND } from './exit-codes.js';
import { createInvocation, type Invocation } from './invocation.js';

/** A module that does the work of one command, `run.ts` beside its `declare.ts`. Loaded only when that command is given. */
export interface CommandModule<Given extends readonly unknown[]> {
  /** Does the work, given the arguments and then the options as commander parsed them. Resolves to nothing for {@link DONE}. */
  readonly run: (...given: [...Given, invocation: Invocation]) => Promise<ExitCode | void>;
}

/** Runs the command that was given, and knows what the process is to end with. */
export class CommandRunner {
  readonly context: CliContext;
  /** The exit code of the command that has run. */
  exitCode: ExitCode = DONE;
  /** The exit code when the reader of its output leaves before it has ended. */
  quitCode: ExitCode = DONE;

  constructor(context: CliContext) {
    this.context = context;
  }

  /**
   * The action of a command: loads the module that does its work, and runs it. `answers` says that the exit code is the answer to a
   * question (with these arguments and options, when it is a function); as long as such a command has not ended, it is not that
   * nothing was found.
   */
  lazy<Given extends readonly unknown[]>(
    load: () => Promise<CommandModule<Given>>,
    { answers = false }: { readonly answers?: boolean | ((...given: Given) => boolean) } = {},
  ): (...given: [...Given, Command]) => Promise<void> {
    return async (...given) => {
      const parsed = given.slice(0, -1) as unknown as Given;
      if (typeof answers === 'function' ? answers(...parsed) : answers) this.quitCode = FOUND;
      const { run } = await load();
      const invocation = createInvocation(this.context, given.at(-1) as Command);
      this.exitCode = (await run(...parsed, invocation)) ?? DONE;
    };
  }
}
