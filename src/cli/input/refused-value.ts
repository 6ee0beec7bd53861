import { didYouMean } from '../../nearest.js';

/** Commander's words for a value that an option (by its flags) or an argument (by its name) does not take, and why. */
const REFUSED =
  /^error: (?:option '(?<flags>[^']*)' argument|command-argument value) '(?<value>.*)' is invalid(?: for argument '[^']*')?\. (?<why>.*)$/s;

/**
 * The problem with a value, and what to write instead, from commander's message. Parsers of values say why in words that
 * follow the value, `is not a time. Write …`: the first sentence is the problem, the others are the remedy.
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
