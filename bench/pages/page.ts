import type { Visited } from './log.js';

/** One request: its address, and the statement beside it. */
export interface Asked {
  readonly path: string;
  /** Absent for a page that asks the database nothing that grows. */
  readonly plain?: readonly [sql: string, ...values: unknown[]];
}

/** A page that is measured. */
export interface Page {
  readonly name: string;
  readonly ask: (visited: Visited, turn: number) => Asked;
  /** Number of requests. @defaultValue `--requests` */
  readonly requests?: number;
  /** Have the server forget the histories that it keeps before each request. @defaultValue false */
  readonly isCold?: boolean;
}

/** Number of times that something is measured which takes long. */
export const FEW = 3;

/** The columns of whole events in SQL. */
export const BODIES = `encode("timestamp", 'hex'), encode(aggregate_id, 'hex'), sequence, type, body`;
/** The time of an event in SQL, in milliseconds since 1970. */
export const TIME = `(('x' || encode(substr("timestamp", 1, 6), 'hex'))::bit(48)::bigint)`;

/** The bytes of hex digits. */
export function bytes(hex: string): Buffer {
  return Buffer.from(hex, 'hex');
}

/** A jsonpath for one event in 10,000. */
export function jsonPath(n: number): string {
  return `$.n % 10000 == ${n % 10_000}`;
}

/** A sequence of a long history, another one in each turn. */
export function anyOf(length: number, turn: number): number {
  return 1 + ((turn * 7919) % length);
}
