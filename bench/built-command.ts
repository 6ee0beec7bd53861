import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** The command as it is built; `npm run bench` builds it. */
export const MAESTRO = fileURLToPath(new URL('../dist/bin/maestro.js', import.meta.url));

/** Runs the built command, or another program of Node, as a process of its own; how long it took, from outside. */
export async function inBuiltCommand(
  argv: readonly string[],
  { program = MAESTRO, cwd }: { readonly program?: string; readonly cwd?: string } = {},
): Promise<{ readonly seconds: number }> {
  const start = performance.now();
  const child = spawn(process.execPath, [program, ...argv], { cwd, stdio: ['ignore', 'ignore', 'pipe'] });
  let stderr = '';
  child.stderr.on('data', (text: Buffer) => (stderr += text.toString()));
  const [code] = (await once(child, 'close')) as [number | null];
  const seconds = (performance.now() - start) / 1000;
  if (code !== 0) throw new Error(`${program} ${argv.join(' ')} ended with ${code}: ${stderr}`);
  return { seconds };
}
