import { InvalidArgumentError } from 'commander';
import type { Timestamp } from '../../hlc/timestamp.js';
import { prefixDigits, withoutCut } from '../../text/id-prefix.js';
import { timestamp } from './arguments.js';

/** The first hex digits of an id, to be looked up in the database. */
export class IdPrefix {
  constructor(readonly digits: string) {}
}

/** An id, or the beginning of one. */
export type IdArgument = Timestamp | IdPrefix;

/** An aggregate id in any form, or at least its first four hex digits, as an argument parser. */
export function idOrPrefix(text: string): IdArgument {
  const digits = prefixDigits(text);
  if (digits !== undefined) return new IdPrefix(digits);
  const begin = withoutCut(text);
  if (!/^[0-9a-f]{1,3}$/i.test(begin)) return timestamp(begin);
  throw new InvalidArgumentError('is not an id. Write an id, or at least its first 4 digits.');
}

/** `new`, an aggregate id, or the beginning of one, as an argument parser. */
export function idOrNew(text: string): IdArgument | 'new' {
  return text === 'new' ? 'new' : idOrPrefix(text);
}

/** An id or its beginning as it can be given again. */
export function idText(argument: IdArgument): string {
  return argument instanceof IdPrefix ? argument.digits : argument.hex;
}
