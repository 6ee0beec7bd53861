import { MAX_SEQUENCE } from '../../events.js';
import { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from './conditions.js';
import type { EventPlace, LastEvent } from './last-event.js';
import { finishPage } from './finish-page.js';
import { FIRST_PAGE, nextPageSize } from './page-size.js';
import { type SequenceRange, sequenceRange } from './sequence-range.js';
import { withSerializationRetry } from './read-retry.js';
import { asText } from './body-readers.js';
import { type Executor, type HistoryRow, query, storedEventOf } from './rows.js';
import type { BoundStatement } from '../driver/driver.js';
import { preparedStatement } from '../driver/statement.js';
import type { Statements } from '../statements.js';

/** A selection of one aggregate's events, and their order. */
export interface EventQuery {
  readonly aggregateId: Timestamp;
  readonly range: SequenceRange;
  /** Only events of one of these types. */
  readonly types?: readonly string[] | undefined;
  /** Only events with a time of at least this many milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this many milliseconds since 1970, that millisecond included. */
  readonly until?: number | undefined;
  /** Last sequence first. */
  readonly reverse?: boolean | undefined;
  /** Largest number of events. */
  readonly limit?: number | undefined;
}

/** All rows of a query at once; `readBody` converts each body as it arrives. */
export function selectRows<Body>(
  on: Executor,
  statements: Statements,
  events: EventQuery,
  readBody: (text: string) => Body,
): Promise<HistoryRow<Body>[]> {
  const { statement, bindings } = eventSelection(statements, events);
  return query<HistoryRow<Body>>(on, statement, bindings, readBody);
}

/** The last timestamp there can be. */
const LAST = Timestamp.fromHex('f'.repeat(32));

/**
 * The last event of one aggregate; given `ahead`, with `latest`: the event with the latest timestamp between `ahead`
 * (exclusive) and `until`, if that is another one. Hardly anything lies beyond the time of a clock, so that search is
 * short; PostgreSQL has to know `ahead` when it plans, so the statement is not kept prepared.
 */
export async function selectLastEvent(
  on: Executor,
  statements: Statements,
  aggregateId: Timestamp,
  { ahead, until = LAST }: { readonly ahead?: Timestamp | undefined; readonly until?: Timestamp | undefined },
): Promise<(LastEvent & EventPlace) | undefined> {
  if (ahead === undefined) {
    const only = { aggregateId, range: sequenceRange(1), reverse: true, limit: 1 };
    const [row] = await selectRows(on, statements, only, asText);
    if (row === undefined) return undefined;
    const { sequence, timestamp } = storedEventOf(aggregateId, row);
    return { sequence, timestamp };
  }
  const id = aggregateId.encode();
  const [row] = await query<LastRow>(on, statements.lastEvents, [id, MAX_SEQUENCE, id, ahead.encode(), until.encode()]);
  if (row === undefined) return undefined;
  const [timestamp, sequence, latestTimestamp, latestSequence] = row;
  const last = { sequence, timestamp: Timestamp.fromHex(timestamp) };
  if (latestTimestamp === null || latestSequence === null || latestSequence === sequence) return last;
  return { ...last, latest: { sequence: latestSequence, timestamp: Timestamp.fromHex(latestTimestamp) } };
}

type LastRow = readonly [
  timestamp: string,
  sequence: number,
  latestTimestamp: string | null,
  latestSequence: number | null,
];

/**
 * The rows of a query in pages. While the caller works on one page, the next one is being read, and no more than that.
 * Pages are found by sequence, not with a cursor, so no transaction stays open meanwhile, and poolers and drivers that
 * cannot stream are no obstacle.
 */
export async function* selectPages<Body>(
  on: Executor,
  statements: Statements,
  events: EventQuery,
  readBody: (text: string) => Body,
): AsyncGenerator<HistoryRow<Body>[]> {
  const pages = new Pages(on, statements, events, readBody);
  for (let page = pages.next(); page !== undefined;) {
    const rows = await page;
    page = pages.next();
    // A caller that stops here never awaits the next page; one that goes on gets its error then.
    page?.catch(() => {});
    if (rows.length > 0) yield rows;
    await finishPage(rows);
  }
}

/** Reads the pages of a query, one after the other. */
class Pages<Body> {
  readonly #on: Executor;
  readonly #statements: Statements;
  readonly #events: EventQuery;
  readonly #readBody: (text: string) => Body;
  /** True without a filter: then a page of n events spans n sequences if none is missing. */
  readonly #isDense: boolean;
  #range: SequenceRange;
  #left: number;
  #size = FIRST_PAGE;
  #isBounded: boolean;
  #isDone = false;

  constructor(on: Executor, statements: Statements, events: EventQuery, readBody: (text: string) => Body) {
    const { range, types, since, until, reverse = false, limit = Number.POSITIVE_INFINITY } = events;
    this.#on = on;
    this.#statements = statements;
    this.#events = events;
    this.#readBody = readBody;
    this.#range = range;
    this.#left = limit;
    this.#isDense = types === undefined && since === undefined && until === undefined;
    this.#isBounded = this.#isDense && !(reverse && range.max === MAX_SEQUENCE);
  }

  /** Starts to read the next page; `undefined` after the last. The page before must have arrived. */
  next(): Promise<HistoryRow<Body>[]> | undefined {
    const { min, max } = this.#range;
    return this.#isDone || min > max || this.#left === 0 ? undefined : this.#read();
  }

  async #read(): Promise<HistoryRow<Body>[]> {
    const { reverse } = this.#events;
    const limit = Math.min(this.#size, this.#left);
    const range = this.#isBounded ? pageRange(this.#range, limit, reverse) : this.#range;
    let length = 0;
    const readBody = (text: string) => {
      length += text.length;
      return this.#readBody(text);
    };
    const page = { ...this.#events, range, limit };
    const rows = await withSerializationRetry(() => selectRows(this.#on, this.#statements, page, readBody));
    const last = rows.at(-1);
    if (last !== undefined) {
      this.#left -= rows.length;
      this.#range = rangeAfter(this.#range, Number(last[1]), reverse);
      this.#size = nextPageSize(rows.length, length);
    }
    const isFull = rows.length === limit;
    this.#isDone = !isFull && !this.#isBounded;
    this.#isBounded = isFull && this.#isDense;
    return rows;
  }
}

/** The rest of a range after a sequence. */
function rangeAfter({ min, max }: SequenceRange, sequence: number, reverse = false): SequenceRange {
  return reverse ? { min, max: sequence - 1 } : { min: sequence + 1, max };
}

/**
 * The part of a range that holds a page if no sequence is missing. Without a second bound, PostgreSQL sorts the whole
 * rest of the history for every page while it has no statistics of the table, as after a restore.
 */
function pageRange({ min, max }: SequenceRange, count: number, reverse = false): SequenceRange {
  if (!reverse) return { min: Math.max(min, 1), max: Math.min(max, Math.max(min, 1) + count - 1) };
  return { min: Math.max(min, max - count + 1), max };
}

/** The statement that selects events, each row a `HistoryRow`. */
export function eventSelection(
  { selectHistory }: Statements,
  { aggregateId, range, types, since, until, reverse, limit }: EventQuery,
): BoundStatement {
  const where = new Conditions();
  where.and('aggregate_id = ?', aggregateId.encode());
  // Always with both bounds: without them, PostgreSQL's generic plan sorts rows that the index has in order.
  where.and('sequence >= ?', range.min);
  where.and('sequence <= ?', range.max);
  where.ofTypes(types);
  where.between(since, until);
  const bindings = [...where.bindings];
  const order = `ORDER BY sequence${reverse ? ' DESC' : ''}`;
  if (limit !== undefined) bindings.push(limit);
  const sql = `${selectHistory} ${where.sql} ${order}${limit === undefined ? '' : ' LIMIT ?'}`;
  // Every number of types is another statement, so these are not kept prepared.
  return {
    statement: types === undefined ? preparedStatement(sql) : { sql },
    bindings,
  };
}
