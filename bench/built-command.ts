import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** Path of the built command; `npm run bench` builds it. */
export const MAESTRO = fileURLToPath(new URL('../dist/bin/maestro.js', import.meta.url));

/** Makes a process of Node write its peak memory into a file. */
const USAGE = fileURLToPath(new URL('report-usage.mjs', import.meta.url));

/** Time and memory of a process. */
export interface Taken {
  /** From the start of the process to its end, measured from outside. */
  readonly seconds: number;
  /** Its largest resident memory in MB; 0 unless it was to be measured. */
  readonly memory: number;
}

/** Options for running a process. */
export interface ProcessOptions {
  /** @defaultValue the built command */
  readonly program?: string;
  readonly cwd?: string;
  readonly env?: Readonly<Record<string, string>>;
  /** Measure its memory, too, which makes it start later. @defaultValue false */
  readonly measuresMemory?: boolean;
  /** The largest exit code that is an answer. @defaultValue 0 */
  readonly answersUpTo?: number;
}

/** Runs the built command, or another program of Node, as a process of its own. Throws when it fails. */
export async function inBuiltCommand(
  argv: readonly string[],
  { program = MAESTRO, cwd, env = {}, measuresMemory = false, answersUpTo = 0 }: ProcessOptions = {},
): Promise<Taken> {
  const folder = mkdtempSync(join(tmpdir(), 'maestro-bench-'));
  const usage = join(folder, 'usage');
  try {
    const start = performance.now();
    const flags = measuresMemory ? ['--import', USAGE] : [];
    const child = spawn(process.execPath, [...flags, program, ...argv], {
      cwd,
      env: { ...process.env, ...env, USAGE_FILE: usage },
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    let stderr = '';
    child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
    const [code] = (await once(child, 'close')) as [number | null];
    const seconds = (performance.now() - start) / 1000;
    if (code === null || code > answersUpTo)
      throw new Error(`${program} ${argv.join(' ')} ended with ${code}: ${stderr}`);
    return { seconds, memory: measuresMemory ? Number(readFileSync(usage, 'utf8')) / 1024 : 0 };
  } finally {
    rmSync(folder, { recursive: true });
  }
}
