import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { brokenBy } from '../../store/driver/driver-of.js';
import { lent } from '../../store/transactions/lent.js';
import type { AnyProjection, HandledEvent, ReadModelDefinition } from '../definition.js';
import { runHandlers } from '../handlers.js';
import { eventReader, type EventReader } from '../read-event.js';
import { firstTypesOf } from './missing-events.js';

/** Events of one aggregate, in order and without a gap. */
export interface AggregateEvents {
  readonly aggregateId: Timestamp;
  readonly events: readonly StoredEvent[];
}

/** An event could not be read, or a handler failed. */
export class EventFailure extends Error {
  constructor(
    /** The event; `undefined` when it may be any of those that were handled together. */
    readonly event: StoredEvent | undefined,
    override readonly cause: unknown,
  ) {
    super('An event could not be taken in', { cause });
  }
}

const readers = new WeakMap<AnyProjection, EventReader>();

/** The reader of the events of a projection or subscription. */
export function readerOf(definition: AnyProjection): EventReader {
  let reader = readers.get(definition);
  if (reader === undefined) readers.set(definition, (reader = eventReader(definition)));
  return reader;
}

/** Options of {@link runEvents}. */
export interface RunOptions {
  /** For workers together, for commits one by one: as {@link runHandlers} has it. */
  readonly mode: 'together' | 'one by one';
  readonly signal?: AbortSignal | undefined;
}

/**
 * Has a projection take in stored events. What none of its aggregates owns, and what no handler
 * is for, is passed over. Throws {@link EventFailure}, and the reason of a signal that was aborted.
 */
export async function runEvents(
  definition: ReadModelDefinition,
  transaction: Knex.Transaction,
  schema: string,
  histories: readonly AggregateEvents[],
  { mode, signal }: RunOptions,
): Promise<void> {
  const { needsFirstType, of } = readerOf(definition);
  const types = needsFirstType ? await firstTypes(transaction, schema, histories) : undefined;
  const own = lent(transaction);
  const { projectBatch, project } = definition;
  const isBatch = projectBatch !== undefined && (mode === 'together' || project === undefined);
  const together: HandledEvent[] = [];
  let about: StoredEvent | undefined;
  let last: StoredEvent | undefined;
  try {
    for (const [index, { aggregateId, events }] of histories.entries()) {
      about = events[0];
      const reader = about === undefined ? undefined : of(aggregateId, types?.[index]);
      if (reader === undefined) continue;
      for (const stored of events) {
        about = stored;
        const event = reader.read(stored);
        if (event === undefined) continue;
        last = stored;
        if (isBatch) together.push(event);
        else {
          signal?.throwIfAborted();
          await runHandlers(definition, [event], own, 'one by one');
        }
      }
    }
    if (!isBatch) return;
    about = together.length === 1 ? last : undefined;
    signal?.throwIfAborted();
    await runHandlers(definition, together, own, mode);
  } catch (error) {
    signal?.throwIfAborted();
    throw new EventFailure(about, await brokenBy(transaction, error));
  }
}

/** The types of the first events of aggregates; of those that are read from their first event on, without a query. */
async function firstTypes(
  transaction: Knex.Transaction,
  schema: string,
  histories: readonly AggregateEvents[],
): Promise<(string | undefined)[]> {
  const types = histories.map(({ events: [first] }) => (first?.sequence === 1 ? first.type : undefined));
  const unknown = histories.flatMap(({ events, aggregateId }, index) =>
    events.length > 0 && types[index] === undefined ? [{ index, aggregateId }] : [],
  );
  if (unknown.length === 0) return types;
  const read = await firstTypesOf(
    transaction,
    schema,
    unknown.map(({ aggregateId }) => aggregateId),
  );
  for (const [n, { index }] of unknown.entries()) types[index] = read[n];
  return types;
}
