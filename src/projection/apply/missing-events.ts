import type { Knex } from 'knex';
import { MAX_SEQUENCE, type StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { asText } from '../../store/read/body-readers.js';
import { byteaArray, type HistoryRow, integerArray, query, storedEventOf } from '../../store/read/rows.js';
import type { LockedPosition } from './lock-positions.js';
import { applyStatements } from './statements.js';

/** Events that one aggregate has beyond its position, and what comes after them. */
export interface MissingEvents extends LockedPosition {
  /** Without a gap from the one after the position on. */
  readonly events: readonly StoredEvent[];
  /** The sequence of the next event that the log has, when those before it are missing. */
  readonly afterGap: number | undefined;
  /** More events come after those that were read; or nothing was read, since others had so many. */
  readonly hasMore: boolean;
}

/** A place whose events are to be read. */
export interface MissingRange extends LockedPosition {
  /** The last sequence that is wanted. @defaultValue any */
  readonly last?: number | undefined;
}

/**
 * Reads the events that a copy has not taken in, by one statement: `limit` at most, those of the first aggregates. Must come after the
 * statement that locked the positions, because only then it sees all that was committed before. Puts `lock_timeout` back where it is given.
 */
export async function readMissing(
  transaction: Knex.Transaction,
  schema: string,
  copy: number,
  ranges: readonly MissingRange[],
  { limit, lockTimeout = null }: { readonly limit: number; readonly lockTimeout?: string | null },
): Promise<MissingEvents[]> {
  // One more than is wanted: it shows whether there is more.
  const most = limit + 1;
  const lasts = ranges.map(({ position, last = MAX_SEQUENCE }) => Math.min(last, position + most, MAX_SEQUENCE));
  const rows = await query<readonly [n: string, ...HistoryRow<string>]>(
    transaction,
    applyStatements(schema).read,
    [lockTimeout, ...idsAndPositions(ranges), integerArray(lasts), most, copy, most],
    asText,
  );
  const events = ranges.map((): StoredEvent[] => []);
  for (const [n, ...row] of rows) {
    const index = Number(n) - 1;
    events[index]?.push(storedEventOf((ranges[index] as MissingRange).aggregateId, row));
  }
  const isCut = rows.length === most;
  const cut = isCut ? Number(rows.at(-1)?.[0]) - 1 : undefined;
  if (cut !== undefined) events[cut]?.pop();
  // The events of one aggregate come together, so only that of the last row can lack some.
  const missing = ranges.map((range, index) => {
    const own = events[index] as StoredEvent[];
    return contiguous(range, own, isCut && (index === cut || own.length === 0));
  });
  return isCut ? missing : await withGaps(transaction, schema, copy, ranges, missing);
}

/** The events up to the first gap. */
function contiguous({ aggregateId, position }: LockedPosition, events: StoredEvent[], isCut: boolean): MissingEvents {
  const gap = events.findIndex(({ sequence }, index) => sequence !== position + 1 + index);
  const afterGap = gap === -1 ? undefined : (events[gap] as StoredEvent).sequence;
  return {
    aggregateId,
    position,
    events: gap === -1 ? events : events.slice(0, gap),
    afterGap,
    hasMore: gap === -1 && isCut,
  };
}

/**
 * Looks further where nothing was found: the next event may be behind a gap that is longer than what was read. Such an aggregate is parked
 * no longer if its position has passed the event at which it was.
 */
async function withGaps(
  transaction: Knex.Transaction,
  schema: string,
  copy: number,
  ranges: readonly MissingRange[],
  missing: MissingEvents[],
): Promise<MissingEvents[]> {
  const empty = missing.filter(({ events, afterGap }, index) => {
    return events.length === 0 && afterGap === undefined && ranges[index]?.last === undefined;
  });
  if (empty.length === 0) return missing;
  const rows = await query<[string, number | null]>(transaction, applyStatements(schema).next, [
    ...[...idsAndPositions(empty), copy],
    ...idsAndPositions(empty),
  ]);
  const next = new Map(rows.map(([n, sequence]) => [empty[Number(n) - 1], sequence]));
  return missing.map((about) => {
    const sequence = next.get(about) ?? undefined;
    // An aggregate whose next try has not come has an event there, which is not missing.
    return sequence === undefined || sequence === about.position + 1 ? about : { ...about, afterGap: sequence };
  });
}

/** The types of the first events of aggregates, in the same order; `undefined` for one without events. */
export async function firstTypesOf(
  transaction: Knex.Transaction,
  schema: string,
  aggregates: readonly Timestamp[],
): Promise<(string | undefined)[]> {
  const types: (string | undefined)[] = aggregates.map(() => undefined);
  const rows = await query<[string, string | null]>(transaction, applyStatements(schema).firstTypes, [
    byteaArray(aggregates),
  ]);
  for (const [n, type] of rows) types[Number(n) - 1] = type ?? undefined;
  return types;
}

function idsAndPositions(places: readonly LockedPosition[]): [string, string] {
  return [
    byteaArray(places.map(({ aggregateId }) => aggregateId)),
    integerArray(places.map(({ position }) => position)),
  ];
}
