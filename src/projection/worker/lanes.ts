import type { Timestamp } from '../../hlc/timestamp.js';
import { takeIn } from '../apply/take-in.js';
import type { AnyProjection, ReadModelDefinition, SubscriptionDefinition } from '../definition.js';
import { readerOf } from '../apply/run-events.js';
import { handleAggregate } from '../subscription/handle-aggregate.js';
import { EventParkedError } from './errors.js';
import type { OwnCopy } from './own-copies.js';
import type { Running } from './running.js';
import { stillBehind } from './still-behind.js';
import type { Batch, Remainder } from './work-queue.js';

/** Most aggregates that one lane takes at a time. */
const BATCH = 500;

/** Works on what the search has found for read models, or for subscriptions, batch by batch, until the worker stops. */
export async function runLane(running: Running, kind: AnyProjection['kind']): Promise<void> {
  const { copies, queue, reach, signal, working, handling, options } = running;
  const permits = kind === 'subscription' ? handling : working;
  const share = (copy: number, waiting: number) => {
    // What is left of a copy that is gone goes to any lane.
    if ((copies.get(copy)?.definition.kind ?? kind) !== kind) return 0;
    return kind === 'subscription' ? 1 : Math.min(BATCH, Math.ceil(waiting / options.concurrency));
  };
  for (let failures = 0; ;) {
    const batch = await queue.take(share, () => signal.aborted);
    if (batch === undefined) return;
    try {
      queue.ended(batch, await permits.run(() => workOn(running, batch)));
      failures = 0;
    } catch (error) {
      failures += 1;
      await reach.passed(error, failures);
      queue.ended(batch, { later: batch.aggregates });
    }
  }
}

async function workOn(running: Running, batch: Batch): Promise<Remainder> {
  const own = running.copies.get(batch.copy);
  if (own === undefined) return {};
  const { copy, definition } = own;
  return definition.kind === 'subscription'
    ? await handle(running, { copy, definition }, batch.aggregates)
    : await project(running, { copy, definition }, batch.aggregates);
}

async function project(
  running: Running,
  { copy, definition }: OwnCopy<ReadModelDefinition>,
  aggregates: readonly Timestamp[],
): Promise<Remainder> {
  const { knex, schema, signal, takenByOthers } = running;
  const missing = takenByOthers.has(copy.id) ? await stillBehind(knex, schema, copy.id, aggregates) : aggregates;
  if (missing.length === 0) return {};
  const onTaken = (events: number) => countTaken(running, { copy, definition }, events);
  const outcome = await takeIn(running, copy, definition, missing, { signal, onTaken });
  const { taken, behind, locked, failed, gaps, isGone } = outcome;
  for (const parked of failed) running.onError(new EventParkedError(copy, parked, parked.cause));
  for (const parked of gaps) running.onError(new EventParkedError(copy, parked, undefined));
  if (taken > 0) takenByOthers.delete(copy.id);
  else if (failed.length + gaps.length + locked.length === 0) takenByOthers.add(copy.id);
  if (!isGone) return { behind, later: locked };
  await running.searching.run(() => running.copies.refresh());
  return { later: aggregates };
}

async function handle(
  running: Running,
  { copy, definition }: OwnCopy<SubscriptionDefinition>,
  aggregates: readonly Timestamp[],
): Promise<Remainder> {
  const { knex, schema, keeper, options, reach } = running;
  const [behind, later]: [Timestamp[], Timestamp[]] = [[], []];
  for (const aggregateId of aggregates) {
    const state = await handleAggregate(
      {
        knex,
        schema,
        keeper,
        definition,
        reader: readerOf(definition),
        copy: copy.id,
        lease: options.lease,
        survive: (work) => reach.survive(work),
        onTaken: (events) => countTaken(running, { copy, definition }, events),
        onParked: (parked, cause) => running.onError(new EventParkedError(copy, parked, cause)),
      },
      { copy: copy.id, aggregateId },
    );
    if (state === 'behind') behind.push(aggregateId);
    if (state === 'later') later.push(aggregateId);
  }
  return { behind, later };
}

/** Tells how many events a copy has taken in. */
export function countTaken({ heartbeat, options }: Running, { copy, definition }: OwnCopy, taken: number): void {
  if (taken === 0) return;
  heartbeat.count(copy.id, taken);
  options.onProgress?.({ name: definition.name, version: definition.version, taken });
}
