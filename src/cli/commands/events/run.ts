import type { Database } from '../../../connection/database.js';
import { MAX_SEQUENCE } from '../../../events.js';
import type { Timestamp } from '../../../hlc/timestamp.js';
import type { StoredEventOptions } from '../../../store/postgres-store-options.js';
import { UsageError } from '../../errors.js';
import { assertAggregate } from '../../fold/assert-aggregate.js';
import { type Gaps, gapsText, noGaps, addGap, recordGaps } from '../../../folding/gaps.js';
import { assertOrder, type FilterOptions } from '../../input/filter-options.js';
import type { IdArgument } from '../../input/id-argument.js';
import { resolveAggregateId } from '../../input/resolve-id.js';
import { tap } from '../../output/iterate.js';
import { warnOfUnknownTypes } from '../../output/notes/unknown-types.js';
import type { Output } from '../../output/output.js';
import { printEvents } from '../../output/print-events.js';
import { withDatabase } from '../../database/with-database.js';
import type { Invocation } from '../../invocation.js';

/** The options of `maestro events`. */
export interface EventsOptions extends FilterOptions {
  readonly min: number;
  readonly max: number;
  readonly limit?: number;
  readonly reverse?: boolean;
  readonly metadata?: boolean;
}

/** Lists the events of one aggregate. */
export async function run(argument: IdArgument, options: EventsOptions, invocation: Invocation): Promise<void> {
  const { min, max, type: types, ...others } = options;
  if (min > max) throw new UsageError(`--min ${min} is greater than --max ${max}, so there is nothing between them.`);
  assertOrder(options);
  const range: StoredEventOptions = { maxSequence: max, types, ...pick(others) };
  await withDatabase(invocation, async (database) => {
    const id = await resolveAggregateId(invocation, database, argument);
    const events = database.store.streamStoredEvents(id, min, range);
    const seen = new Set<string>();
    const gaps = noGaps();
    const listed = tap(recordGaps(events, gaps), ({ type }) => seen.add(type));
    await printEvents(listed, invocation.output, {
      metadata: options.metadata,
      whenNone: async () => {
        await assertAggregate(database, id);
        await invocation.output.note('no event was found');
      },
    });
    await warnOfGaps(gaps, id, options, { database, output: invocation.output });
    await warnOfUnknownTypes(database, types, seen, invocation.output);
  });
}

/** Warns of missing events among the listed ones. Says nothing with filters, where gaps are expected. */
async function warnOfGaps(
  gaps: Gaps,
  id: Timestamp,
  { min, max, type, since, until, limit = Infinity, reverse = false }: EventsOptions,
  { database, output }: { readonly database: Database; readonly output: Output },
): Promise<void> {
  if (type !== undefined || since !== undefined || until !== undefined) return;
  const { lowest, highest, seen } = gaps;
  const isCut = seen >= limit;
  if (lowest !== undefined && lowest > min && !(isCut && reverse)) addGap(gaps, min - 1, lowest);
  if (max < MAX_SEQUENCE && (highest ?? 0) < max && !(isCut && !reverse)) {
    const { sequence: last = 0 } = (await database.store.getLastEvent(id)) ?? {};
    const end = highest ?? min - 1;
    if (end < Math.min(max, last)) addGap(gaps, end, Math.min(max, last) + 1);
  }
  const text = gapsText(gaps);
  if (text !== undefined) await output.warn(text);
}

function pick({
  since,
  until,
  limit,
  reverse,
}: Omit<EventsOptions, 'min' | 'max' | 'type' | 'metadata'>): StoredEventOptions {
  return { since, until, limit, reverse };
}
