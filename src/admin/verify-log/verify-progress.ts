import { counted } from '../../text/figures.js';

/** Numbers of what {@link verifyLog} has checked so far. */
export interface VerifyProgress {
  readonly events: number;
  readonly aggregates: number;
  readonly snapshots: number;
  /** Positions of projections and subscriptions. */
  readonly positions: number;
  /**
   * Timestamps that events of several aggregates have, where the layout has them unique within an aggregate only; absent when there are none.
   */
  readonly sharedTimestamps?: number;
}

/** Adds to the numbers of what has been checked. */
export type Report = (more: Partial<VerifyProgress>) => void;

/** The numbers before anything was checked. */
export function nothingVerified(): VerifyProgress {
  return { events: 0, aggregates: 0, snapshots: 0, positions: 0 };
}

/** The checked items in words: `12 events of 3 aggregates, and 1 snapshot`. */
export function verifiedText({ events, aggregates, snapshots, positions }: VerifyProgress): string {
  const text = `${counted(events, 'event')} of ${counted(aggregates, 'aggregate')}`;
  if (positions === 0) return `${text}, and ${counted(snapshots, 'snapshot')}`;
  return `${text}, ${counted(snapshots, 'snapshot')}, and ${counted(positions, 'position')} of projections`;
}

/** The timestamps that events of several aggregates have, in words; `undefined` when there are none. */
export function sharedText({ sharedTimestamps = 0 }: VerifyProgress): string | undefined {
  if (sharedTimestamps === 0) return undefined;
  const shared = `${counted(sharedTimestamps, 'timestamp')} ${sharedTimestamps === 1 ? 'is' : 'are'} shared by events of several aggregates`;
  return `${shared}, which a Citus cluster cannot refuse; look whether two processes use one node id`;
}
