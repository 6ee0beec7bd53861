import { collect, time } from './arguments.js';

/** `--type`, which can be given several times. */
export const TYPE = ['--type <type>', 'only events of this type; can be given several times', collect] as const;
/** `--since`, inclusive. */
export const SINCE = ['--since <time>', 'only events from this time on (a date alone is its midnight)', time] as const;
/** `--until`, inclusive. */
export const UNTIL = ['--until <time>', 'only events up to this time (inclusive)', time] as const;

/** What {@link TYPE}, {@link SINCE} and {@link UNTIL} give. */
export interface FilterOptions {
  readonly type?: string[];
  /** Milliseconds since 1970. */
  readonly since?: number;
  /** Milliseconds since 1970. */
  readonly until?: number;
}
