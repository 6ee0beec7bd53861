import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { layoutAt } from '../../store/layout/read-layout.js';
import { byteaArray, query } from '../../store/read/rows.js';
import { batchGroups } from './batch-groups.js';
import type { LockedPosition } from '../positions/positions-form.js';
import { idsAndPositions, type MissingRange, readEvents, type ReadOptions } from './read-events.js';
import { readStatements } from './read-statements.js';

/** Events that one aggregate has beyond its position, and what comes after them. */
export interface MissingEvents extends LockedPosition {
  /** Without a gap from the one after the position on. */
  readonly events: readonly StoredEvent[];
  /** The sequence of the next event that the log has, when those before it are missing. */
  readonly afterGap: number | undefined;
  /** More events come after those that were read; or nothing was read, since others had so many. */
  readonly hasMore: boolean;
}

/**
 * Reads the events that a copy has not taken in, by one statement: `limit` at most, those of the first aggregates, and less where bodies
 * are long. Must come after the statement that locked the positions, because only then it sees all that was committed before.
 */
export async function readMissing(
  transaction: Knex.Transaction,
  schema: string,
  copy: number,
  ranges: readonly (LockedPosition & MissingRange)[],
  options: ReadOptions,
): Promise<MissingEvents[]> {
  const { events, cut } = await readEvents(transaction, schema, copy, ranges, options);
  // The events of one aggregate come together, so only those of the one where it was cut can lack some.
  const missing = ranges.map((range, index) => {
    const own = events[index] as StoredEvent[];
    return contiguous(range, own, cut !== undefined && (index === cut || own.length === 0));
  });
  return cut === undefined ? await withGaps(transaction, schema, copy, ranges, missing) : missing;
}

/** The events up to the first gap. */
function contiguous(
  { aggregateId, position, stored }: LockedPosition,
  events: readonly StoredEvent[],
  isCut: boolean,
): MissingEvents {
  const gap = events.findIndex(({ sequence }, index) => sequence !== position + 1 + index);
  const afterGap = gap === -1 ? undefined : (events[gap] as StoredEvent).sequence;
  return {
    aggregateId,
    position,
    stored,
    events: gap === -1 ? events : events.slice(0, gap),
    afterGap,
    hasMore: gap === -1 && isCut,
  };
}

/**
 * Looks further where nothing was found: the next event may be behind a gap that is longer than what was read. Such an aggregate is parked
 * no longer if its position has passed the event at which it was, or if nothing comes after its position any more.
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
  const statements = readStatements(schema, await layoutAt(transaction, schema));
  const rows = await query<[string, number | null]>(transaction, statements.next, [...idsAndPositions(empty), copy]);
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
  const types = new Map<string, string>();
  const statements = readStatements(schema, await layoutAt(transaction, schema));
  for (const group of await batchGroups(transaction, schema, aggregates)) {
    const rows = await query<[string, string | null]>(transaction, statements.firstTypes, [byteaArray(group)]);
    for (const [n, type] of rows) if (type !== null) types.set((group[Number(n) - 1] as Timestamp).hex, type);
  }
  return aggregates.map(({ hex }) => types.get(hex));
}
