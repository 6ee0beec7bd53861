import type { EventHead } from '../admin/find-event/find-event.js';
import { sequenceAt } from '../admin/find-event/sequence-at.js';
import { isFoldingError } from '../aggregate/errors.js';
import type { EventLog } from '../admin/log/event-log.js';
import type { StateAt } from '../aggregate/state-at.js';
import type { StoredEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import type { PostgresStore } from '../store/postgres-store.js';
import { parseJsonText } from '../json/parse.js';
import type { JsonValue } from '../json/types.js';
import { afterEvent, type Step, stepOver } from './fold-steps.js';
import { findText, type Found, type Search } from './find-text.js';
import type { Folding } from './folding.js';
import { type Interruption, interruptible } from './interruptible.js';
import { KeptStates } from './kept-states.js';
import { NearbyEvents } from './nearby-events.js';
import { passing } from './pass-events.js';

/** The history of one aggregate, with its folding. */
export interface TimelineHistory {
  readonly id: Timestamp;
  readonly store: PostgresStore;
  readonly log: EventLog;
  readonly folding: Folding;
  /** Largest number of states, at even distances, that are kept besides the latest ones. @defaultValue 600 */
  readonly mostCheckpoints?: number;
  /** Number of characters that kept states may have together as text; fewer are kept of large ones, 2 at least. @defaultValue no limit */
  readonly mostText?: number;
}

/** One point of a history: an event with the state after it, or the state before the first event. */
export interface Frame {
  readonly sequence: number;
  readonly step: Step | undefined;
  /** The state at this point, as JSON text. */
  readonly state: string;
  /** The state and the one before the event as JSON values, which share what is the same; absent where they are only to be had from text. */
  readonly values?: { readonly before: JsonValue; readonly after: JsonValue } | undefined;
  /** The state and the one before the event as their definition renders them; absent without a `render`. */
  readonly rendered?: Rendered | undefined;
}

/** An event with the states before and after it, not yet as text; the same one when its handler failed. */
export interface FoldedEvent {
  readonly event: StoredEvent;
  readonly before: StateAt;
  readonly after: StateAt;
}

/** Renders the state on demand; `before` renders the one before the event. */
export type Rendered = (() => string) & { readonly before: () => string };

/** A history to step through in both directions. Events are read when they are needed, so new ones are found. */
export class Timeline {
  readonly #history: TimelineHistory;
  readonly #states: KeptStates;
  readonly #nearby: NearbyEvents;
  /** The length of the state that was weighed last, as text. */
  #weighed = 0;

  constructor(history: TimelineHistory) {
    this.#history = history;
    this.#nearby = new NearbyEvents(history.log, history.id);
    this.#states = new KeptStates(history.folding.start(), history.mostCheckpoints ?? 600);
  }

  /** The point after the last event up to a sequence; 0 is before the first. */
  async at(sequence: number, interruption: Interruption = {}): Promise<Frame> {
    const { folding } = this.#history;
    let point = this.#states.before(sequence);
    let before = point;
    let step: Step | undefined;
    const pass = this.#passing(sequence);
    for await (const [event, isLast] of withLast(
      interruptible(this.#read(point.sequence + 1, sequence), interruption),
    )) {
      before = point;
      if (isLast) {
        const next = stepOver(point, this.#text(point), event, folding);
        step = next;
        ({ point } = this.#states.keep(next));
      } else point = pass(point, event);
    }
    // Nothing lies between what is known and the sequence: the event before is the last.
    if (step === undefined && point.sequence > 0) return await this.at(point.sequence, interruption);
    const state = step?.after ?? this.#text(point);
    const values = folding.value && { before: folding.value(before), after: folding.value(point) };
    return { sequence: point.sequence, step, state, values, rendered: this.#rendered(before, point) };
  }

  /** The events from one sequence to another, both inclusive, with their states; they should be few, as all are held. */
  async folded(from: number, to: number, interruption: Interruption = {}): Promise<FoldedEvent[]> {
    const { folding } = this.#history;
    let point = this.#states.before(from);
    const found: FoldedEvent[] = [];
    const pass = this.#passing(from - 1);
    for await (const event of interruptible(this.#read(point.sequence + 1, to), interruption)) {
      if (event.sequence < from) point = pass(point, event);
      else {
        const before = point;
        ({ point } = this.#states.keep(afterEvent(point, event, folding)));
        found.push({ event, before, after: point });
      }
    }
    return found;
  }

  /**
   * The steps on the way to a sequence. Of the states that are kept on it the first is weighed; a further one when the way has become
   * twice as long, or the bodies since then are longer than the state was, so that large ones are few, and small ones many, also on the way.
   */
  #passing(upTo: number): (point: StateAt, event: StoredEvent) => StateAt {
    let [steps, weighedFrom, bodies] = [0, 0, 0];
    const pass = passing(this.#history.folding, this.#states, upTo, (kept) => {
      if (this.#history.mostText === undefined || (steps < weighedFrom && bodies <= this.#weighed)) return;
      [weighedFrom, bodies] = [2 * steps, 0];
      this.weigh(this.#text(kept).length);
    });
    return (point, event) => {
      steps += 1;
      bodies += event.body.length;
      return pass(point, event);
    };
  }

  /** A state as a JSON value, its numbers digit for digit. */
  value(point: StateAt): JsonValue {
    return this.#history.folding.value?.(point) ?? parseJsonText(this.#text(point));
  }

  /** The sequence of the kept state from which a sequence would be folded; 0 is before the first event. */
  foldedFrom(sequence: number): number {
    return this.#states.before(sequence).sequence;
  }

  /** The sequences of events whose handlers failed, as far as they were folded. */
  get failed(): ReadonlySet<number> {
    return this.#states.failed;
  }

  /** The last sequence up to which all events were folded, and those that failed noted. */
  get reached(): number {
    return this.#states.reached;
  }

  /** Number of states that are kept. */
  get kept(): number {
    return this.#states.size;
  }

  /** True for the first event of the history, as far as {@link around} came to it. */
  isFirst(sequence: number): boolean {
    return this.#nearby.isFirst(sequence);
  }

  /** Events on both sides of a sequence, in order, without bodies; at least `count` of each if there are as many. */
  async around(sequence: number, count: number): Promise<readonly EventHead[]> {
    return await this.#nearby.around(sequence, count);
  }

  /** Notes how long a state is as text, by which the number of kept ones is bounded. */
  weigh(length: number): void {
    const { mostText = Number.POSITIVE_INFINITY } = this.#history;
    this.#weighed = length;
    this.#states.keepAtMost(Math.floor(mostText / Math.max(1, length)));
  }

  /** The sequence of the next event; `undefined` at the end. */
  async next(sequence: number): Promise<number | undefined> {
    return await first(this.#history.store.streamStoredEvents(this.#history.id, sequence + 1, { limit: 1 }));
  }

  /** The sequence of the previous event, 0 for the point before the first; `undefined` at that point. */
  async previous(sequence: number): Promise<number | undefined> {
    if (sequence === 0) return undefined;
    const options = { maxSequence: sequence - 1, reverse: true, limit: 1 };
    return (await first(this.#history.store.streamStoredEvents(this.#history.id, 1, options))) ?? 0;
  }

  /** The sequence of the last event. */
  async last(): Promise<number> {
    return (await this.#history.store.getLastEvent(this.#history.id))?.sequence ?? 0;
  }

  /** The last sequence before the first event that is later than a time. */
  async sequenceAt(time: Timestamp): Promise<number> {
    return await sequenceAt(this.#history.log, this.#history.id, time);
  }

  /** Searches the history as {@link findText} does. */
  async find(search: Search, interruption: Interruption = {}): Promise<Found | undefined> {
    return await findText((min, max, reverse) => this.#read(min, max, reverse), search, interruption);
  }

  #rendered(before: StateAt, point: StateAt): Rendered | undefined {
    const { render } = this.#history.folding;
    if (render === undefined) return undefined;
    const text = (of: StateAt) => {
      try {
        return render(of);
      } catch (error) {
        if (!isFoldingError(error)) throw error;
        return `This state cannot be rendered: ${error.message}`;
      }
    };
    return Object.assign(() => text(point), { before: () => text(before) });
  }

  /** A state as JSON text; if its definition cannot encode it, a JSON string that says so. */
  #text(point: StateAt): string {
    try {
      return this.#history.folding.json(point);
    } catch (error) {
      if (!isFoldingError(error)) throw error;
      return JSON.stringify(`This state cannot be shown: ${error.message}`);
    }
  }

  #read(min: number, maxSequence?: number, reverse = false): AsyncIterable<StoredEvent> {
    return this.#history.store.streamStoredEvents(this.#history.id, min, { maxSequence, reverse });
  }
}

async function first(events: AsyncIterable<StoredEvent>): Promise<number | undefined> {
  for await (const { sequence } of events) return sequence;
  return undefined;
}

/** Every item, with true for the last one. */
async function* withLast<Item>(items: AsyncIterable<Item>): AsyncGenerator<readonly [Item, boolean]> {
  let held: { readonly item: Item } | undefined;
  for await (const item of items) {
    if (held !== undefined) yield [held.item, false];
    held = { item };
  }
  if (held !== undefined) yield [held.item, true];
}
