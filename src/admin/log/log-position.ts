import { Timestamp } from '../../hlc/timestamp.js';

/**
 * A place in the order of a whole log, such as an event: by timestamp; of events that share one, as events of different
 * partitions can, by aggregate. Without an aggregate it stands for all events with the timestamp.
 */
export interface LogPosition {
  readonly timestamp: Timestamp;
  readonly aggregateId?: Timestamp | undefined;
}

/** The SQL of the order, forwards and backwards. */
export const LOG_ORDER = { '>': '"timestamp", aggregate_id', '<': '"timestamp" DESC, aggregate_id DESC' } as const;

/** A condition in SQL and its values: an event lies behind a position, or before it. */
export function compared(
  comparison: keyof typeof LOG_ORDER,
  { timestamp, aggregateId }: LogPosition,
): readonly [condition: string, ...values: Buffer[]] {
  if (aggregateId === undefined) return [`"timestamp" ${comparison} ?`, timestamp.encode()];
  return [`("timestamp", aggregate_id) ${comparison} (?, ?)`, timestamp.encode(), aggregateId.encode()];
}

/** A position as text: a timestamp, and behind a colon an aggregate id when there is one. */
export function positionText({ timestamp, aggregateId }: LogPosition): string {
  return aggregateId === undefined ? timestamp.toString() : `${timestamp.toString()}:${aggregateId.hex}`;
}

/** Reads what {@link positionText} wrote. Throws what `parse` throws, `InvalidTimestampError`, for anything else. */
export function parsePosition(text: string, parse = (part: string) => Timestamp.parse(part)): LogPosition {
  const [, timestamp = text, id] = /^(.*):([0-9a-f]{32})$/.exec(text) ?? [];
  return { timestamp: parse(timestamp), aggregateId: id === undefined ? undefined : parse(id) };
}
