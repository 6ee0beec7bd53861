import type { Environment } from '../../connection/environment.js';

/** The default pager. */
const USUAL = 'less';

/**
 * The command line of the pager: MAESTRO_PAGER, else PAGER, else `less`. `undefined` when it is empty or `cat`, when `CI` is
 * set, and for terminals that cannot show a pager.
 */
export function pagerCommand(environment: Environment): string | undefined {
  if (['', 'dumb'].includes(environment['TERM'] ?? '') || environment['CI'] !== undefined) return undefined;
  const command = (environment['MAESTRO_PAGER'] ?? environment['PAGER'] ?? USUAL).trim();
  return command === '' || command === 'cat' ? undefined : command;
}

/** The environment of a pager; unless set otherwise, `less` shows colours and leaves the text on the screen when it ends. */
export function pagerEnvironment(environment: Environment): Environment {
  return { LESS: 'FRX', LESSCHARSET: 'utf-8', LV: '-c', ...environment };
}

/** Splits a command line into a program and its arguments; `undefined` when it needs a shell. */
export function asProgram(command: string): readonly [string, ...string[]] | undefined {
  const [program, ...others] = command.split(/\s+/);
  if (program === undefined || program.includes('=') || !/^[\w\s./:=+,@%-]+$/.test(command)) return undefined;
  return [program, ...others];
}
