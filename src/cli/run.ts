import { readFileSync } from 'node:fs';
import { CommanderError } from 'commander';
import type { CliContext } from './context.js';
import { UsageError } from './errors.js';
import { DONE, exitCodeFor, USAGE } from './exit-codes.js';
import { createProgram } from './program.js';

/** Runs one command line, without the words `node maestro`, and returns its exit code. Never throws. */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
  let exitCode = DONE;
  const out: string[] = [];
  const program = createProgram({
    context,
    version: packageVersion(),
    writeOut: (text) => out.push(text),
    exit: (code) => {
      exitCode = code;
    },
  });
  try {
    if (argv.length === 0) {
      program.outputHelp();
      exitCode = USAGE;
    } else await program.parseAsync(argv, { from: 'user' });
  } catch (error) {
    const failure = error instanceof CommanderError ? usageError(error) : error;
    if (failure !== undefined) {
      const { reportError } = await import('./report-error.js');
      await reportError(context, failure, errorReport(argv));
      exitCode = exitCodeFor(failure);
    }
  }
  if (out.length > 0) await context.stdout.write(out.join(''));
  return exitCode;
}

/** What commander complains of; nothing when it only showed help or the version. */
function usageError({ exitCode, message, code }: CommanderError): UsageError | undefined {
  if (exitCode === 0 || code === 'commander.help') return undefined;
  const [problem = '', suggestion] = message.replace(/^error: /, '').split('\n');
  const text = problem.charAt(0).toUpperCase() + problem.slice(1);
  return new UsageError(/[.!?)]$/.test(text) ? text : `${text}.`, {
    hint: suggestion?.replace(/^\((.*)\)$/, '$1') ?? 'See `maestro --help`, or `maestro <command> --help`.',
  });
}

/** Read from the words themselves, because a command line that is wrong has no parsed options. */
function errorReport(argv: readonly string[]): { json: boolean; verbose: boolean } {
  const words = argv.join(' ');
  return {
    json: /(^| )(-o|--output)[ =]?(json|ndjson)( |$)/.test(words),
    verbose: argv.some((word) => word === '--verbose' || /^-[a-z]*v[a-z]*$/.test(word)),
  };
}

/** The manifest lies two folders up, or three when this runs from `dist`. */
function packageVersion(): string {
  for (const path of ['../../package.json', '../../../package.json']) {
    try {
      const manifest = JSON.parse(readFileSync(new URL(path, import.meta.url), 'utf8')) as { version: string };
      return manifest.version;
    } catch {
      // Not there: this is the other layout.
    }
  }
  return 'unknown';
}
