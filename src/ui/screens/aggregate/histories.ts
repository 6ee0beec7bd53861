import { eventHeads } from '../../../admin/find-event/event-heads.js';
import { type EventTime, timesOfEvents } from '../../../admin/find-event/times-of-events.js';
import { shortBodies } from '../../../admin/find-event/short-bodies.js';
import { type HistoryMark, historyMarks } from '../../../admin/find-event/history-marks.js';
import { erasureMark } from '../../../admin/log/erasure-mark.js';
import type { Definition } from '../../../aggregate/definition/definition.js';
import { definitionNamed, definitionOwning, typeOfFirstEvent } from '../../../folding/choose-definition.js';
import type { Folding } from '../../../folding/folding.js';
import { foldingFor } from '../../../folding/folding-for.js';
import { Timeline } from '../../../folding/timeline.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import { BoundedCache } from '../../bounded-cache.js';
import type { UiContext } from '../../context.js';
import { bodyExcerpt } from '../../parts/body-excerpt.js';

/** Number of events that one statement looks at for marks. */
const MARKED_AT_ONCE = 10_000;
/** Largest number of marks that are kept of a history. */
const MOST_MARKS = 1000;
/** Number of characters that the states of one history may have as text which are kept; all histories together twice as many. */
const MOST_TEXT = 10_000_000;
/** Number of events whose times are drawn on the axis of time. */
const SAMPLES = 120;

/** Number of excerpts after which they are forgotten. */
const MOST_EXCERPTS = 1000;

/** A history that is looked at: its timeline and what is drawn along its track, as far as it was read. */
export class History {
  #marks: readonly HistoryMark[] = [];
  #markedUpTo = 0;
  #samples: readonly EventTime[] = [];
  #sampledUpTo = 0;
  #excerpts = new Map<number, string>();

  constructor(
    private readonly ui: UiContext,
    readonly id: Timestamp,
    readonly folding: Folding,
    readonly timeline: Timeline,
    /** The mark of the log before any of it was read. */
    readonly mark: string,
  ) {}

  /**
   * The missing events and inverted clocks, and the sequence up to which the history was looked at. A long history is looked at
   * part by part, one with each call: of as many events as were read for the state, or some thousands.
   */
  async marks(last: number, read: number): Promise<{ readonly marks: readonly HistoryMark[]; readonly upTo: number }> {
    let looked = 0;
    do {
      await this.#markOn(last);
      looked += MARKED_AT_ONCE;
    } while (looked < read);
    return { marks: this.#marks, upTo: this.#markedUpTo };
  }

  async #markOn(last: number): Promise<void> {
    const room = MOST_MARKS - this.#marks.length;
    const after = this.#markedUpTo;
    if (after >= last || room <= 0) return;
    const next = await historyMarks(this.ui.log, this.id, { after, events: MARKED_AT_ONCE, marks: room });
    // Another request may have read the same part meanwhile.
    if (this.#markedUpTo !== after) return;
    this.#marks = [...this.#marks, ...next.marks];
    this.#markedUpTo = next.upTo;
  }

  /** The excerpts of the bodies of some events, by sequence. Those that were shown lately are not read again. */
  async excerpts(sequences: readonly number[]): Promise<ReadonlyMap<number, string>> {
    const unknown = sequences.filter((sequence) => !this.#excerpts.has(sequence));
    if (this.#excerpts.size > MOST_EXCERPTS) this.#excerpts = new Map();
    const found = await shortBodies(this.ui.log, this.id, this.#excerpts.size === 0 ? sequences : unknown);
    for (const { sequence, body } of found) this.#excerpts.set(sequence, body === undefined ? '' : bodyExcerpt(body));
    return this.#excerpts;
  }

  /** The times of some events, evenly spread over the history, the first and the last among them. */
  async samples(last: number): Promise<readonly EventTime[]> {
    if (this.#sampledUpTo === last) return this.#samples;
    const [head] = await eventHeads(this.ui.log, this.id, { direction: 'after', sequence: 0, limit: 1 });
    const first = head?.sequence ?? last;
    const count = Math.min(last - first + 1, SAMPLES);
    const sequences = Array.from({ length: count }, (_, index) =>
      count === 1 ? last : first + Math.round((index * (last - first)) / (count - 1)),
    );
    const samples = await timesOfEvents(this.ui.log, this.id, sequences);
    this.#samples = samples;
    this.#sampledUpTo = last;
    return samples;
  }
}

/**
 * The histories that were looked at last, so that the next step of each need not fold it again. Once something was erased from the log,
 * all are read anew, so that nothing is shown that is not stored any more.
 */
export class Histories {
  #mark = '';
  readonly #kept = new BoundedCache<History>({ most: 12, mostWeight: 2 * MOST_TEXT, idle: 3 * 60_000 });

  constructor(private readonly ui: UiContext) {}

  /** The history of an aggregate, folded by the definition of a name, or by the one that owns it. */
  async open(id: Timestamp, as: string | undefined): Promise<History> {
    const key = keyOf(id, as);
    const mark = await erasureMark(this.ui.log);
    if (mark !== this.#mark) this.#kept.clear();
    this.#mark = mark;
    const known = this.#kept.get(key);
    if (known !== undefined) return known;
    const { aggregates, store, log } = this.ui;
    const folding = foldingFor(await this.#definition(id, as), id, aggregates);
    const history = new History(
      this.ui,
      id,
      folding,
      new Timeline({ id, store, log, folding, mostText: MOST_TEXT }),
      mark,
    );
    this.#keep(history, as);
    return history;
  }

  /** Notes how long a state of the history is as text, by which kept states are bounded: their number, and that of histories. */
  weigh(history: History, as: string | undefined, stateLength: number): void {
    history.timeline.weigh(stateLength);
    // One that is too large by itself is kept alone: the next step begins where this one has ended.
    this.#keep(history, as, Math.min(stateLength * history.timeline.kept, 2 * MOST_TEXT));
  }

  /** Forgets a history, of which there are no more events. */
  forget(id: Timestamp, as: string | undefined): void {
    this.#kept.delete(keyOf(id, as));
  }

  /** Keeps a history, unless something was erased since it was opened. */
  #keep(history: History, as: string | undefined, weight = 0): void {
    if (history.mark === this.#mark) this.#kept.set(keyOf(history.id, as), history, weight);
  }

  async #definition(id: Timestamp, as: string | undefined): Promise<Definition | undefined> {
    const { aggregates, store } = this.ui;
    if (as !== undefined) return definitionNamed(aggregates, as);
    return await definitionOwning(aggregates, id, () => typeOfFirstEvent(store, id));
  }
}

function keyOf(id: Timestamp, as: string | undefined): string {
  return `${id.hex} ${as ?? ''}`;
}
