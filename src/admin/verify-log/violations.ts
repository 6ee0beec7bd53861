import { DEFAULT_MAX_DRIFT } from '../../hlc/clock.js';
import { MAX_COUNTER, MAX_NODE_ID, Timestamp } from '../../hlc/timestamp.js';

/**
 * Something that cannot be in a sound log. Ids and timestamps are the stored bytes as hex digits, since their length
 * may be at fault.
 */
export type Violation = { readonly aggregateId: string; readonly sequence: number } & (
  | { /** The first event of the aggregate has another sequence than 1. */ readonly kind: 'first sequence' }
  | {
      /** Events are missing before this one; `before` is the last one that is there. */
      readonly kind: 'gap';
      readonly before: number;
    }
  | {
      /** Its timestamp is not later than `clock`, the timestamp of the event before it. */
      readonly kind: 'clock inversion';
      readonly timestamp: string;
      readonly clock: string;
      /** The nodes that wrote the two, in hex digits, and by how many milliseconds the first was ahead, at least. */
      readonly nodes: { readonly ahead: string; readonly behind: string; readonly milliseconds: number };
    }
  | {
      /** Its timestamp is ahead of the database's clock by more than the default maximum drift. */
      readonly kind: 'future timestamp';
      readonly timestamp: string;
      /** The node that wrote it, in hex digits, and by how many milliseconds it is ahead of the database's clock. */
      readonly node: string;
      readonly milliseconds: number;
    }
  | {
      /** The id or the timestamp is not 16 bytes long. */
      readonly kind: 'id length';
      readonly of: 'aggregate id' | 'timestamp' | 'snapshot';
      readonly timestamp?: string;
    }
  | { /** Another event has the same timestamp. */ readonly kind: 'shared timestamp'; readonly timestamp: string }
  | {
      /** The snapshot is of a later sequence than the last event. */
      readonly kind: 'snapshot ahead';
      readonly last: number;
    }
  | { /** The log has no event of the snapshot's aggregate. */ readonly kind: 'snapshot without events' }
  | {
      /** The history begins after event 1, so the snapshot contains events that are no longer in the log. */
      readonly kind: 'snapshot of missing events';
      readonly first: number;
    }
  | {
      /** The other reader of the tables (`interop`) cannot read the body of the event or snapshot. */
      readonly kind: 'unreadable body';
      readonly of: 'event' | 'snapshot';
      /** Path to the value in the body, such as `items[2].price`; empty for the body itself. */
      readonly path: string;
      readonly problem: string;
    }
  | {
      /** The position of a projection or subscription is beyond the last event, so it would not take in the next ones. */
      readonly kind: 'position ahead';
      readonly projection: string;
      readonly last: number;
    }
  | {
      /** There is no event at the position, though there are later ones. */
      readonly kind: 'position at a missing event';
      readonly projection: string;
    }
  | {
      /** The log has no event of the aggregate that a projection or subscription has taken in. */
      readonly kind: 'position without events';
      readonly projection: string;
    }
  | {
      /** A row is of a copy of a projection that is not there. */
      readonly kind: 'no copy';
      readonly of: 'positions' | 'parked' | 'skipped' | 'leases';
      /** The id of the copy. */
      readonly copy: number;
    }
);

/** The faults for which each event is checked. */
export const EVENT_FAULTS = ['first', 'gap', 'inversion', 'future', 'idLength', 'timestampLength'] as const;

/** The SQL conditions for the faults, over `aggregate_id, sequence, "timestamp"` and, of the event before, `before, clock`. */
export type EventFaults = Readonly<Record<(typeof EVENT_FAULTS)[number], string>>;

/**
 * A row of the query: id, sequence, timestamp, sequence and timestamp of the event before, and a flag for each of
 * {@link EVENT_FAULTS}.
 */
export type ViolationRow = readonly [
  aggregateId: string,
  sequence: number,
  timestamp: string,
  before: number | null,
  clock: string | null,
  ...faults: boolean[],
];

/** The SQL conditions; `latestAllowed` is the latest time that an event may have, in milliseconds since 1970. */
export function faultColumns(latestAllowed: number): EventFaults {
  const latest = Timestamp.of({ time: latestAllowed, counter: MAX_COUNTER, nodeId: MAX_NODE_ID }).hex;
  return {
    first: '(before IS NULL AND sequence <> 1)',
    gap: '(before IS NOT NULL AND sequence <> before + 1)',
    inversion: '(clock IS NOT NULL AND "timestamp" <= clock)',
    future: `("timestamp" > decode('${latest}', 'hex'))`,
    idLength: '(length(aggregate_id) <> 16)',
    timestampLength: '(length("timestamp") <> 16)',
  };
}

/** The violations of one event; `latestAllowed` as in {@link faultColumns}. */
export function* violationsOf(
  [aggregateId, sequence, timestamp, before, clock, ...faults]: ViolationRow,
  latestAllowed: number,
): Generator<Violation> {
  const [first, gap, inversion, isFuture, idLength, timestampLength] = faults;
  const at = { aggregateId, sequence };
  if (idLength) yield { kind: 'id length', ...at, of: 'aggregate id', timestamp };
  if (timestampLength) yield { kind: 'id length', ...at, of: 'timestamp', timestamp };
  if (first) yield { kind: 'first sequence', ...at };
  if (gap) yield { kind: 'gap', ...at, before: before ?? 0 };
  if (inversion) {
    const [ahead, behind] = [partsOf(clock ?? ''), partsOf(timestamp)];
    const nodes = { ahead: ahead.node, behind: behind.node, milliseconds: ahead.time - behind.time };
    yield { kind: 'clock inversion', ...at, timestamp, clock: clock ?? '', nodes };
  }
  if (isFuture) {
    const { node, time } = partsOf(timestamp);
    yield {
      kind: 'future timestamp',
      ...at,
      timestamp,
      node,
      milliseconds: time - (latestAllowed - DEFAULT_MAX_DRIFT),
    };
  }
}

/** Node and time of a timestamp whose length may be wrong. */
function partsOf(hex: string): { readonly node: string; readonly time: number } {
  return { node: hex.slice(16).toUpperCase(), time: Number.parseInt(hex.slice(0, 12).padEnd(12, '0'), 16) };
}
