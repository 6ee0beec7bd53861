import { InvalidArgumentError } from 'commander';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { CliContext } from '../../context.js';
import { sequenceOrZero } from '../../input/arguments.js';
import { parseTimeBound } from '../../../text/time/time-bound.js';
import { notes } from '../../input/time-options.js';
import { notATime } from '../../../text/time/read-time.js';

/** A point of a history as given on the command line. */
export type Point = { readonly sequence: number } | { readonly until: Timestamp } | 'last';

/** A parser of points; notes about times, such as that a local time exists twice, go to standard error. */
export function pointOfHistory(context: CliContext): (text: string) => Point {
  return (text) => {
    if (text === 'last') return 'last';
    // A number of ten digits may be a sequence; with @ before it, it is a time.
    if (/^\d{1,10}$/.test(text)) return { sequence: sequenceOrZero(text) };
    const until = parseTimeBound(text, notes(context));
    if (until !== undefined) return { until };
    throw new InvalidArgumentError(notATime(text, 'a sequence, a timestamp, "last" or a time'));
  };
}
