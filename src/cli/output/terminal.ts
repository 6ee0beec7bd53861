import type { CliContext } from '../context.js';

/** A terminal that does not tell its width, and to which the environment does not either, is taken to be as wide as most. */
const USUAL_COLUMNS = 80;
/** The least that tables are laid out for: the time of an event, indented. In a narrower terminal lines go on in the next. */
export const LEAST_COLUMNS = 27;

/** The columns to lay out for; nothing when the output is no terminal. */
export function terminalColumns({
  stdout,
  environment,
}: Pick<CliContext, 'stdout' | 'environment'>): number | undefined {
  if (!stdout.isTerminal) return undefined;
  const told = /^[1-9]\d{0,5}$/.test(environment['COLUMNS'] ?? '') ? Number(environment['COLUMNS']) : USUAL_COLUMNS;
  return Math.max(stdout.columns || told, LEAST_COLUMNS);
}

/** True when the environment asks for text without colours. */
export function noColour(environment: CliContext['environment']): boolean {
  return (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
}

/** A terminal that is none that a line can be drawn anew in, or that nobody sits at. */
export function cannotRedraw(environment: CliContext['environment']): boolean {
  return environment['TERM'] === 'dumb' || environment['CI'] !== undefined;
}
