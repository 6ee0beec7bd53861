import type { StoredEvent } from '../events.js';
import { type Interruption, interruptible } from './interruptible.js';

/** A text to search, the sequence to start from, and the direction. */
export interface Search {
  readonly text: string;
  readonly from: number;
  readonly isForward: boolean;
}

/** The event that was found, and whether the search went on at the other end of the history before. */
export interface Found {
  readonly sequence: number;
  readonly isWrapped: boolean;
}

/** Reads the events of a history from one sequence to another, both inclusive; the last one first with `reverse`. */
type Read = (min: number, max: number | undefined, reverse: boolean) => AsyncIterable<StoredEvent>;

/**
 * The nearest event, later or earlier, whose type or body contains a text, ignoring case; `undefined` when there is none. The search
 * continues at the other end of the history. Holds no more than a page of events in memory.
 */
export async function findText(
  read: Read,
  { text, from, isForward }: Search,
  interruption: Interruption,
): Promise<Found | undefined> {
  const searched = text.toLowerCase();
  const [earlier, later] = isForward ? [[1, from], [from + 1]] : [[1, from - 1], [Math.max(1, from)]];
  const sides = (isForward ? [later, earlier] : [earlier, later]).map(([min = 1, max]) =>
    max === 0 || max === -1 ? [] : read(min, max, !isForward),
  );
  let looked = 0;
  const onProgress = (events: number) => interruption.onProgress?.(looked + events);
  for (const [index, side] of sides.entries()) {
    let events = 0;
    for await (const { type, body, sequence } of interruptible(side, { ...interruption, onProgress })) {
      events += 1;
      if (type.toLowerCase().includes(searched) || body.toLowerCase().includes(searched))
        return { sequence, isWrapped: index === 1 };
    }
    looked += events;
  }
  return undefined;
}
