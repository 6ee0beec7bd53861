/** Numbers of what {@link verifyLog} has checked so far. */
export interface VerifyProgress {
  readonly events: number;
  readonly aggregates: number;
  readonly snapshots: number;
  /** Positions of projections and subscriptions. */
  readonly positions: number;
}

/** Adds to the numbers of what has been checked. */
export type Report = (more: Partial<VerifyProgress>) => void;
