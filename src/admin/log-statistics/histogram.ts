import type { Knex } from 'knex';
import { InvalidArgumentError } from '../../errors.js';
import { Conditions } from '../../store/read/conditions.js';
import { assertCompleteLog } from '../log/complete-log.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { select } from '../log/select.js';
import { assertJsonPath, jsonPathHolds, withJsonPathErrors } from '../search-events/json-path.js';
import { positionAfter } from '../search-events/position-after.js';
import { inTimeZone } from '../search-events/time-zone.js';
import { whereText } from '../search-events/search-conditions.js';
import { TIME } from './log-statistics.js';
import { sampleOf } from './sample.js';

/** The events to count. */
export interface HistogramQuery {
  /** The first and the last millisecond since 1970, both included. */
  readonly since: number;
  readonly until: number;
  /** The length of an interval in milliseconds. Each begins at a multiple of it since 1970. */
  readonly interval: number;
  /** Only events of one of these types; `types` of the answer counts the others, too. */
  readonly types?: readonly string[] | undefined;
  /** Only events for whose body this jsonpath selects a value other than `false` and `null`. */
  readonly where?: string | undefined;
  /** Only events whose type or body contains this text, ignoring case. */
  readonly text?: string | undefined;
  /** Bounds of what is read. @defaultValue 200,000 events or 2,000 pages; a tenth and a quarter where bodies are read. */
  readonly budget?: HistogramBudget | undefined;
}

/** Bounds for what a histogram reads. */
export interface HistogramBudget {
  /** Largest number of events that are counted one by one. */
  readonly events: number;
  /** Number of the table's pages that are read, at random, where there are more events. */
  readonly pages: number;
}

/** Numbers of events by interval and by type. */
export interface EventHistogram {
  /** The beginning of the first interval, in milliseconds since 1970. */
  readonly begin: number;
  readonly interval: number;
  /** The number of events in each interval. */
  readonly counts: readonly number[];
  /** The number of events of each type (of all types, whatever was asked for), the most frequent first; at most 500. */
  readonly types: readonly { readonly type: string; readonly events: number }[];
  /** Set where the numbers are estimates: the number of events between the times that were looked at. */
  readonly sampled: number | undefined;
}

/** Most intervals of one histogram. */
const MOST_INTERVALS = 1000;
const MOST_TYPES = 500;
const OF_HEADS: HistogramBudget = { events: 200_000, pages: 2000 };
const OF_BODIES: HistogramBudget = { events: 20_000, pages: 500 };

const ALL = { sql: '', bindings: [] };

type CellRow = readonly [place: string | null, type: string | null, events: string];

/**
 * Counts the events of equal intervals of time, and of each type. A bounded number of events is read: where more lie between
 * the times, a random sample of the table's pages, the same one each time as long as the table does not grow, from which the
 * numbers are estimated. Throws `InvalidJsonPathError`, and `InvalidArgumentError` for a range without an interval or with
 * more than a thousand.
 */
export async function eventHistogram(log: EventLog, query: HistogramQuery): Promise<EventHistogram> {
  const { since, until, interval, where } = query;
  const [first, last] = [Math.floor(since / interval), Math.floor(until / interval)];
  if (!(Number.isInteger(interval) && interval >= 1 && last >= first && last - first < MOST_INTERVALS))
    throw new InvalidArgumentError(
      `A histogram has 1 to ${MOST_INTERVALS} intervals of whole milliseconds; got ${interval} ms from ${since} to ${until}.`,
    );
  await assertCompleteLog(log);
  if (where !== undefined) await assertJsonPath(log, where);
  const { budget = where === undefined && query.text === undefined ? OF_HEADS : OF_BODIES } = query;
  // The index alone tells whether there are more.
  if ((await positionAfter(log, { since, until }, budget.events + 1)) === undefined)
    return histogramOf(await cells(log, query, ALL), { first, last, interval, scale: 1, sampled: undefined });
  const { percent, ...sample } = await sampleOf(log, budget.pages);
  const rows = await cells(log, query, sample);
  const sampled = percent < 100 ? lookedAt(rows) : undefined;
  return histogramOf(rows, { first, last, interval, scale: 100 / percent, sampled });
}

/** Counts of the events between the times: by interval of those that match, by type, and of all that were looked at. */
async function cells(
  log: EventLog,
  { since, until, interval, types, where, text }: HistogramQuery,
  sample: { readonly sql: string; readonly bindings: readonly Knex.RawBinding[] },
): Promise<CellRow[]> {
  const range = new Conditions();
  range.between(since, until);
  const matching = new Conditions();
  whereText(matching, text);
  if (where !== undefined) matching.and(jsonPathHolds('body'), where);
  const ofTypes = new Conditions();
  ofTypes.ofTypes(types);
  const sql = `WITH cells AS MATERIALIZED (
  SELECT ${TIME} / ? AS place, type, count(*) AS looked, count(*) FILTER (WHERE ${matching.condition.sql}) AS events
  FROM (SELECT "timestamp", type, body FROM ${tablesOf(log).log} AS e ${sample.sql} ${range.sql}) AS e
  GROUP BY 1, 2)
SELECT place::text, NULL, sum(events)::text FROM cells ${ofTypes.sql} GROUP BY place
UNION ALL (SELECT NULL, type, sum(events)::text FROM cells GROUP BY type ORDER BY sum(events) DESC, type COLLATE "C" LIMIT ${MOST_TYPES})
UNION ALL SELECT NULL, NULL, coalesce(sum(looked), 0)::text FROM cells`;
  const bindings = [interval, ...matching.bindings, ...sample.bindings, ...range.bindings];
  const rows = inTimeZone(log, where, (on) => select<CellRow>(on, sql, [...bindings, ...ofTypes.bindings]));
  return await (where === undefined ? rows : withJsonPathErrors(where, rows));
}

function lookedAt(rows: readonly CellRow[]): number {
  return Number(rows.find(([place, type]) => place === null && type === null)?.[2]);
}

interface Scale {
  readonly first: number;
  readonly last: number;
  readonly interval: number;
  /** Number of events for which one that was counted stands. */
  readonly scale: number;
  readonly sampled: number | undefined;
}

function histogramOf(rows: readonly CellRow[], { first, last, interval, scale, sampled }: Scale): EventHistogram {
  const counts = new Array<number>(last - first + 1).fill(0);
  const types: { type: string; events: number }[] = [];
  for (const [place, type, events] of rows) {
    const estimate = Math.round(Number(events) * scale);
    if (place !== null) counts[Number(place) - first] = estimate;
    else if (type !== null && estimate > 0) types.push({ type, events: estimate });
  }
  types.sort((a, b) => b.events - a.events || (a.type < b.type ? -1 : 1));
  return { begin: first * interval, interval, counts, types, sampled };
}
