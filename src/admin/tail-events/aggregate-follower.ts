import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { readPages } from '../../store/read/read-pages.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { DEFAULT_SCHEMA } from '../../store/schema-name.js';
import { statementsFor } from '../../store/statements.js';
import type { EventLog } from '../log/event-log.js';
import type { Follower } from './follower.js';

/** Most events in one batch. */
const BATCH = 500;

/**
 * Follows one aggregate by its sequences. They have no gaps, so everything up to the first missing one is known; only
 * known sequences beyond it have to be remembered.
 */
export class AggregateFollower implements Follower {
  readonly #id: Timestamp;
  readonly #types: readonly string[] | undefined;
  readonly #lookBack: number | undefined;
  #isPartial = false;
  /** Every sequence up to this one is known. */
  #known = 0;
  /** The known sequences greater than that. */
  readonly #beyond = new Set<number>();

  constructor(id: Timestamp, types?: readonly string[], lookBack?: number) {
    this.#id = id;
    this.#types = types;
    this.#lookBack = types === undefined ? undefined : lookBack;
  }

  get isPartial(): boolean {
    return this.#isPartial;
  }

  async begin(log: EventLog, lines: number): Promise<readonly StoredEvent[]> {
    const [last] = await this.#select(log, { order: 'DESC', limit: 1 });
    this.#known = last?.sequence ?? 0;
    if (lines === 0 || last === undefined) return [];
    const min = Math.max(1, this.#known + 1 - (this.#lookBack ?? this.#known));
    const events = await this.#select(log, { min, max: this.#known, types: this.#types, order: 'DESC', limit: lines });
    this.#isPartial = min > 1 && events.length < lines;
    return events.reverse();
  }

  async poll(log: EventLog): Promise<readonly StoredEvent[]> {
    const page = (last: StoredEvent | undefined, limit: number) =>
      this.#select(log, { min: (last?.sequence ?? this.#known) + 1, order: 'ASC', limit });
    for await (const events of readPages(page, { size: BATCH })) {
      const fresh = events.filter(({ sequence }) => !this.#beyond.has(sequence));
      const wanted = fresh.filter(({ type }) => this.#types?.includes(type) ?? true);
      for (const event of fresh) if (!wanted.includes(event)) this.acknowledge(event);
      if (wanted.length > 0) return wanted;
    }
    return [];
  }

  acknowledge({ sequence }: Pick<StoredEvent, 'sequence'>): void {
    this.#beyond.add(sequence);
    while (this.#beyond.delete(this.#known + 1)) this.#known += 1;
  }

  async #select(
    { knex, schema = DEFAULT_SCHEMA }: EventLog,
    { min, max, types, order, limit }: Selection,
  ): Promise<StoredEvent[]> {
    const where = new Conditions();
    where.and('aggregate_id = ?', this.#id.encode());
    if (min !== undefined) where.and('sequence >= ?', min);
    if (max !== undefined) where.and('sequence <= ?', max);
    where.ofTypes(types);
    const sql = `${statementsFor(schema).selectEvents} ${where.sql} ORDER BY sequence ${order} LIMIT ?`;
    const rows = await withReadRetry(() => query<EventRow>(knex, sql, [...where.bindings, limit]));
    return rows.map(storedEvent);
  }
}

interface Selection {
  readonly min?: number;
  readonly max?: number;
  readonly types?: readonly string[] | undefined;
  readonly order: 'ASC' | 'DESC';
  readonly limit: number;
}
