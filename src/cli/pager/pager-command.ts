import type { Environment } from '../../connection/environment.js';

/** The pager of those who named none. */
const USUAL = 'less';

/**
 * The pager to show long output in, as a command line: MAESTRO_PAGER, else PAGER, else `less`. Nothing when it is empty or `cat`,
 * and at terminals that cannot show one or that nobody sits at.
 */
export function pagerCommand(environment: Environment): string | undefined {
  if (['', 'dumb'].includes(environment['TERM'] ?? '') || environment['CI'] !== undefined) return undefined;
  const command = (environment['MAESTRO_PAGER'] ?? environment['PAGER'] ?? USUAL).trim();
  return command === '' || command === 'cat' ? undefined : command;
}

/** The environment of a pager: unless set otherwise, it asks for colours, and for what was shown to stay on the screen. */
export function pagerEnvironment(environment: Environment): Environment {
  return { LESS: 'FRX', LESSCHARSET: 'utf-8', LV: '-c', ...environment };
}

/** A command line as a program and its arguments; nothing when only a shell can tell. */
export function asProgram(command: string): readonly [string, ...string[]] | undefined {
  const [program, ...others] = command.split(/\s+/);
  if (program === undefined || program.includes('=') || !/^[\w\s./:=+,@%-]+$/.test(command)) return undefined;
  return [program, ...others];
}
