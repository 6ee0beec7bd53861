import { setImmediate } from 'node:timers/promises';
import { eventHeads } from '../../../admin/find-event/event-heads.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import type { StoredEvent } from '../../../events.js';
import { sameValue } from '../../../json/compare/equality.js';
import { pointerKeys, valueAt } from '../../../json/path/pointer.js';
import type { JsonValue } from '../../../json/types.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { FoldedEvent, Timeline } from '../../../folding/timeline.js';
import type { StateAt } from '../../../aggregate/state-at.js';

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

/** The history in which changes of a value are looked for. */
export interface PathHistory {
  readonly log: EventLog;
  readonly id: Timestamp;
  readonly timeline: Timeline;
  /** The JSON Pointer of the value. */
  readonly path: string;
  readonly signal: AbortSignal;
  /** Milliseconds of a clock. @defaultValue Date.now */
  readonly now?: () => number;
}

/** A place in a history at which the search begins. */
export interface PathSearch extends PathHistory {
  /** The last sequence to look at. */
  readonly upTo: number;
}

/** The events up to a sequence that changed the value at a path, the newest first; ends after a number of events, and after some time. */
export async function pathChanges({ upTo, ...history }: PathSearch): Promise<PathChanges> {
  const walk = new Walk(history, WHOLE);
  return { changes: walk.changes, from: (await walk.backwards(upTo)) + 1, upTo };
}

/** The events after a sequence, up to the last one, that changed the value: those next to it, the newest first. */
export async function pathChangesAfter(history: PathHistory, after: number, last: number): Promise<PathChanges> {
  const walk = new Walk(history, WHOLE);
  const upTo = await walk.forwards(after, last);
  return { changes: walk.changes.toReversed(), from: after + 1, upTo };
}

/** The events on both sides of a sequence that changed the value, the newest first; of later ones a third. */
export async function pathChangesAround(history: PathHistory, sequence: number, last: number): Promise<PathChanges> {
  const later = new Walk(history, LATER);
  const earlier = new Walk(history, sequence >= last ? WHOLE : EARLIER);
  const upTo = await later.forwards(sequence, last);
  const from = (await earlier.backwards(sequence)) + 1;
  return { changes: [...later.changes.toReversed(), ...earlier.changes], from, upTo };
}

/** Bounds of a search: of changes, of events that are looked at, and of milliseconds. */
interface Bounds {
  readonly changes: number;
  readonly events: number;
  readonly time: number;
}

const WHOLE: Bounds = { changes: MOST_CHANGES, events: MOST_EVENTS, time: LONGEST };
const LATER = shareOf(1 / 3);
const EARLIER = shareOf(2 / 3);

function shareOf(share: number): Bounds {
  const { changes, events, time } = WHOLE;
  return { changes: Math.floor(changes * share), events: Math.floor(events * share), time: time * share };
}

/** A search along a history, in one direction. */
class Walk {
  /** In the order in which they were found. */
  readonly changes: PathChange[] = [];
  readonly #keys: readonly string[];
  readonly #now: () => number;
  #looked = 0;
  #end = 0;

  constructor(
    private readonly history: PathHistory,
    private readonly bounds: Bounds,
  ) {
    this.#keys = pointerKeys(history.path) ?? [];
    this.#now = history.now ?? Date.now;
  }

  /** Looks from a sequence towards the first; answers the sequence before the last event that was looked at, 0 at the beginning. */
  async backwards(upTo: number): Promise<number> {
    const { log, id, timeline, signal } = this.history;
    this.#end = this.#now() + this.bounds.time;
    for (let sequence = upTo; sequence > 0;) {
      const heads = await eventHeads(log, id, { direction: 'upTo', sequence, limit: PART });
      const first = heads.at(-1)?.sequence;
      if (first === undefined) return 0;
      const part = await timeline.folded(first, sequence, { signal });
      const reached = await this.#look(part.toReversed());
      if (reached !== undefined) return reached - 1;
      sequence = first - 1;
    }
    return 0;
  }

  /** Looks from the event after a sequence towards the last; answers the sequence of the last event that was looked at. */
  async forwards(after: number, last: number): Promise<number> {
    const { log, id, timeline, signal } = this.history;
    this.#end = this.#now() + this.bounds.time;
    for (let sequence = after; sequence < last;) {
      const heads = await eventHeads(log, id, { direction: 'after', sequence, limit: PART });
      const end = heads.at(-1)?.sequence;
      if (end === undefined) return last;
      const reached = await this.#look(await timeline.folded(sequence + 1, end, { signal }));
      if (reached !== undefined) return reached;
      sequence = end;
    }
    return last;
  }

  /** Looks at neighbours; answers the sequence at which the search has come to its bounds. */
  async #look(events: readonly FoldedEvent[]): Promise<number | undefined> {
    // The state between two neighbours is read once.
    let known: { readonly state: StateAt; readonly value: JsonValue | undefined }[] = [];
    const valueOf = (state: StateAt) => {
      const found = known.find((each) => each.state === state);
      return found ?? { state, value: valueAt(this.history.timeline.value(state), this.#keys) };
    };
    for (const { event, before, after } of events) {
      const both = [valueOf(before), valueOf(after)] as const;
      known = [...both];
      const [old, now] = both;
      if (before !== after && !isSame(old.value, now.value))
        this.changes.push({ event, before: old.value, after: now.value });
      this.#looked += 1;
      const { changes, events: most } = this.bounds;
      if (this.changes.length === changes || this.#looked === most || this.#now() > this.#end) return event.sequence;
      await setImmediate();
      this.history.signal.throwIfAborted();
    }
    return undefined;
  }
}

function isSame(before: JsonValue | undefined, after: JsonValue | undefined): boolean {
  return before === after || (before !== undefined && after !== undefined && sameValue(before, after));
}
