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
  /** There may be more events than were read. */
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
  const lasts = ranges.map(({ position, last = MAX_SEQUENCE }) => Math.min(last, position + limit, MAX_SEQUENCE));
  const rows = await query<readonly [n: string, ...HistoryRow<string>]>(
    transaction,
    applyStatements(schema).read,
    [lockTimeout, ...idsAndPositions(ranges), integerArray(lasts), limit, copy, limit],
    asText,
  );
  const events = ranges.map((): StoredEvent[] => []);
  for (const [n, ...row] of rows) {
    const index = Number(n) - 1;
    events[index]?.push(storedEventOf((ranges[index] as MissingRange).aggregateId, row));
  }
  const isCut = rows.length === limit;
  const missing = ranges.map((range, index) => contiguous(range, events[index] as StoredEvent[], isCut));
  return isCut ? missing : await withGaps(transaction, schema, ranges, missing);
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

/** Looks further where nothing was found: the next event may be behind a gap that is longer than what was read. */
async function withGaps(
  transaction: Knex.Transaction,
  schema: string,
  ranges: readonly MissingRange[],
  missing: MissingEvents[],
): Promise<MissingEvents[]> {
  const empty = missing.filter(({ events, afterGap }, index) => {
    return events.length === 0 && afterGap === undefined && ranges[index]?.last === undefined;
  });
  if (empty.length === 0) return missing;
  const rows = await query<[string, number | null]>(transaction, applyStatements(schema).next, idsAndPositions(empty));
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
