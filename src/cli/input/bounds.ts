import { Option } from 'commander';

/** The ends of a range of sequences, both inclusive. */
type Bound = 'min' | 'max';

/** The option `--min <sequence>` or `--max <sequence>`. */
export function bound(side: Bound, description: string, parse: (text: string) => number, fallback?: number): Option {
  const option = new Option(`--${side} <sequence>`, description).argParser(parse);
  return fallback === undefined ? option : option.default(fallback);
}

/** The same option under its long name, `--min-sequence` or `--max-sequence`, which help does not show. */
export function longBound(side: Bound, parse: (text: string) => number): Option {
  return new LongBound(side, parse);
}

class LongBound extends Option {
  readonly #side: Bound;

  constructor(side: Bound, parse: (text: string) => number) {
    super(`--${side}-sequence <sequence>`);
    this.#side = side;
    this.argParser(parse).hideHelp();
  }

  override attributeName(): string {
    return this.#side;
  }
}
