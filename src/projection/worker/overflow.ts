import { setTimeout as pause } from 'node:timers/promises';
import type { Running } from './running.js';

/** Shortest time between two walks that nobody waits for, in milliseconds. */
const REST = 10_000;

/** The walks for one copy. */
interface Walks {
  running: Promise<void> | undefined;
  /** The walk after the one that is under way, for those who came after that had begun. */
  next: Promise<void> | undefined;
  isWanted: boolean;
  restsUntil: number;
}

/**
 * Walks along the log for single copies: for what found no room in the queue, which may be full for as long as a handler hangs or a burst of
 * commits lasts. No other copy waits for them.
 */
export class Overflow {
  readonly #running: Pick<Running, 'beside' | 'signal'>;
  readonly #walk: (copy: number) => Promise<void>;
  readonly #walks = new Map<number, Walks>();

  /** `walk` goes along the log for a copy, and ends when the worker stops. */
  constructor(running: Pick<Running, 'beside' | 'signal'>, walk: (copy: number) => Promise<void>) {
    this.#running = running;
    this.#walk = walk;
  }

  /** Resolves when a walk for a copy has ended that began after the call. */
  async walked(copy: number): Promise<void> {
    const walks = this.#of(copy);
    if (walks.running === undefined) return await this.#begin(copy, walks);
    walks.next ??= walks.running.then(() => {
      walks.next = undefined;
      return this.#begin(copy, walks);
    });
    await walks.next;
  }

  /** Has a walk begin for a copy, some time after the last one has ended: else one would follow the other while a burst lasts. */
  want(copy: number): void {
    const walks = this.#of(copy);
    if (walks.isWanted) return;
    walks.isWanted = true;
    this.#running.beside(async () => {
      const { signal } = this.#running;
      while (!signal.aborted && (walks.running !== undefined || performance.now() < walks.restsUntil)) {
        await walks.running;
        await pause(Math.max(0, walks.restsUntil - performance.now()), undefined, { signal }).catch(() => {});
      }
      walks.isWanted = false;
      if (!signal.aborted) await this.walked(copy);
    });
  }

  #begin(copy: number, walks: Walks): Promise<void> {
    walks.running = this.#walk(copy).finally(() => {
      walks.running = undefined;
      walks.restsUntil = performance.now() + REST;
    });
    return walks.running;
  }

  #of(copy: number): Walks {
    let walks = this.#walks.get(copy);
    if (walks === undefined) {
      walks = { running: undefined, next: undefined, isWanted: false, restsUntil: 0 };
      this.#walks.set(copy, walks);
    }
    return walks;
  }
}
