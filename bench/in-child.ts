import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { Run } from './measure.js';

/** Runs a program of `bench/` in a process of its own, which prints its run as JSON; one in JavaScript without a loader. */
export async function inChild(program: string, argv: readonly string[]): Promise<Run> {
  const file = fileURLToPath(new URL(program, import.meta.url));
  const flags = program.endsWith('.mjs') ? [] : ['--import=tsx', '--expose-gc'];
  const child = spawn(process.execPath, [...flags, file, ...argv], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (part: string) => (text += part));
  const [code] = (await once(child, 'close')) as [number | null];
  if (code !== 0) throw new Error(`${program} ${argv.join(' ')} ended with ${code}.`);
  return JSON.parse(text) as Run;
}
