import { Readable } from 'node:stream';
import { aContext } from '../../../scripts/support/program.js';
import type { OutputStream } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/run.js';

/** Surroundings of a command line. */
export interface CliOptions {
  readonly cwd?: string;
  readonly env?: Record<string, string>;
  readonly stdin?: string;
  /** Width of the terminal that stdin, stdout and stderr are; absent when they are no terminal. */
  readonly terminal?: number;
  /** Keep the line of standard error that names the database of a command that writes. @defaultValue false */
  readonly withTarget?: boolean;
  /** End it by Ctrl-C as soon as it goes on until then, as a server does. @defaultValue false */
  readonly interrupted?: boolean;
  /** Run it at once, however many others are under way: its time is measured. @defaultValue false */
  readonly atOnce?: boolean;
}

/** Exit code and output of a command line. */
export interface CliResult {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/** The line that names the database of a command that writes, which only the tests about it look at. */
const TARGET = /^note: using .*, schema .*\n/m;

/** Standard error without the line that names the database. */
export function withoutTarget(stderr: string): string {
  return stderr.replace(TARGET, '');
}

/**
 * The environment of a command line that says nothing about time: on a machine that has much to do, connecting may take longer
 * than the five seconds that a command waits by itself.
 */
export function patient(argv: readonly string[], env: Record<string, string>): Record<string, string> {
  return argv.some((word) => /^--timeout(=|$)/.test(word)) ? env : { PGCONNECT_TIMEOUT: '60', ...env };
}

/** Commands of one test file that run at the same time: each has connections of its own, and the server has not many. */
const FEW = 16;
let running = 0;
const waiting: (() => void)[] = [];

/** Does some work when fewer than {@link FEW} others are under way. */
async function oneOfFew<Value>(work: () => Promise<Value>): Promise<Value> {
  if (running >= FEW) await new Promise<void>((resolve) => waiting.push(resolve));
  else running += 1;
  try {
    return await work();
  } finally {
    const next = waiting.shift();
    if (next === undefined) running -= 1;
    else next();
  }
}

/** Runs a command line in this process, with the real commands on the real database. */
export async function runCli(
  argv: readonly string[],
  {
    cwd = '/',
    env = {},
    stdin = '',
    terminal,
    withTarget = false,
    atOnce = false,
    interrupted = false,
  }: CliOptions = {},
): Promise<CliResult> {
  const stdout = new CapturedStream(terminal);
  const stderr = new CapturedStream(terminal);
  const context = aContext({
    workingDirectory: cwd,
    environment: patient(argv, env),
    stdin: Object.assign(Readable.from(stdin === '' ? [] : [Buffer.from(stdin)]), {
      isTerminal: terminal !== undefined,
    }),
    stdout,
    stderr,
    ...(interrupted && { onInterrupt: interruptAtOnce }),
  });
  const code = atOnce ? await run(argv, context) : await oneOfFew(() => run(argv, context));
  return { code, stdout: stdout.text, stderr: withTarget ? stderr.text : withoutTarget(stderr.text) };
}

function interruptAtOnce(stop: (exitCode: 0) => void): () => void {
  stop(0);
  return () => {};
}

class CapturedStream implements OutputStream {
  readonly isTerminal: boolean;
  readonly columns: number | undefined;
  text = '';

  constructor(columns: number | undefined) {
    this.columns = columns;
    this.isTerminal = columns !== undefined;
  }

  async write(text: string): Promise<void> {
    this.text += text;
  }
}
