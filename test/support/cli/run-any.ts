import { Readable } from 'node:stream';
import type { Key, OutputStream, RawTerminal } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/run.js';
import { aContext } from '../../../scripts/support/program.js';
import { type CliOptions, type CliResult, patient, runCli } from './cli.js';

/** Runs a command line in a terminal in which somebody presses keys; what it draws is its standard output. */
export async function runWithKeys(
  argv: readonly string[],
  pressed: readonly Key[],
  { cwd = '/', env = {}, terminal = 100 }: CliOptions = {},
): Promise<CliResult> {
  const written = { stdout: '', stderr: '' };
  const stream = (name: keyof typeof written): OutputStream => ({
    isTerminal: true,
    columns: terminal,
    write: async (text) => void (written[name] += text),
  });
  const openTerminal = (): RawTerminal => ({
    columns: terminal,
    rows: 30,
    keys: Readable.from(pressed),
    onResize: () => {},
    close: () => {},
  });
  const context = aContext({
    workingDirectory: cwd,
    environment: patient(argv, env),
    stdin: Object.assign(Readable.from([]), { isTerminal: true }),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    openTerminal,
  });
  return { code: await run(argv, context), ...written };
}

const QUIT: readonly Key[] = [{ name: 'q', text: 'q', ctrl: false }];

/** Runs a command line: as a program does, but `step`, which needs a terminal, and `ui` as somebody who leaves it at once. */
export async function runAny(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  if (argv[0] === 'step') return await runWithKeys(argv, QUIT, options);
  return await runCli(argv, { ...options, interrupted: argv[0] === 'ui' });
}
