import type { Environment } from '../../connection/environment.js';
import { wrapWords } from '../render/words.js';

/** The width taken for a terminal when neither it nor `COLUMNS` tells one. */
const USUAL_COLUMNS = 80;
/** The least that tables are laid out for: the time of an event, indented. In a narrower terminal lines go on in the next. */
export const LEAST_COLUMNS = 27;

/** The columns to lay out for; nothing when the output is no terminal. */
export function terminalColumns({
  stdout,
  environment,
}: {
  readonly stdout: { readonly isTerminal: boolean; readonly columns: number | undefined };
  readonly environment: Environment;
}): number | undefined {
  if (!stdout.isTerminal) return undefined;
  const told = /^[1-9]\d{0,5}$/.test(environment['COLUMNS'] ?? '') ? Number(environment['COLUMNS']) : USUAL_COLUMNS;
  return Math.max(stdout.columns || told, LEAST_COLUMNS);
}

/** True when the environment asks for text without colours. */
export function noColour(environment: Environment): boolean {
  return (environment['NO_COLOR'] ?? '') !== '' || environment['TERM'] === 'dumb';
}

/** True for a terminal that cannot draw a line again (`TERM=dumb`), and in a CI job, where nobody watches. */
export function cannotRedraw(environment: Environment): boolean {
  return environment['TERM'] === 'dumb' || environment['CI'] !== undefined;
}

/** Wraps each line of a text between words to the width of a stream; not for one that is no terminal. */
export function wrapped(text: string, columns: number | undefined): string {
  if (columns === undefined) return text;
  return text
    .split('\n')
    .flatMap((line) => wrapWords(line, Math.max(columns || USUAL_COLUMNS, LEAST_COLUMNS)))
    .join('\n');
}
