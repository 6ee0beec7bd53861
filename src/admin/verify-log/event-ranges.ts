import { setImmediate } from 'node:timers/promises';
import { Conditions } from '../../store/read/conditions.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';

/** A column by which events are split into ranges, and the order of an index that begins with it. */
interface RangeKey {
  readonly column: string;
  readonly order: string;
}

export const BY_AGGREGATE: RangeKey = { column: 'aggregate_id', order: 'aggregate_id, sequence' };
export const BY_TIMESTAMP: RangeKey = { column: '"timestamp"', order: '"timestamp"' };

/**
 * Conditions for contiguous ranges that cover all events which satisfy `among`, with about `pageEvents` of them in
 * each, so that one statement reads no more. Events with the same key are in the same range.
 */
export async function* eventRanges(
  log: EventLog,
  { column, order }: RangeKey,
  pageEvents: number,
  among: (where: Conditions) => void,
): AsyncGenerator<Conditions> {
  const { log: events } = tablesOf(log);
  for (let after: Buffer | undefined; ;) {
    const range = new Conditions();
    among(range);
    if (after !== undefined) range.and(`${column} > ?`, after);
    const end = `SELECT ${column} FROM ${events} ${range.sql} ORDER BY ${order} LIMIT 1 OFFSET ?`;
    const [last] = await select<[Uint8Array]>(log, end, [...range.bindings, pageEvents - 1]);
    if (last !== undefined) range.and(`${column} <= ?`, last[0] as Buffer);
    yield range;
    if (last === undefined) return;
    after = last[0] as Buffer;
    // The embedded engine never yields to the event loop: let timers, input and Ctrl-C have their turn.
    await setImmediate();
  }
}
