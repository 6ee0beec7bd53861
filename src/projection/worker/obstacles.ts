import { readCopies } from '../copies/copy.js';
import { DependentObjectsError } from '../copies/errors.js';
import { assertNoDependants } from '../rebuild/dependants.js';
import { switchBlockers } from '../rebuild/switch-blockers.js';
import { countParked } from './count-parked.js';
import { RebuildBlockedError } from './errors.js';
import type { OwnCopy } from './own-copies.js';
import type { Running } from './running.js';

/** Age in seconds from which on a transaction is not waited for by trying again at once. */
const LONG = 1;
/** Time between two reports of the same transactions of others, in milliseconds. */
const AGAIN = 60_000;

/** Something that is in the way of a copy: it passes by itself, or somebody has to do something about it. */
export type Obstacle = 'passing' | 'lasting';

/** The obstacles that keep copies from being put into use, and what the application was told of them. */
export class Obstacles {
  readonly #running: Pick<Running, 'knex' | 'schema' | 'onError'>;
  /** The copies for which others were in the way: since when, and when that was told. */
  readonly #blocked = new Map<number, { readonly since: number; readonly told: number }>();
  /** The copies that were refused because of what others have on the tables in use. */
  readonly #refused = new Set<number>();

  constructor(running: Pick<Running, 'knex' | 'schema' | 'onError'>) {
    this.#running = running;
  }

  /** Looks whether a copy cannot be put into use anyway, so that it is in vain to go through the log for it. */
  async find(own: OwnCopy): Promise<Obstacle | undefined> {
    const { knex, schema } = this.#running;
    // What is parked would be missing.
    if ((await countParked(knex, schema, [own.copy.id])) > 0) return 'passing';
    if (this.#refused.has(own.copy.id) && (await this.#hasDependants(own))) return 'lasting';
    return (await this.#isBlocked(own)) ? 'passing' : undefined;
  }

  /** True when a transaction is in the way that is not likely to end soon. */
  async isForLong(name: string): Promise<boolean> {
    const { knex, schema } = this.#running;
    return (await switchBlockers(knex, schema, name)).some(({ seconds = 0 }) => seconds >= LONG);
  }

  /** Takes note that transactions of others were in the way of a copy, and tells of them from the second time on, now and then. */
  async blocked({ copy }: OwnCopy): Promise<void> {
    const { knex, schema, onError } = this.#running;
    const now = performance.now();
    const known = this.#blocked.get(copy.id);
    const isDue = known !== undefined && known.told <= now - AGAIN;
    this.#blocked.set(copy.id, { since: known?.since ?? now, told: isDue ? now : (known?.told ?? -Infinity) });
    if (isDue) onError(new RebuildBlockedError(copy.name, copy.version, await switchBlockers(knex, schema, copy.name)));
  }

  /** Takes note that a copy was refused, and tells why. */
  refused({ copy }: OwnCopy, error: unknown): void {
    if (error instanceof DependentObjectsError) this.#refused.add(copy.id);
    this.#running.onError(error);
  }

  /** Takes note that nothing is in the way of a copy any more. */
  gone({ copy }: OwnCopy): void {
    this.#blocked.delete(copy.id);
    this.#refused.delete(copy.id);
  }

  /** True when a transaction that was in the way of a copy has not ended. */
  async #isBlocked(own: OwnCopy): Promise<boolean> {
    const { knex, schema } = this.#running;
    const known = this.#blocked.get(own.copy.id);
    if (known === undefined) return false;
    const age = (performance.now() - known.since) / 1000;
    const blockers = await switchBlockers(knex, schema, own.copy.name);
    if (!blockers.some(({ seconds }) => (seconds ?? 0) >= age)) return false;
    await this.blocked(own);
    return true;
  }

  async #hasDependants(own: OwnCopy): Promise<boolean> {
    const { knex, schema } = this.#running;
    const live = (await readCopies(knex, schema, [own.copy.name])).find(({ status }) => status === 'live');
    try {
      if (live !== undefined) await assertNoDependants(knex, live);
      return false;
    } catch (error) {
      if (!(error instanceof DependentObjectsError)) throw error;
      this.refused(own, error);
      return true;
    }
  }
}
