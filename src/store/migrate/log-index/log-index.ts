import { createHash } from 'node:crypto';

/** An index on the event log that Maestro makes on request, beside those that the log needs. */
export interface LogIndex {
  /** The name of the index, of at most 50 bytes and without `$`. */
  readonly name: string;
  /** The content in SQL: columns, expressions and condition, as they follow the name of a table. */
  readonly definition: string;
  /** The content in a few words. */
  readonly what: string;
}

/** The name of an index on one partition; `$` is in no name of a whole index, so it cannot be that of another. */
export function partitionIndexName(name: string, partition: string): string {
  const own = /^event_log_(\d+)$/.exec(partition)?.[1];
  return `${name}$${own ?? createHash('sha256').update(partition).digest('hex').slice(0, 8)}`;
}
