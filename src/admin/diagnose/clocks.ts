import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import { timeSpan } from '../../hlc/time-span.js';
import { databaseTime } from '../log/database-time.js';
import type { EventLog } from '../log/event-log.js';
import { eventsInOrder } from '../search-events/search-events.js';
import { counted, decimal } from '../../text/figures.js';
import { type Finding, finding, fine } from './finding.js';
import { type EventAhead, lastAhead, nodesAhead, clockSkews } from './nodes.js';

/** Difference of clocks from which a warning is given, in milliseconds. */
const NOTICEABLE = 1000;

/** Checks the difference between this machine's clock and the database's. */
export async function checkClock(log: EventLog, now: () => number = Date.now): Promise<Finding> {
  const before = now();
  const there = await databaseTime(log);
  const after = now();
  // The database read its clock between `before` and `after`; only a time outside is a difference.
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

/** Number of latest events in which nodes' clocks are compared. */
const LATEST_EVENTS = 10_000;

/**
 * Checks for events with timestamps ahead of the database's clock; names their nodes, and the aggregates to which
 * nothing can be appended.
 */
export async function checkNewest(log: EventLog): Promise<Finding> {
  const now = await databaseTime(log);
  const nodes = await nodesAhead(log, now + NOTICEABLE);
  const [first] = nodes;
  if (first === undefined) {
    for await (const { timestamp } of eventsInOrder(log, { reverse: true, limit: 1 }))
      return fine('newest event', timestamp.toString());
    return fine('newest event', 'none yet');
  }
  const who = nodes.map(
    ({ node, timestamp, events }) => `node ${node} by ${timeSpan(timestamp.time - now)} (${counted(events, 'event')})`,
  );
  return finding(
    'newest event',
    'warning',
    `${first.timestamp.toString()}, which is in the future; ahead of the database's clock: ${who.join(', ')}`,
    first.timestamp.time - now > DEFAULT_MAX_DRIFT
      ? remedyForAhead(await lastAhead(log, now + DEFAULT_MAX_DRIFT))
      : 'Synchronize the clocks (NTP). Until then, new events of the same aggregates get timestamps right after those.',
  );
}

/** The remedy for events beyond the maximum drift; `last` are those of them that are the last of their aggregates. */
function remedyForAhead(last: readonly EventAhead[]): string {
  const [first] = last;
  if (first === undefined)
    return 'A clock was wrong. Later events with correct timestamps follow these, so appending still works; see `maestro verify`.';
  const { aggregateId, sequence, timestamp } = first;
  const more =
    last.length === 1
      ? ''
      : ` The same holds for ${last.length === 100 ? '99 and more' : last.length - 1} other aggregates.`;
  return (
    `A clock was wrong. The last event of ${aggregateId}, ${sequence}, has the timestamp ${timestamp.toString()}. Until ` +
    `then nothing can be appended to it, except with \`append --max-drift\` or by an Elixir application.${more}`
  );
}

/**
 * Checks for events with an earlier timestamp than the event before them in their history; names the nodes whose clocks
 * differ.
 */
export async function checkNodes(log: EventLog): Promise<Finding> {
  const pairs = await clockSkews(log, { latest: LATEST_EVENTS });
  if (pairs.length === 0) return fine('clocks of nodes', `in order in the latest ${decimal(LATEST_EVENTS)} events`);
  const found = pairs.map(
    ({ ahead, behind, milliseconds, events }) =>
      `node ${ahead} was ahead of node ${behind} by ${timeSpan(milliseconds)} or more (${counted(events, 'event')} out of order)`,
  );
  return finding(
    'clocks of nodes',
    'warning',
    found.join('; '),
    'Synchronize their clocks (NTP), or let only one of them write to each aggregate. Elixir Maestro reads such histories in the wrong order; see `maestro verify`.',
  );
}
