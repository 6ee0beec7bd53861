import type { StoredEvent } from '../../../events.js';
import { parseJsonText } from '../../../json/parse.js';
import { pointerKeys, valueAt } from '../../../json/pointer.js';
import { sameValue } from '../../../json/equality.js';
import type { JsonValue } from '../../../json/types.js';
import type { Step } from '../../../folding/fold-steps.js';
import type { Timeline } from '../../../folding/timeline.js';

/** Number of changes on one page. */
const MOST_CHANGES = 30;
/** Number of events that are looked at for one page. */
const MOST_EVENTS = 4_000;
/** Number of events that are folded at a time, backwards. */
const PART = 200;

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

/** The events up to a sequence that changed the value at a JSON Pointer, the newest first; a bounded number of events is looked at. */
export async function pathChanges(
  timeline: Timeline,
  path: string,
  upTo: number,
  signal: AbortSignal,
): Promise<PathChanges> {
  const keys = pointerKeys(path) ?? [];
  const changes: PathChange[] = [];
  let from = upTo + 1;
  while (from > 1 && changes.length < MOST_CHANGES && upTo - from < MOST_EVENTS) {
    const to = from - 1;
    // Parts begin behind the states that a timeline keeps, so that each is folded once.
    from = Math.floor((to - 1) / PART) * PART + 1;
    const found: PathChange[] = [];
    for await (const step of timeline.steps(from, to, { signal })) found.unshift(...changeBy(step, keys));
    const room = MOST_CHANGES - changes.length;
    changes.push(...found.slice(0, room));
    const cut = found[room];
    if (cut !== undefined) from = cut.event.sequence + 1;
  }
  return { changes, from: Math.max(1, from), upTo };
}

function changeBy({ event, before, after }: Step, keys: readonly string[]): PathChange[] {
  if (before === after) return [];
  const [old, now] = [before, after].map((state) => valueAt(parseJsonText(state), keys));
  const isSame = old === undefined || now === undefined ? old === now : sameValue(old, now);
  return isSame ? [] : [{ event, before: old, after: now }];
}
