import { InvalidArgumentError } from '../../errors.js';
import { InvalidTimestampError } from '../../hlc/errors.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { type LogPosition, parsePosition, positionText } from '../log/log-position.js';
import type { AggregateOrder, AggregateSummary } from './summary.js';

/** The cursor after an aggregate: a value for `after` of a filter with the same order. */
export function aggregateCursor({ aggregateId, events, last }: AggregateSummary, sort: AggregateOrder = 'id'): string {
  if (sort === 'id') return aggregateId.hex;
  return sort === 'events' ? `${events}:${aggregateId.hex}` : positionText({ timestamp: last, aggregateId });
}

/** Parses a cursor of the order by id. Throws `InvalidArgumentError`, as the others do. */
export function idCursor(after: string): Buffer {
  return cursor(after, 'an aggregate id', () => Timestamp.parse(after).encode());
}

/** Parses a cursor of the order by number of events. */
export function countCursor(after: string): [count: number, id: Buffer] {
  const [, count = '', id = ''] = /^(\d{1,15}):(.*)$/.exec(after) ?? [];
  const read = (): [number, Buffer] => [Number(count), Timestamp.parse(id).encode()];
  return cursor(after, 'a number of events, a colon and an aggregate id', read);
}

/** Parses a cursor of the order by last event. */
export function positionCursor(after: string): LogPosition {
  return cursor(after, 'a timestamp, a colon and an aggregate id', () => {
    const position = parsePosition(after);
    if (position.aggregateId === undefined) throw new InvalidTimestampError('There is no aggregate id.');
    return position;
  });
}

function cursor<Value>(after: string, what: string, read: () => Value): Value {
  try {
    return read();
  } catch (cause) {
    throw new InvalidArgumentError(`The cursor ${JSON.stringify(after)} is not ${what}.`, {
      hint: 'Use the cursor of the previous page, and the same order.',
      cause,
    });
  }
}
