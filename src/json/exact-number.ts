import { isNumber } from 'lossless-json';
import { InvalidArgumentError } from '../errors.js';

/**
 * A JSON number that a JavaScript number cannot hold without changing it, kept as its text, digit for digit. Reading
 * with `numbers: 'lossless'` gives it for inexact fractions (integers beyond 2^53 come as bigint); an event's body may
 * contain it, and its text is written as it stands.
 */
export class ExactNumber {
  /** The number as JSON text, such as `0.1000000000000000055511151231257827`. */
  readonly text: string;

  /** Throws {@link InvalidArgumentError} when the text is not a JSON number. */
  constructor(text: string) {
    if (!isNumber(text)) throw new InvalidArgumentError(`${JSON.stringify(text)} is not a JSON number.`);
    this.text = text;
  }

  /** The nearest JavaScript number. */
  valueOf(): number {
    return Number(this.text);
  }

  /** The text, digit for digit. */
  toString(): string {
    return this.text;
  }

  /** Throws, as a bigint does: `JSON.stringify` has no way to write the digits. */
  toJSON(): never {
    throw new TypeError(`JSON.stringify cannot write the digits of ${this.text}; use String() or Number() first.`);
  }
}
