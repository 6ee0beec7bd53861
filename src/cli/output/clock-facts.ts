import type { Timestamp } from '../../hlc/timestamp.js';
import { localTime } from '../render/local-time.js';

/** Time, counter and node of a timestamp, for JSON. */
export function clockJson(value: Timestamp): { time: number; counter: number; nodeId: string } {
  return { time: value.time, counter: value.counter, nodeId: value.hex.slice(16).toUpperCase() };
}

/** Local time, counter and node of a timestamp, for a table. */
export function clockFacts(value: Timestamp): (readonly [name: string, value: string])[] {
  const { time, counter, nodeId } = clockJson(value);
  return [
    ['local time', localTime(time)],
    ['counter', String(counter)],
    ['node id', nodeId],
  ];
}
