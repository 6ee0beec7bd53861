import { Readable } from 'node:stream';
import type { Key, OutputStream, RawTerminal } from '../../../src/cli/context.js';
import { run } from '../../../src/cli/run.js';
import { aContext, aProgram, leavesOf } from '../../../scripts/support/program.js';
import { type CliOptions, type CliResult, runCli } from './cli.js';

/** Arguments for command lines. */
export interface Named {
  /** An aggregate with three events or more. */
  readonly id: string;
  /** The timestamp of an event. */
  readonly timestamp: string;
  /** A file with an export. */
  readonly file: string;
  /** The name of an aggregate in the configuration. */
  readonly aggregate: string;
}

/** Command lines that only read, by the words of their command. */
export function readingCommands({ id, timestamp }: Named): Readonly<Record<string, readonly string[]>> {
  return {
    events: [id],
    replay: [id],
    step: [id],
    diff: [id, '1', 'last'],
    bisect: [id, '--where', '$.n == 2'],
    'snapshot get': [id],
    'snapshot verify': [id],
    aggregates: [],
    search: ['--limit', '500'],
    event: [timestamp],
    tail: ['-n', '500'],
    stats: ['--by', 'type'],
    verify: [id],
    check: [],
    export: [id],
    'migrate status': [],
    'migrate sql': [],
    doctor: [],
  };
}

/** Command lines that write, by the words of their command, in an order in which each has something to do. */
export function writingCommands({ id, file, aggregate }: Named): Readonly<Record<string, readonly string[]>> {
  return {
    'migrate up': [],
    append: [id, '--type', 'happened', '--body', '{"n": 4}'],
    'snapshot put': [id, '--sequence', '3', '--body', '{"n": 99}'],
    'snapshot create': [id, '--aggregate', aggregate],
    'snapshot delete': [id, '--reason', 'asked to', '--execute'],
    import: ['--file', file],
    erase: [id, '--reason', 'asked to', '--execute'],
    'migrate rollback': ['--discard-all-events'],
  };
}

/** Commands that use no database. */
const WITHOUT_DATABASE = ['id new', 'id show', 'completion'];

/** The commands of the program that neither list of command lines has. */
export function commandsLeftOut(): string[] {
  const none = { id: '', timestamp: '', file: '', aggregate: '' };
  const known = new Set([
    ...Object.keys(readingCommands(none)),
    ...Object.keys(writingCommands(none)),
    ...WITHOUT_DATABASE,
  ]);
  return leavesOf(aProgram()).filter((command) => !known.has(command));
}

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
    environment: env,
    stdin: Object.assign(Readable.from([]), { isTerminal: true }),
    stdout: stream('stdout'),
    stderr: stream('stderr'),
    openTerminal,
  });
  return { code: await run(argv, context), ...written };
}

const QUIT: readonly Key[] = [{ name: 'q', text: 'q', ctrl: false }];

/** Runs a command line: as a program does, but `step`, which needs a terminal, as somebody who leaves it at once. */
export async function runAny(argv: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return await (argv[0] === 'step' ? runWithKeys(argv, QUIT, options) : runCli(argv, options));
}
