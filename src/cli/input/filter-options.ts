import { collectValues } from './arguments.js';
import type { CliContext } from '../context.js';
import { UsageError } from '../errors.js';
import { firstMillisecond, lastMillisecond } from './time-options.js';
import { localTime } from '../render/local-time.js';

/** `--type`, which can be given several times. */
export const TYPE = ['--type <type>', 'only events of this type; can be given several times', collectValues] as const;

/** `--since`, inclusive: flags, description and parser. */
export function sinceOption(context: CliContext) {
  return ['--since <time>', 'only events from this time on (inclusive)', firstMillisecond(context)] as const;
}

/** `--until`, inclusive: flags, description and parser. */
export function untilOption(context: CliContext) {
  return ['--until <time>', 'only events up to this time (inclusive)', lastMillisecond(context)] as const;
}

/** The values of {@link TYPE}, {@link sinceOption} and {@link untilOption}. */
export interface FilterOptions {
  readonly type?: string[];
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** Milliseconds since 1970. */
  readonly until?: number;
}

/** Throws {@link UsageError} when the range is empty. Ends within the same millisecond may differ by one in the wrong order. */
export function assertOrder({ since, until }: Pick<FilterOptions, 'since' | 'until'>): void {
  if (since === undefined || until === undefined || since <= until + 1) return;
  throw new UsageError(
    `--since (${localTime(since)}) is later than --until (${localTime(until)}), so no event can be between them.`,
  );
}
