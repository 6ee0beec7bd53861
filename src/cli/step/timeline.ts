import { isAboutFolding } from '../../aggregate/errors.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { pass, type Step, stepOver } from '../fold-steps.js';
import type { FoldedPoint } from '../folding.js';
import type { OpenHistory } from '../with-folding.js';

/** One point of a history: what an event did; without an event, the state before the first. */
export interface Frame {
  readonly sequence: number;
  readonly step: Step | undefined;
  /** The state at this point, as JSON text. */
  readonly state: string;
}

/** States that were passed are kept, so that going back need not fold from the first event: one of so many … */
const CHECKPOINT_DISTANCE = 200;
/** … and the last ones that were looked at. */
const RECENT = 50;

/** A history that can be walked in both directions. Events are read as they are needed, so new ones show up. */
export class Timeline {
  readonly #history: OpenHistory;
  readonly #start: FoldedPoint;
  readonly #checkpoints = new Map<number, FoldedPoint>();
  readonly #recent = new Map<number, FoldedPoint>();

  constructor(history: OpenHistory) {
    this.#history = history;
    this.#start = history.folding.start();
  }

  /** The point after the last event that is not beyond a sequence; 0 is before the first. */
  async at(sequence: number): Promise<Frame> {
    const { folding } = this.#history;
    let point = this.#pointBefore(sequence);
    let step: Step | undefined;
    for await (const [event, isLast] of withLast(this.#read(point.sequence + 1, sequence))) {
      if (isLast) {
        const next = stepOver(point, this.#text(point), event, folding);
        step = next;
        ({ point } = next);
      } else ({ point } = pass(point, event, folding));
      this.#keep(point);
    }
    // Nothing lies between what is known and the sequence: the event before is the last.
    if (step === undefined && point.sequence > 0) return await this.at(point.sequence);
    return { sequence: point.sequence, step, state: step?.after ?? this.#text(point) };
  }

  /** The sequence of the next event; nothing at the end. */
  async next(sequence: number): Promise<number | undefined> {
    return await first(this.#history.database.store.streamStoredEvents(this.#history.id, sequence + 1, { limit: 1 }));
  }

  /** The sequence of the event before, 0 for the point before the first; nothing there. */
  async previous(sequence: number): Promise<number | undefined> {
    if (sequence === 0) return undefined;
    const options = { maxSequence: sequence - 1, reverse: true, limit: 1 };
    return (await first(this.#history.database.store.streamStoredEvents(this.#history.id, 1, options))) ?? 0;
  }

  /** The sequence of the last event. */
  async last(): Promise<number> {
    return (await this.#history.database.store.getLastEvent(this.#history.id))?.sequence ?? 0;
  }

  /** The last sequence of the longest beginning of the history in which no clock is later than a time. */
  async sequenceAt(time: Timestamp): Promise<number> {
    let sequence = 0;
    for await (const event of this.#read(1)) {
      if (event.timestamp.compare(time) > 0) break;
      ({ sequence } = event);
    }
    return sequence;
  }

  /** The sequence of the nearest event, later or earlier, whose type contains a text. */
  async find(text: string, sequence: number, isForward: boolean): Promise<number | undefined> {
    const { store } = this.#history.database;
    const events = isForward
      ? store.streamStoredEvents(this.#history.id, sequence + 1)
      : store.streamStoredEvents(this.#history.id, 1, { maxSequence: sequence - 1, reverse: true });
    for await (const event of events) if (event.type.toLowerCase().includes(text.toLowerCase())) return event.sequence;
    return undefined;
  }

  /** A state as JSON text; one that its definition cannot show, as a text that says so. */
  #text(point: FoldedPoint): string {
    try {
      return this.#history.folding.json(point);
    } catch (error) {
      if (!isAboutFolding(error)) throw error;
      return JSON.stringify(`This state cannot be shown: ${error.message}`);
    }
  }

  #read(min: number, maxSequence?: number): AsyncIterable<StoredEvent> {
    return this.#history.database.store.streamStoredEvents(this.#history.id, min, { maxSequence });
  }

  /** The latest point that is known and lies before a sequence. */
  #pointBefore(sequence: number): FoldedPoint {
    let best = this.#start;
    for (const points of [this.#checkpoints, this.#recent])
      for (const point of points.values())
        if (point.sequence < sequence && point.sequence > best.sequence) best = point;
    return best;
  }

  #keep(point: FoldedPoint): void {
    if (point.sequence % CHECKPOINT_DISTANCE === 0) this.#checkpoints.set(point.sequence, point);
    this.#recent.delete(point.sequence);
    this.#recent.set(point.sequence, point);
    const oldest = this.#recent.keys().next().value;
    if (this.#recent.size > RECENT && oldest !== undefined) this.#recent.delete(oldest);
  }
}

async function first(events: AsyncIterable<StoredEvent>): Promise<number | undefined> {
  for await (const { sequence } of events) return sequence;
  return undefined;
}

/** Every item, and whether it is the last. */
async function* withLast<Item>(items: AsyncIterable<Item>): AsyncGenerator<readonly [Item, boolean]> {
  let held: { readonly item: Item } | undefined;
  for await (const item of items) {
    if (held !== undefined) yield [held.item, false];
    held = { item };
  }
  if (held !== undefined) yield [held.item, true];
}
