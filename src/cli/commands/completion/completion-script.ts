import { bashScript } from './bash.js';
import { fishScript } from './fish.js';
import { zshScript } from './zsh.js';

/** Functions that mend the library's script, by shell. */
const SCRIPTS: Readonly<Record<string, (script: string) => string>> = {
  bash: bashScript,
  zsh: zshScript,
  fish: fishScript,
};

/** The library's script for a shell, line by line, mended where it would disturb or fail, and for `npx maestro` as well. */
export function mended(lines: readonly string[], shell: string): string[] {
  const script = lines.join('\n');
  return (SCRIPTS[shell]?.(script) ?? script).split('\n');
}
