import { CommanderError } from 'commander';
import { isFileError } from '../connection/embedded/file-errors.js';
import { nodePermissionError } from '../store/failures/node-permission.js';
import { CommandRunner } from './command-runner.js';
import type { CliContext } from './context.js';
import { FileRefusedError, UsageError } from './errors.js';
import { DEFECT, DONE, type ExitCode, exitCodeFor, UNAVAILABLE, USAGE } from './exit-codes.js';
import { withPaging } from './pager/paging.js';
import { createProgram } from './program.js';
import { Remarks } from './output/remarks.js';
import { reportError } from './output/report-error.js';
import { SHOWED_HELP, usageError } from './input/usage-error.js';
import { watchOutput } from './output/watched-output.js';

/** Parses one command line, runs the command, reports what went wrong, and returns the exit code. Never throws. */
export async function runCommand(argv: readonly string[], context: CliContext, version: string): Promise<ExitCode> {
  const out: string[] = [];
  const err: string[] = [];
  const report = errorReport(argv);
  const paging = withPaging(context, () => runner.quitCode);
  const remarks = new Remarks(paging.context, report.json);
  const watched = watchOutput(paging.context);
  const runner = new CommandRunner({ ...watched.context, remarks });
  const program = createProgram(runner, version, {
    writeOut: (text) => out.push(text),
    writeErr: (text) => err.push(text),
  });
  try {
    await program.parseAsync(argv, { from: 'user' }).finally(async () => {
      await paging.end();
      if (out.length > 0) await context.stdout.write(out.join(''));
    });
    await remarks.tell();
    return runner.exitCode;
  } catch (error) {
    const complaint = error instanceof CommanderError ? usageError(error, argv, program) : meaningOf(error);
    const failure = complaint === SHOWED_HELP && report.json ? noCommand() : complaint;
    if (failure === undefined) return DONE;
    if (failure === SHOWED_HELP) {
      // No command was given: the help is the complaint.
      await context.stderr.write(err.join(''));
      return USAGE;
    }
    const exitCode = exitCodeFor(failure);
    // Whatever a command finds, refuses or misses it says in full; what cuts it off it cannot know before.
    const isPartial = watched.hasPrinted() && (exitCode === UNAVAILABLE || exitCode === DEFECT);
    await reportError(context, failure, { ...report, flags: program.opts(), isPartial, warnings: remarks.take() });
    return exitCode;
  }
}

/** For programs, the help is no complaint. */
function noCommand(): UsageError {
  return new UsageError('No command is given.', { hint: 'See `maestro --help`.' });
}

/** The codes of refusals that a file, and no connection, meets. */
const OF_FILES = /^E(?:ACCES|PERM|ROFS|NOENT|NOTDIR|ISDIR|LOOP|NAMETOOLONG|[MN]FILE|NOSPC|DQUOT|FBIG)$/;

/** The error to report for what was thrown: a refusal of the file system or of Node's permissions, or the same. */
function meaningOf(error: unknown): unknown {
  return isFileError(error) && OF_FILES.test(error.code ?? '')
    ? new FileRefusedError(error)
    : (nodePermissionError(error) ?? error);
}

/** Read from the words themselves, because a command line that is wrong has no parsed options. */
function errorReport(argv: readonly string[]): { json: boolean; verbose: boolean } {
  let format = '';
  for (const [index, word] of argv.entries()) {
    const [, long, short] = /^(?:--output(?:=(.*))?|-[qv]*o(.*))$/.exec(word) ?? [null];
    if (long === undefined && short === undefined && !/^--output$/.test(word)) continue;
    format = long || short || (argv[index + 1] ?? '');
  }
  const verbose = argv.some((word) => word === '--verbose' || /^-[qv]*v[qvo]*$/.test(word));
  return { json: format === 'json' || format === 'ndjson', verbose };
}
