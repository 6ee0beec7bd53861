import { type ClockSkew, clockSkews, nodesWithin } from '../diagnose/nodes.js';
import type { EventLog } from '../log/event-log.js';

/** Number of looks at the log from one for nodes to the next, and of the latest events that one takes in. */
const NODES = { every: 10, latest: 2000 };

/**
 * Finds nodes whose clock is so far behind that what they write lies before the window that is followed. It shows where such a
 * node writes behind an event of the window, and nothing of the node is in the window itself. An event that lies in the future
 * proves nothing: there the other clock is wrong.
 */
export class SlowNodes {
  readonly #told = new Set<string>();
  #looks = 0;
  #lastStart: number | undefined;

  /** Those that were not told before, given where the window begins, in milliseconds since 1970. */
  async look(log: EventLog, start: number, now: number = Date.now()): Promise<readonly ClockSkew[]> {
    this.#looks += 1;
    if (this.#looks % NODES.every !== 1) return [];
    // However long it is since the last look: what came in between is looked at, too.
    const range = { from: Math.min(this.#lastStart ?? start, start), to: now };
    this.#lastStart = start;
    const pairs = await clockSkews(log, { latest: NODES.latest, range, before: start });
    const suspects = pairs.filter(({ behind }) => !this.#told.has(behind));
    if (suspects.length === 0) return [];
    const fine = await nodesWithin(log, { from: start, to: now });
    const found: ClockSkew[] = [];
    for (const nodes of suspects) {
      if (fine.has(nodes.behind) || this.#told.has(nodes.behind)) continue;
      this.#told.add(nodes.behind);
      found.push(nodes);
    }
    return found;
  }
}
