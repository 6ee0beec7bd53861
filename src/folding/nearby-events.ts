import { eventHeads } from '../admin/find-event/event-heads.js';
import type { EventHead } from '../admin/find-event/find-event.js';
import type { EventLog } from '../admin/log/event-log.js';
import type { Timestamp } from '../hlc/timestamp.js';

/** Number of events to read on either side, so that most steps need no query. */
const AROUND = 200;
/** Number of events before them that are kept when new ones are found. */
const MOST_HEADS = 2 * AROUND;

/** The events near the point of a history where somebody is, without their bodies. Those behind the last known are looked for anew. */
export class NearbyEvents {
  #heads: readonly EventHead[] = [];
  #firstSequence: number | undefined;

  constructor(
    private readonly log: EventLog,
    private readonly id: Timestamp,
  ) {}

  /** True for the first event of the history, as far as {@link around} came to it. */
  isFirst(sequence: number): boolean {
    return sequence === 1 || sequence === this.#firstSequence;
  }

  /** Events on both sides of a sequence, in order, without bodies; at least `count` of each if there are as many. */
  async around(sequence: number, count: number): Promise<readonly EventHead[]> {
    const heads = this.#heads;
    const index = heads.findLastIndex((head) => head.sequence <= sequence);
    const hasBefore = heads[0] !== undefined && (this.isFirst(heads[0].sequence) || index > count);
    const lastKnown = heads.at(-1)?.sequence ?? 0;
    if (!hasBefore || index === -1 || sequence > lastKnown) return await this.#findAround(sequence, count);
    if (heads.length - index > count) return heads;
    // Behind the last that is known there may be new ones.
    const found = await this.#findHeads('after', lastKnown, count);
    const more = [...heads.slice(-Math.max(MOST_HEADS, 2 * count + 1)), ...found];
    if (found.length > 0) this.#heads = more;
    return more;
  }

  async #findAround(sequence: number, count: number): Promise<readonly EventHead[]> {
    const before = await this.#findHeads('upTo', sequence, count);
    const after = await this.#findHeads('after', sequence, count);
    const heads = [...before.reverse(), ...after];
    this.#heads = heads;
    if (before.length < Math.max(AROUND, count)) this.#firstSequence = heads[0]?.sequence;
    return heads;
  }

  async #findHeads(direction: 'upTo' | 'after', sequence: number, count: number): Promise<EventHead[]> {
    return await eventHeads(this.log, this.id, { direction, sequence, limit: Math.max(AROUND, count) });
  }
}
