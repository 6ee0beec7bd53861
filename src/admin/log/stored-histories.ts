import type { StoredEvent } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { readPages } from '../../store/read/read-pages.js';
import { bodyLength, type EventRow, storedEvent } from '../../store/read/rows.js';
import { EVENT_COLUMNS } from '../../store/statements.js';
import { type EventLog, tablesOf } from './event-log.js';
import { assertNoHiddenRows } from './row-security.js';
import { select } from './select.js';

/** The history of one aggregate. */
export interface StoredHistory {
  readonly aggregateId: Timestamp;
  /** Its events by sequence, to be read once, before the next history. */
  readonly events: AsyncIterable<StoredEvent>;
}

/**
 * The histories of all aggregates, in the order of their ids, from one walk along the log in bounded memory: aggregates of a few
 * events come many at a time. What is left of the events of one is passed over when the next is asked for.
 */
export async function* storedHistories(log: EventLog): AsyncGenerator<StoredHistory> {
  await assertNoHiddenRows(log);
  const walk = new Walk(log);
  for (let row = await walk.row(); row !== undefined; row = await walk.rowAfter(row[1]))
    yield { aggregateId: Timestamp.fromHex(row[1]), events: eventsOf(walk, row[1]) };
}

async function* eventsOf(walk: Walk, id: string): AsyncGenerator<StoredEvent> {
  for (let row = await walk.row(); row?.[1] === id; row = walk.known ?? (await walk.row())) {
    walk.take();
    yield storedEvent(row);
  }
}

/** A walk along the log, by aggregate and sequence. */
class Walk {
  readonly #pages: AsyncGenerator<EventRow[]>;
  #page: readonly EventRow[] = [];
  #at = 0;

  constructor(log: EventLog) {
    const page = (after: EventRow | undefined, size: number) => {
      const where = after === undefined ? '' : 'WHERE (aggregate_id, sequence) > (?, ?)';
      const sql = `SELECT ${EVENT_COLUMNS} FROM ${tablesOf(log).log} ${where} ORDER BY aggregate_id, sequence LIMIT ?`;
      return select<EventRow>(log, sql, after === undefined ? [size] : [Buffer.from(after[1], 'hex'), after[2], size]);
    };
    this.#pages = readPages(page, { lengthOf: bodyLength, ahead: true });
  }

  /** The row at which the walk is, if it has arrived. */
  get known(): EventRow | undefined {
    return this.#page[this.#at];
  }

  /** The row at which the walk is; `undefined` at the end. */
  async row(): Promise<EventRow | undefined> {
    if (this.known === undefined) {
      const next = await this.#pages.next();
      [this.#page, this.#at] = [next.done === true ? [] : next.value, 0];
    }
    return this.known;
  }

  /** The first row of the next aggregate. */
  async rowAfter(id: string): Promise<EventRow | undefined> {
    let row = await this.row();
    for (; row?.[1] === id; row = await this.row()) this.take();
    return row;
  }

  take(): void {
    this.#at += 1;
  }
}
