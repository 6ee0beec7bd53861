import { MAX_SEQUENCE, type StoredEvent } from '../../events.js';
import { preparedStatement } from '../../store/driver/statement.js';
import { projectionTables } from '../../store/projection-tables.js';
import { type Executor, query } from '../../store/read/rows.js';
import { qualified } from '../../store/schema-name.js';
import { readEvents } from '../apply/read-events.js';
import type { Pair } from './leases.js';

/** Most events that are read at a time; less where bodies are long. */
const PAGE = 100;

/** The position of a subscription in an aggregate, and the next events. */
export interface Next {
  /** The sequence of the last event that it has handled or passed over; 0 for none. */
  readonly position: number;
  /** The events after that, by sequence, without a gap before or between them; not all there are when there are many. */
  readonly events: readonly StoredEvent[];
  /** True when there may be more events after these. */
  readonly isMore: boolean;
  /** The first sequence that is there after a gap, when nothing comes before it. */
  readonly gap: number | undefined;
  /** The type of the aggregate's first event. */
  readonly firstType: string | undefined;
  /** The event that has failed, and how often. */
  readonly failed: { readonly sequence: number; readonly attempts: number } | undefined;
}

type PairRow = readonly [
  position: number,
  firstType: string | null,
  parkedAt: number | null,
  attempts: number | null,
  isResting: boolean | null,
];

/**
 * Reads how far a subscription is in an aggregate, and the events that come next, with the bodies of some types only; none while one that
 * has failed rests.
 */
export async function nextEvents(
  on: Executor,
  schema: string,
  { copy, aggregateId }: Pair,
  types: readonly string[],
): Promise<Next> {
  const { parked, positions } = projectionTables(schema);
  const sql = `SELECT coalesce(position.sequence, 0), first.type, parked.sequence, parked.attempts,
  parked.reason = 'failed' AND parked.next_try > clock_timestamp() AND parked.sequence > coalesce(position.sequence, 0)
FROM (SELECT 1) AS pair
LEFT JOIN ${positions} AS position ON position.copy = $1::integer AND position.aggregate_id = $2::bytea
LEFT JOIN ${parked} AS parked ON parked.copy = $1::integer AND parked.aggregate_id = $2::bytea
LEFT JOIN LATERAL (
  SELECT type FROM ${qualified(schema, 'event_log')} AS log WHERE log.aggregate_id = $2::bytea ORDER BY sequence LIMIT 1
) AS first ON true`;
  const [row] = await query<PairRow>(on, preparedStatement(sql), [copy, aggregateId.encode()]);
  const [position, firstType, parkedAt, attempts, isResting] = row as PairRow;
  const failed = parkedAt === null || attempts === null ? undefined : { sequence: parkedAt, attempts };
  const facts = { position, failed, firstType: firstType ?? undefined };
  if (isResting === true) return { ...facts, events: [], isMore: false, gap: undefined };
  const range = { aggregateId, position, last: MAX_SEQUENCE };
  const {
    events: [found = []],
    cut,
  } = await readEvents(on, schema, copy, [range], { limit: PAGE, types });
  const events = found.filter(({ sequence }, index) => sequence === position + 1 + index);
  return {
    ...facts,
    events,
    isMore: cut !== undefined || events.length < found.length,
    gap: events.length === 0 ? found[0]?.sequence : undefined,
  };
}
