import { counted, decimal } from '../../text/figures.js';

/** Numbers of what was checked. */
export interface CheckCounts {
  aggregates: number;
  events: number;
  /** States compared with a baseline. */
  compared: number;
  /** Stored snapshots compared with the events. */
  snapshots: number;
  /** Aggregates that no configured definition owns. */
  withoutHandlers: number;
}

/** The numbers before a check begins. */
export function nothingChecked(): CheckCounts {
  return { aggregates: 0, events: 0, compared: 0, snapshots: 0, withoutHandlers: 0 };
}

/** The checked items in words: `12 events of 3 aggregates, 2 snapshots`. */
export function checkedText({ events, aggregates, snapshots, compared }: CheckCounts, hasBaseline = false): string {
  return [
    `${counted(events, 'event')} of ${counted(aggregates, 'aggregate')}`,
    ...(snapshots > 0 ? [counted(snapshots, 'snapshot')] : []),
    ...(hasBaseline ? [`${decimal(compared)} against the baseline`] : []),
  ].join(', ');
}
