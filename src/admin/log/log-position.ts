import { Timestamp } from '../../hlc/timestamp.js';

/**
 * A position in the order of the whole log, which is by timestamp, and by aggregate for events that share one (in
 * different partitions they can). Without an aggregate it stands for all events with the timestamp.
 */
export interface LogPosition {
  readonly timestamp: Timestamp;
  readonly aggregateId?: Timestamp | undefined;
}

/** The SQL of the order: forwards (`>`) and backwards (`<`). */
export const LOG_ORDER = { '>': '"timestamp", aggregate_id', '<': '"timestamp" DESC, aggregate_id DESC' } as const;

/** The SQL condition that an event lies after a position (`>`), before it (`<`), or up to it, with its values. */
export function positionCondition(
  comparison: keyof typeof LOG_ORDER | '>=' | '<=',
  { timestamp, aggregateId }: LogPosition,
): readonly [condition: string, ...values: Buffer[]] {
  if (aggregateId === undefined) return [`"timestamp" ${comparison} ?`, timestamp.encode()];
  return [`("timestamp", aggregate_id) ${comparison} (?, ?)`, timestamp.encode(), aggregateId.encode()];
}

/** A position as text: the timestamp, then a colon and the aggregate id when there is one. */
export function positionText({ timestamp, aggregateId }: LogPosition): string {
  return aggregateId === undefined ? timestamp.toString() : `${timestamp.toString()}:${aggregateId.hex}`;
}

/**
 * Parses the text of {@link positionText}. Throws the error of `parse`, `InvalidTimestampError`, for any other text.
 */
export function parsePosition(text: string, parse = (part: string) => Timestamp.parse(part)): LogPosition {
  const [, timestamp = text, id] = /^(.*):([0-9a-f]{32})$/.exec(text) ?? [];
  return { timestamp: parse(timestamp), aggregateId: id === undefined ? undefined : parse(id) };
}
