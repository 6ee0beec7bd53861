import type { Timestamp } from '../../dist/src/index.js';

/** One way to store events in PostgreSQL, as far as the workloads use it. All write the same bodies on the same server. */
export interface Contender {
  readonly name: ContenderName;
  /** Commits events of an aggregate, the first of them at a sequence; false when that is taken. */
  commit(id: Timestamp, sequence: number, count: number): Promise<boolean>;
  /** Reads all events of an aggregate, bodies decoded; how many they were. */
  read(id: Timestamp): Promise<number>;
  /** The same, one by one in bounded memory. */
  stream?(id: Timestamp): Promise<number>;
  /** The last sequence of an aggregate; 0 for none. */
  lastSequence(id: Timestamp): Promise<number>;
  /** Stores the state of an aggregate at a sequence, in the place of an older one. */
  commitSnapshot?(id: Timestamp, sequence: number): Promise<void>;
  close(): Promise<void>;
}

/** Ours, the floor (raw `pg`), what an application would write by hand, and a peer. */
export type ContenderName = 'maestro' | 'raw pg' | 'knex' | 'emmett';

/** The schema that a contender uses, and its connections. */
export interface Place {
  readonly url: string;
  readonly schema: string;
  /** Number of connections that it may open. */
  readonly connections: number;
}

/** A body of about 200 bytes of JSON. */
export function bodyAt(sequence: number): { readonly [key: string]: unknown } {
  return {
    n: sequence,
    amount: 1250.5,
    currency: 'EUR',
    account: 'DE89 3704 0044 0532 0130 00',
    settled: true,
    tags: ['bench', 'incremented'],
    note: 'as it was said in the statement of the month, page 7, line 12; see there.',
  };
}
