import { readFileSync } from 'node:fs';
import type { CliContext } from './context.js';
import { DONE, exitCodeFor } from './exit-codes.js';

/** Runs one command line, without the words `node maestro`, and returns its exit code. Never throws. */
export async function run(argv: readonly string[], context: CliContext): Promise<number> {
  const version = packageVersion();
  if (argv.length === 1 && (argv[0] === '--version' || argv[0] === '-V')) {
    // Asked for by scripts, and by people who wonder what they have: no reason to load all commands.
    try {
      await context.stdout.write(`${version}\n`);
      return DONE;
    } catch (error) {
      return await failed(context, error);
    }
  }
  try {
    // It may have been deleted, and then nothing below it can be found.
    void context.workingDirectory;
  } catch (error) {
    return await failed(context, error);
  }
  const { runCommand } = await import('./run-command.js');
  return await runCommand(argv, context, version);
}

async function failed(context: CliContext, error: unknown): Promise<number> {
  const { reportError } = await import('./output/report-error.js');
  await reportError(context, error, { json: false, verbose: false });
  return exitCodeFor(error);
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
