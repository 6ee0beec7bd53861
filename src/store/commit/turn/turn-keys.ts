import { createHash } from 'node:crypto';
import type { Timestamp } from '../../../hlc/timestamp.js';

/** The key of the advisory lock of whoever is to have the next turn at an aggregate; others queue up for it. */
export function queueKey(schema: string, aggregateId: Timestamp): string {
  return keyOf(`maestro_queue ${schema}`, aggregateId);
}

/** The key of the advisory lock of whoever has the turn at an aggregate; who commits between turns shares it as long as a commit takes. */
export function turnKey(schema: string, aggregateId: Timestamp): string {
  return keyOf(`maestro_turn ${schema}`, aggregateId);
}

const numbers = new Map<string, bigint>();

/**
 * The key for a kind of lock. Two aggregates that happen to have the same one wait for each other without need, so it may be cheap: the halves
 * of the id, time and node, one over the other.
 */
function keyOf(kind: string, { hex }: Timestamp): string {
  let number = numbers.get(kind);
  if (number === undefined) numbers.set(kind, (number = createHash('sha256').update(kind).digest().readBigUInt64BE()));
  return BigInt.asIntN(64, number ^ BigInt(`0x${hex.slice(0, 16)}`) ^ BigInt(`0x${hex.slice(16)}`)).toString();
}
