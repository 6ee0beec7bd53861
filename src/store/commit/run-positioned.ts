import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import { type CommitRun, type PositionedProjection, POSITIONED, type ProjectedPlace } from './positioned-projection.js';
import type { EncodedEvent } from './validate.js';

/**
 * Has projections take in the events of a commit, in its transaction: those whose positions were moved by them, and after that the
 * others, as far as they can. Throws `ProjectionError`.
 */
export async function runPositioned(
  transaction: Knex.Transaction,
  place: ProjectedPlace,
  events: readonly EncodedEvent[],
  projections: readonly PositionedProjection[],
  moved: ReadonlySet<string>,
): Promise<void> {
  const runs = runsOf(events);
  for (const { name, [POSITIONED]: inline } of projections)
    if (moved.has(name)) await inline.project(transaction, place, runs);
    else await inline.catchUp(transaction, place, runs);
}

/** The events by aggregate, in the order in which all lock positions. */
function runsOf(events: readonly EncodedEvent[]): CommitRun[] {
  const runs = new Map<string, StoredEvent[]>();
  for (const { event, json } of events) {
    const { timestamp, aggregateId, sequence, type } = event;
    const stored = { timestamp, aggregateId, sequence, type, body: json };
    const run = runs.get(aggregateId.hex);
    if (run === undefined) runs.set(aggregateId.hex, [stored]);
    else run.push(stored);
  }
  return [...runs.values()]
    .map((run) => {
      run.sort((a, b) => a.sequence - b.sequence);
      return { aggregateId: (run[0] as StoredEvent).aggregateId, events: run };
    })
    .sort((a, b) => a.aggregateId.compare(b.aggregateId));
}
