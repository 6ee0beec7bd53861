/** How much has been checked. */
export interface VerifyProgress {
  readonly events: number;
  readonly aggregates: number;
  readonly snapshots: number;
}

/** Is told how much more has been checked. */
export type Report = (more: Partial<VerifyProgress>) => void;
