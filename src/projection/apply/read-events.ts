import { MAX_SEQUENCE, type StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { putBackLockTimeout } from '../../store/layout/lock-timeout.js';
import { asText } from '../../store/read/body-readers.js';
import {
  byteaArray,
  type Executor,
  type HistoryRow,
  integerArray,
  query,
  storedEventOf,
  textArray,
} from '../../store/read/rows.js';
import { readStatements } from './read-statements.js';

/** A place whose events are to be read: those after a position of an aggregate. */
export interface MissingRange {
  readonly aggregateId: Timestamp;
  readonly position: number;
  /** The last sequence that is wanted. @defaultValue any, as far as a history without gaps has them within the limit */
  readonly last?: number | undefined;
}

/** Events that were found. */
export interface FoundEvents {
  /** In the order of the places, those of each by sequence. */
  readonly events: readonly (readonly StoredEvent[])[];
  /** The index of the place at which reading ended early; `undefined` when all was read. */
  readonly cut: number | undefined;
}

/** Options of {@link readEvents}. */
export interface ReadOptions {
  /** Largest number of events. */
  readonly limit: number;
  /** The types whose bodies are needed. */
  readonly types: readonly string[];
  /** The setting `lock_timeout` that is to be put back. */
  readonly lockTimeout?: string | undefined;
}

/**
 * Reads the events after some positions by one statement, `limit` at most, and less where bodies are long: about four megabytes of
 * them, as they are stored, and one body more. Leaves out aggregates of the copy that are parked and not due.
 */
export async function readEvents(
  on: Executor,
  schema: string,
  copy: number,
  ranges: readonly MissingRange[],
  { limit, types, lockTimeout }: ReadOptions,
): Promise<FoundEvents> {
  // One more than is wanted: it shows whether there is more.
  const most = limit + 1;
  const lasts = ranges.map(({ position, last }) => Math.min(last ?? position + most, MAX_SEQUENCE));
  const { read, putsBackTimeout } = readStatements(schema, await layoutAt(on, schema));
  const bindings = [...idsAndPositions(ranges), integerArray(lasts), textArray(types), ...[most, copy, most]];
  if (!putsBackTimeout && lockTimeout !== undefined) await putBackLockTimeout(on, lockTimeout);
  if (ranges.length === 0 && !putsBackTimeout) return { events: [], cut: undefined };
  const rows = await query<readonly [n: string | null, ...HistoryRow<string>]>(
    on,
    read,
    putsBackTimeout ? [...bindings, lockTimeout ?? null] : bindings,
    asText,
  );
  const events = ranges.map((): StoredEvent[] => []);
  for (const [index, [n, ...row]] of rows.entries()) {
    if (n === null) break;
    const place = Math.abs(Number(n)) - 1;
    if (index === limit || n.startsWith('-')) return { events, cut: place };
    events[place]?.push(storedEventOf((ranges[place] as MissingRange).aggregateId, row));
  }
  return { events, cut: undefined };
}

/** The aggregates and the positions of places, as two arrays for a statement. */
export function idsAndPositions(places: readonly MissingRange[]): [ids: string, positions: string] {
  return [
    byteaArray(places.map(({ aggregateId }) => aggregateId)),
    integerArray(places.map(({ position }) => position)),
  ];
}
