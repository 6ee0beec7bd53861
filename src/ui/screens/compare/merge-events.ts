import { eventHeads } from '../../../admin/find-event/event-heads.js';
import type { EventHead } from '../../../admin/find-event/find-event.js';
import { shortBodies } from '../../../admin/find-event/short-bodies.js';
import type { EventLog } from '../../../admin/log/event-log.js';
import { bodyExcerpt } from '../../parts/body-excerpt.js';
import type { CompareQuery } from './compare-query.js';

/** Most events that are listed. */
const SHOWN = 100;

/** Events of several aggregates in one order. */
export interface OrderedEvents {
  readonly events: readonly ComparedEvent[];
  /** For each aggregate, the sequence after which its events go on; absent when these are all. */
  readonly next: readonly number[] | undefined;
}

/** An event of one of the aggregates. */
export interface ComparedEvent extends EventHead {
  /** The place of its aggregate among those that are compared. */
  readonly lane: number;
  /** The first fields of its body; empty for a long body, and for one that has no such fields. */
  readonly excerpt: string;
}

/**
 * The first events of the aggregates in the order of their timestamps. Those of one aggregate stay in the order of their sequences,
 * also where its clock ran backwards, so that the place at which the list goes on is a sequence of each.
 */
export async function mergeEvents(log: EventLog, query: CompareQuery): Promise<OrderedEvents> {
  const { ids, since, until, after = ids.map(() => 0) } = query;
  const queues: EventHead[][] = [];
  for (const [lane, id] of ids.entries())
    queues.push(
      await eventHeads(log, id, { direction: 'after', sequence: after[lane] ?? 0, limit: SHOWN + 1, since, until }),
    );
  const merged: Omit<ComparedEvent, 'excerpt'>[] = [];
  const next = [...after];
  while (merged.length < SHOWN) {
    const lane = earliest(queues);
    const head = queues[lane]?.shift();
    if (head === undefined) return { events: await withExcerpts(log, query, merged), next: undefined };
    merged.push({ ...head, lane });
    next[lane] = head.sequence;
  }
  return { events: await withExcerpts(log, query, merged), next: earliest(queues) < 0 ? undefined : next };
}

async function withExcerpts(
  log: EventLog,
  { ids }: CompareQuery,
  events: readonly Omit<ComparedEvent, 'excerpt'>[],
): Promise<ComparedEvent[]> {
  const excerpts = new Map<string, string>();
  for (const [lane, id] of ids.entries()) {
    const sequences = events.filter((event) => event.lane === lane).map(({ sequence }) => sequence);
    for (const { sequence, body } of await shortBodies(log, id, sequences))
      if (body !== undefined) excerpts.set(`${lane} ${sequence}`, bodyExcerpt(body));
  }
  return events.map((event) => ({ ...event, excerpt: excerpts.get(`${event.lane} ${event.sequence}`) ?? '' }));
}

/** The place of the queue whose first event is the earliest; below 0 when all are empty. */
function earliest(queues: readonly (readonly EventHead[])[]): number {
  let found = -1;
  for (const [index, [head]] of queues.entries()) {
    const best = queues[found]?.[0];
    if (head !== undefined && (best === undefined || isBefore(head, best))) found = index;
  }
  return found;
}

function isBefore(a: EventHead, b: EventHead): boolean {
  return (a.timestamp.compare(b.timestamp) || a.aggregateId.compare(b.aggregateId)) < 0;
}
