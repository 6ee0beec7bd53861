import type { CliContext } from '../../context.js';

/** True where somebody sits at this machine: at a terminal, not in CI, not over SSH, and with a screen for windows. */
export function mayOpenBrowser({
  environment,
  stdin,
  stdout,
}: Pick<CliContext, 'environment' | 'stdin' | 'stdout'>): boolean {
  const isSet = (name: string) => (environment[name] ?? '') !== '';
  if (!stdout.isTerminal || !stdin.isTerminal) return false;
  return !['CI', 'SSH_CONNECTION', 'SSH_CLIENT', 'SSH_TTY'].some(isSet);
}
