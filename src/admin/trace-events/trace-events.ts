import { CORRELATION_KEY, type StoredEvent } from '../../events.js';
import { InvalidArgumentError } from '../../errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { Conditions } from '../../store/read/conditions.js';
import { metadataCondition } from '../../store/read/metadata-condition.js';
import { readPages } from '../../store/read/read-pages.js';
import { withReadRetry } from '../../store/read/read-retry.js';
import { bodyLength, type EventRow, query, storedEvent } from '../../store/read/rows.js';
import { checkedLimit } from '../../store/read/sequence-range.js';
import { EVENT_COLUMNS } from '../../store/statements.js';
import type { EventHead } from '../find-event/find-event.js';
import { type EventLog, tablesOf } from '../log/event-log.js';
import { LOG_ORDER, positionCondition } from '../log/log-position.js';
import { assertNoHiddenRows } from '../log/row-security.js';
import { type Cause, CAUSE_COLUMN, type NamedCause, namedCause } from './cause.js';
import { headsWithTimestamps } from './heads-with-timestamps.js';

/** Options of a trace. */
export interface TraceOptions {
  /** Only events with a time of at least this, in milliseconds since 1970. */
  readonly since?: number | undefined;
  /** Only events with a time of at most this, in milliseconds since 1970, that millisecond included. */
  readonly until?: number | undefined;
  /** Largest number of events. @defaultValue all */
  readonly limit?: number | undefined;
}

/** An event of a trace. */
export interface TracedEvent {
  readonly event: StoredEvent;
  /** Its place in the trace, from 1. */
  readonly number: number;
  /** Number of causes before it in the trace: 0 for the event that began it, or whose cause is not in the trace before it. */
  readonly depth: number;
  /** The event that its `causationId` names; `undefined` when its metadata has none. */
  readonly cause: Cause | undefined;
}

/** The facts that are remembered of an event of the trace. */
type Remembered = Omit<TracedEvent, 'event' | 'cause'> & { readonly event: EventHead };
type TraceRow = readonly [...EventRow, cause: string | null];

/**
 * The events of all aggregates whose metadata has a text as `correlationId`, in the order of their timestamps, each with
 * what caused it. Reads page by page, and remembers some 300 bytes of each event that it has given. An index on
 * the key (`addMetadataIndex`) finds them; without one all events are read ({@link estimateTrace}). Throws
 * `InvalidArgumentError` for a text that PostgreSQL cannot hold, an empty one, and a limit below 1.
 */
export async function* traceEvents(
  log: EventLog,
  correlationId: string,
  options: TraceOptions = {},
): AsyncGenerator<TracedEvent> {
  const limit = checkedLimit(options.limit);
  assertText(correlationId);
  await assertNoHiddenRows(log);
  const trace = new Map<string, Remembered>();
  const page = (last: TraceRow | undefined, size: number) =>
    withReadRetry(() => selectPage(log, correlationId, options, last, size));
  for await (const rows of readPages(page, { lengthOf: (row) => bodyLength(eventRow(row)), limit })) {
    const named = rows.map((row) => namedCause(row[5]));
    const elsewhere = await headsWithTimestamps(log, unknownTimestamps(named, trace));
    for (const [index, row] of rows.entries()) {
      const event = storedEvent(eventRow(row));
      const cause = causeOf(event, named[index], trace, elsewhere);
      const depth = cause?.kind === 'listed' ? (trace.get(cause.event.timestamp.hex)?.depth ?? 0) + 1 : 0;
      const number = trace.size + 1;
      const { timestamp, aggregateId, sequence, type } = event;
      // Events of different partitions can share a timestamp; as cause the first counts, as everywhere.
      const key = trace.has(event.timestamp.hex) ? `${event.timestamp.hex} ${number}` : event.timestamp.hex;
      trace.set(key, { event: { timestamp, aggregateId, sequence, type }, number, depth });
      yield { event, number, depth, cause };
    }
  }
}

function assertText(correlationId: string): void {
  if (correlationId !== '' && correlationId.isWellFormed() && !correlationId.includes('\0')) return;
  throw new InvalidArgumentError(`${JSON.stringify(correlationId)} cannot be a correlation id.`, {
    hint: 'Write the text that the events have as correlationId: one character or more, none of them U+0000 or half of a pair.',
  });
}

async function selectPage(
  log: EventLog,
  correlationId: string,
  { since, until }: TraceOptions,
  last: TraceRow | undefined,
  size: number,
): Promise<TraceRow[]> {
  const where = new Conditions();
  where.and(...metadataCondition(CORRELATION_KEY, correlationId));
  where.between(since, until);
  if (last !== undefined) where.and(...positionCondition('>', storedEvent(eventRow(last))));
  const sql = `SELECT ${EVENT_COLUMNS}, ${CAUSE_COLUMN} FROM ${tablesOf(log).log} ${where.sql} ORDER BY ${LOG_ORDER['>']} LIMIT ?`;
  return await query<TraceRow>(log.knex, sql, [...where.bindings, size]);
}

function eventRow([timestamp, aggregateId, sequence, type, body]: TraceRow): EventRow {
  return [timestamp, aggregateId, sequence, type, body];
}

function unknownTimestamps(
  named: readonly (NamedCause | undefined)[],
  trace: ReadonlyMap<string, unknown>,
): Timestamp[] {
  const unknown = new Map<string, Timestamp>();
  for (const cause of named)
    if (cause !== undefined && 'timestamp' in cause && !trace.has(cause.timestamp.hex))
      unknown.set(cause.timestamp.hex, cause.timestamp);
  return [...unknown.values()];
}

function causeOf(
  { timestamp }: StoredEvent,
  named: NamedCause | undefined,
  trace: ReadonlyMap<string, Remembered>,
  elsewhere: ReadonlyMap<string, EventHead>,
): Cause | undefined {
  if (named === undefined) return undefined;
  if ('value' in named) return { kind: 'invalid', value: named.value };
  const { hex } = named.timestamp;
  const listed = trace.get(hex);
  if (listed !== undefined) return { kind: 'listed', number: listed.number, event: listed.event };
  const event = elsewhere.get(hex);
  if (event === undefined) return { kind: 'unknown', timestamp: named.timestamp };
  return { kind: event.timestamp.compare(timestamp) < 0 ? 'elsewhere' : 'later', event };
}
