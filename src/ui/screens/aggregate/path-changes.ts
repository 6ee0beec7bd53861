import { setImmediate } from 'node:timers/promises';
import { eventHeads } from '../../../admin/find-event/event-heads.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import type { StoredEvent } from '../../../events.js';
import { sameValue } from '../../../json/compare/equality.js';
import { pointerKeys, valueAt } from '../../../json/path/pointer.js';
import type { JsonValue } from '../../../json/types.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { Timeline } from '../../../folding/timeline.js';

/** Number of changes on one page. */
const MOST_CHANGES = 30;
/** Number of events that are looked at for one page. */
const MOST_EVENTS = 4_000;
/** Number of events that are folded at a time, backwards. */
const PART = 50;
/** Milliseconds after which a page ends with what it has. */
const LONGEST = 2_000;

/** An event that changed a value of the state. */
export interface PathChange {
  readonly event: StoredEvent;
  /** The value before and after; `undefined` where there was none. */
  readonly before: JsonValue | undefined;
  readonly after: JsonValue | undefined;
}

/** Some events that changed a value. */
export interface PathChanges {
  /** The newest first. */
  readonly changes: readonly PathChange[];
  /** The events that were looked at, from the first sequence to the last. */
  readonly from: number;
  readonly upTo: number;
}

/** The part of a history in which changes of a value are looked for. */
export interface PathSearch {
  readonly log: EventLog;
  readonly id: Timestamp;
  readonly timeline: Timeline;
  /** The JSON Pointer of the value. */
  readonly path: string;
  /** The last sequence. */
  readonly upTo: number;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock. @defaultValue Date.now */
  readonly now?: () => number;
}

/** The events up to a sequence that changed the value at a path, the newest first; ends after a number of events, and after some time. */
export async function pathChanges(search: PathSearch): Promise<PathChanges> {
  const { log, id, timeline, upTo, signal, now = Date.now } = search;
  const keys = pointerKeys(search.path) ?? [];
  const changes: PathChange[] = [];
  const end = now() + LONGEST;
  let [from, looked] = [upTo + 1, 0];
  while (from > 1) {
    const heads = await eventHeads(log, id, { direction: 'upTo', sequence: from - 1, limit: PART });
    const first = heads.at(-1)?.sequence;
    if (first === undefined) return { changes, from: 1, upTo };
    const part = await timeline.folded(first, from - 1, { signal });
    // Of neighbours, the state between them is read once.
    let after: Read | undefined;
    for (const each of part.toReversed()) {
      after ??= { value: valueAt(timeline.value(each.after), keys) };
      const before = each.before === each.after ? after : { value: valueAt(timeline.value(each.before), keys) };
      if (!isSame(before.value, after.value))
        changes.push({ event: each.event, before: before.value, after: after.value });
      after = before;
      from = each.event.sequence;
      looked += 1;
      if (changes.length === MOST_CHANGES || looked === MOST_EVENTS || now() > end) return { changes, from, upTo };
      await setImmediate();
      signal.throwIfAborted();
    }
  }
  return { changes, from: 1, upTo };
}

interface Read {
  readonly value: JsonValue | undefined;
}

function isSame(before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  return before === after || (before !== undefined && after !== undefined && sameValue(before, after));
}
