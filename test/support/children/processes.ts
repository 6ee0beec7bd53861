import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { TestFn } from 'ava';
import { build } from 'esbuild';

/** A process that a test started. */
export interface Child {
  readonly pid: number;
  /** The next line that it prints; `undefined` when it has ended. Throws when it ends with an error of its own. */
  line(): Promise<string | undefined>;
  /** Writes a line to it. */
  tell(line: string): void;
  /** Ends it at once, as `kill -9` does, and waits until it is gone. */
  kill(): Promise<void>;
  /** Waits until it has ended by itself; throws when it failed. */
  ended(): Promise<void>;
}

/** Flag with which the embedded engine is compiled once, as in the command line: optimizing it takes longer than what a test asks. */
export const QUICK_WASM = '--liftoff-only';

const root = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * Other processes for one test file, killed when the file is done. Each runs a program of this folder, bundled
 * once, because compiling it anew would take longer than what it does.
 */
export function useProcesses(
  test: TestFn<unknown>,
  program: string,
): { readonly file: string; start(...argv: string[]): Child } {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-test-'));
  const file = join(folder, basename(program).replace(/\.ts$/, '.mjs'));
  const children = new Set<Child>();
  test.before(async () => {
    const entry = join(root, 'test/support/children', program);
    // Files that the sources find beside themselves stay where they are, and packages are found by a link.
    const define = {
      'import.meta.url': JSON.stringify(new URL('../../../src/connection/embedded/x.js', import.meta.url).href),
    };
    const options = {
      bundle: true,
      platform: 'node',
      format: 'esm',
      packages: 'external',
      logLevel: 'warning',
    } as const;
    // The examples name the package.
    const alias = { 'maestro-store': join(root, 'src/index.ts') };
    await build({ entryPoints: [entry], outfile: file, define, alias, ...options });
    symlinkSync(join(root, 'node_modules'), join(folder, 'node_modules'), 'junction');
  });
  test.after.always(async () => {
    await Promise.all([...children].map((child) => child.kill()));
    rmSync(folder, { recursive: true, force: true });
  });
  return {
    file,
    start: (...argv) => {
      const child = started(spawn(process.execPath, [QUICK_WASM, file, ...argv], { stdio: ['pipe', 'pipe', 'pipe'] }));
      children.add(child);
      return child;
    },
  };
}

function started(process: ChildProcess): Child {
  const { stdin, stdout, stderr, pid } = process;
  if (stdin === null || stdout === null || stderr === null || pid === undefined)
    throw new Error('The process did not start.');
  let complaints = '';
  let killed = false;
  stdin.on('error', () => {});
  stderr.setEncoding('utf8').on('data', (text: string) => {
    complaints += text;
  });
  const gone = new Promise<void>((resolve) => process.once('close', () => resolve()));
  const lines = createInterface({ input: stdout })[Symbol.asyncIterator]();
  const assertFine = () => {
    if (!killed && process.exitCode !== 0)
      throw new Error(`The process ended with ${process.exitCode ?? process.signalCode}:\n${complaints}`);
  };
  return {
    pid,
    line: async () => {
      const { value, done } = (await lines.next()) as IteratorResult<string, undefined>;
      if (!done) return value;
      await gone;
      assertFine();
      return undefined;
    },
    tell: (line) => void stdin.write(`${line}\n`),
    kill: async () => {
      killed = true;
      process.kill('SIGKILL');
      await gone;
    },
    ended: async () => {
      await gone;
      assertFine();
    },
  };
}
