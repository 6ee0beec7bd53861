import { type ClockSkew, clockSkews, nodesWithin } from '../diagnose/nodes.js';
import type { EventLog } from '../log/event-log.js';

/** Every n-th poll looks for slow nodes, among the events that follow the latest n. */
const NODES = { every: 10, latest: 2000 };

/**
 * Finds nodes whose clock is so slow that their events lie before the followed window. It shows where such a node has
 * written after an event of the window, while the window has no event of the node. Events in the future prove nothing:
 * there the other clock is wrong.
 */
export class SlowNodes {
  readonly #reported = new Set<string>();
  #looks = 0;
  #lastStart: number | undefined;

  /**
   * The slow nodes that were not reported before; `start` is the beginning of the window, in milliseconds since 1970.
   */
  async look(log: EventLog, start: number, now: number = Date.now()): Promise<readonly ClockSkew[]> {
    this.#looks += 1;
    if (this.#looks % NODES.every !== 1) return [];
    // Begins at the last look, however long ago that was, so that nothing is left out.
    const range = { from: Math.min(this.#lastStart ?? start, start), to: now };
    this.#lastStart = start;
    const pairs = await clockSkews(log, { latest: NODES.latest, range, before: start });
    const suspects = pairs.filter(({ behind }) => !this.#reported.has(behind));
    if (suspects.length === 0) return [];
    const fine = await nodesWithin(log, { from: start, to: now });
    const found: ClockSkew[] = [];
    for (const nodes of suspects) {
      if (fine.has(nodes.behind) || this.#reported.has(nodes.behind)) continue;
      this.#reported.add(nodes.behind);
      found.push(nodes);
    }
    return found;
  }
}
