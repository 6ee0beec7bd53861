import { didYouMean } from '../../nearest.js';

/** Commander's message for a refused value of an option (with its flags) or of an argument, and the parser's reason. */
const REFUSED =
  /^error: (?:option '(?<flags>[^']*)' argument|command-argument value) '(?<value>.*)' is invalid(?: for argument '[^']*')?\. (?<why>.*)$/s;

/**
 * Splits commander's message about a refused value into the problem and the remedy. Parsers of values throw sentences that
 * follow the value, `is not a time. Write …`: the first is the problem, the others are the remedy.
 */
export function refusedValue(message: string): { problem: string; remedy: string | undefined } | undefined {
  const { flags, value, why } = REFUSED.exec(message)?.groups ?? {};
  if (value === undefined || why === undefined) return undefined;
  const option = /--[\w-]+/.exec(flags ?? '')?.[0];
  const subject = `${option === undefined ? '' : `${option}: `}'${value}'`;
  const choices = /^Allowed choices are (.*)\.$/s.exec(why)?.[1];
  if (choices !== undefined)
    return {
      problem: `${subject} is not one of ${choices}.`,
      remedy: didYouMean(value, choices.split(', ')) || undefined,
    };
  const [, reason = why, remedy] = /^(.*?\.) (.*)$/s.exec(why) ?? [];
  return { problem: `${subject} ${reason}`, remedy };
}
