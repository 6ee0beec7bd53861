import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { zshScript } from './zsh.js';

/** Functions that fix the library's script, by shell. */
const SCRIPTS: Readonly<Record<string, (script: string) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The lines of the library's script for a shell, with fixes, and extended to `npx maestro`. */
export function mended(lines: readonly string[], shell: string): string[] {
  const script = lines.join('\n');
  return (SCRIPTS[shell]?.(script) ?? script).split('\n');
}
