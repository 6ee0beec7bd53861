/** The state of an aggregate when a baseline was written. */
export interface BaselineEntry {
  /** 32 hex digits. */
  readonly aggregateId: string;
  /** The name of the definition that folded it. */
  readonly aggregate: string;
  readonly sequence: number;
  /** SHA-256 of the canonical JSON of the state, in hex digits. */
  readonly state: string;
}
