import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import { databaseTime } from '../database-time.js';
import type { EventLog } from '../event-log.js';
import { eventsInOrder } from '../search-events.js';
import { type Finding, finding, fine } from './finding.js';

/** A difference of clocks that is worth a word, in milliseconds. */
const NOTICEABLE = 1000;

/** How far this machine's clock is from the database's. */
export async function checkClock(log: EventLog, now: () => number = Date.now): Promise<Finding> {
  const before = now();
  const there = await databaseTime(log);
  const after = now();
  // The answer was made somewhere between; only what lies outside is a difference.
  const difference = there < before ? there - before : there > after ? there - after : 0;
  const found =
    difference === 0
      ? "the same as the database's"
      : `${Math.abs(difference)} ms ${difference > 0 ? 'behind' : 'ahead of'} the database's`;
  if (Math.abs(difference) < NOTICEABLE) return fine('clock', found);
  const isFar = Math.abs(difference) > DEFAULT_MAX_DRIFT;
  return finding(
    'clock',
    isFar ? 'failure' : 'warning',
    found,
    isFar
      ? 'Synchronize the clocks (NTP): timestamps this far ahead are refused by others.'
      : 'Synchronize the clocks (NTP).',
  );
}

/** Whether the newest event is ahead of the database's clock, which keeps others from writing. */
export async function checkNewest(log: EventLog): Promise<Finding> {
  const now = await databaseTime(log);
  for await (const { timestamp, aggregateId } of eventsInOrder(log, { reverse: true, limit: 1 })) {
    const ahead = timestamp.time - now;
    if (ahead <= DEFAULT_MAX_DRIFT) return fine('newest event', timestamp.toString());
    return finding(
      'newest event',
      'warning',
      `${timestamp.toString()}, which is in the future`,
      `A clock was wrong. Nothing can be appended to ${aggregateId.hex} until then; see \`maestro verify\`.`,
    );
  }
  return fine('newest event', 'none yet');
}
