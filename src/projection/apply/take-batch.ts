import type { Knex } from 'knex';
import type { Timestamp } from '../../hlc/timestamp.js';
import { type Copy, withCopyPath } from '../copies/copy.js';
import type { ReadModelDefinition } from '../definition.js';
import { lockPositions } from './lock-positions.js';
import { type MissingEvents, readMissing } from './missing-events.js';
import { park, type Parked } from './parked.js';
import { swallowed } from './passing.js';
import { EventFailure, readerOf, runEvents } from './run-events.js';
import { positionsForm } from '../positions/form-of.js';

/** An aggregate whose events are to be taken in, up to a sequence or as far as they are read. */
export interface Wanted {
  readonly aggregateId: Timestamp;
  readonly last?: number | undefined;
}

/** The result of one transaction for the aggregates of a batch. */
export interface TakenBatch {
  /** Number of events that the positions were moved by. */
  readonly taken: number;
  /** Number of characters of their bodies. */
  readonly length: number;
  /** Number of aggregates that had events. */
  readonly aggregates: number;
  /** Aggregates that have more events. */
  readonly behind: readonly Timestamp[];
  /** Aggregates of which nothing was read, since others had so many events. */
  readonly unread: readonly Timestamp[];
  /** Aggregates that another transaction has. */
  readonly locked: readonly Timestamp[];
  /** Aggregates in whose histories events are missing. */
  readonly gaps: readonly Parked[];
}

/** Options of {@link takeBatch}. */
export interface BatchOptions {
  /** Largest number of events. */
  readonly limit: number;
  readonly signal?: AbortSignal | undefined;
  /** Called with what is to be taken in, before it is. */
  readonly onRead: (missing: readonly MissingEvents[]) => void;
}

/**
 * Takes in what a copy is missing of some aggregates, `limit` events at most, in a transaction that has just begun: locks the positions,
 * reads after that, runs the handlers, moves the positions. `undefined` when the copy has no longer its status. Throws
 * {@link EventFailure} and `PositionsBusy`; then the transaction must be rolled back.
 */
export async function takeBatch(
  transaction: Knex.Transaction,
  schema: string,
  copy: Copy,
  definition: ReadModelDefinition,
  wanted: readonly Wanted[],
  { limit, signal, onRead }: BatchOptions,
): Promise<TakenBatch | undefined> {
  const ids = wanted.map(({ aggregateId }) => aggregateId);
  const found = await lockPositions(transaction, schema, copy, ids, { ahead: true });
  if (found === undefined) return undefined;
  const { positions, lockTimeout, currentSchema } = found;
  const lasts = new Map(wanted.map(({ aggregateId, last }) => [aggregateId.hex, last]));
  const ranges = positions.map((place) => ({ ...place, last: lasts.get(place.aggregateId.hex) }));
  const missing = await readMissing(transaction, schema, copy.id, ranges, {
    limit,
    lockTimeout,
    types: readerOf(definition).types,
  });
  const some = missing.filter(({ events }) => events.length > 0);
  if (some.length > 0) {
    onRead(some);
    if (copy.buildSchema !== undefined || copy.liveSchema !== currentSchema) await withCopyPath(transaction, copy);
    await runEvents(definition, transaction, schema, some, { mode: 'together', signal });
    signal?.throwIfAborted();
  }
  await movePositions(transaction, schema, copy.id, missing);
  return {
    ...summary(some),
    aggregates: some.length,
    behind: some.filter(({ hasMore }) => hasMore).map(({ aggregateId }) => aggregateId),
    unread: missing
      .filter(({ hasMore, events }) => hasMore && events.length === 0)
      .map(({ aggregateId }) => aggregateId),
    locked: without(ids, positions),
    gaps: await parkGaps(transaction, schema, copy.id, missing),
  };
}

/**
 * Sets positions to the last of the events that were taken in, and ends that their aggregates are parked. A swallowed failure of a
 * statement shows here, and nothing is sent where there is nothing of either.
 */
export async function movePositions(
  transaction: Knex.Transaction,
  schema: string,
  copy: number,
  missing: readonly MissingEvents[],
): Promise<void> {
  const moves = missing.filter(({ stored, position, events }) => position + events.length !== stored);
  const taken = missing.filter(({ events }) => events.length > 0);
  if (moves.length === 0 && taken.length === 0) return;
  const form = await positionsForm(transaction, schema);
  const places = moves.map(({ aggregateId, position, events }) => ({
    aggregateId,
    sequence: position + events.length,
  }));
  try {
    const ids = taken.map(({ aggregateId }) => aggregateId);
    if ((await form.move(transaction, { copy, moves: places, taken: ids })) !== moves.length)
      throw new Error('Positions that were locked are gone.');
  } catch (error) {
    throw new EventFailure(undefined, swallowed(error));
  }
}

async function parkGaps(
  transaction: Knex.Transaction,
  schema: string,
  copy: number,
  missing: readonly MissingEvents[],
): Promise<Parked[]> {
  const parked: Parked[] = [];
  for (const { aggregateId, position, events, afterGap } of missing) {
    if (afterGap === undefined) continue;
    const sequence = position + events.length + 1;
    const range = sequence === afterGap - 1 ? `Event ${sequence} is` : `Events ${sequence} to ${afterGap - 1} are`;
    const error = `${range} missing in the log, which has event ${afterGap}.`;
    parked.push(await park(transaction, schema, copy, { aggregateId, sequence, reason: 'gap', error }));
  }
  return parked;
}

function summary(taken: readonly MissingEvents[]): Pick<TakenBatch, 'taken' | 'length'> {
  let [count, length] = [0, 0];
  for (const { events } of taken) {
    count += events.length;
    for (const { body } of events) length += body.length;
  }
  return { taken: count, length };
}

function without(ids: readonly Timestamp[], positions: readonly { readonly aggregateId: Timestamp }[]): Timestamp[] {
  if (positions.length === ids.length) return [];
  const found = new Set(positions.map(({ aggregateId }) => aggregateId.hex));
  return ids.filter(({ hex }) => !found.has(hex));
}
