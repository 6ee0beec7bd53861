/** A part of the log: the rows that come after an aggregate, given in hex digits, in the order of aggregates. */
export interface LogPart {
  readonly after: string;
  /** Number of rows; the aggregate of the last one is left out, which may have more. */
  readonly rows: number;
}
