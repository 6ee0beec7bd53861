import { inspect } from 'node:util';
import { InvalidArgumentError } from '../errors.js';
import { Timestamp } from '../hlc/timestamp.js';
import { foldUntil, type History } from './history.js';
import type { StateAt } from './state-at.js';

/**
 * The state of an aggregate at a time: before its first event with a later timestamp. A `Date`, and a number of
 * milliseconds since 1970, include all of that millisecond. Throws {@link InvalidArgumentError}.
 */
export async function replayAt(history: History, time: Date | number | Timestamp): Promise<StateAt> {
  if (time instanceof Timestamp) return await foldUntil(history, ({ timestamp }) => timestamp.compare(time) > 0);
  const milliseconds = time instanceof Date ? time.getTime() : time;
  if (typeof milliseconds !== 'number' || Number.isNaN(milliseconds))
    throw new InvalidArgumentError(
      `A time must be a Date, a number of milliseconds since 1970 or a Timestamp; got ${inspect(time)}.`,
    );
  return await foldUntil(history, ({ timestamp }) => timestamp.time > milliseconds);
}
