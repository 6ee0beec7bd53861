import type { StoredEvent, StoredSnapshot } from '../../events.js';

/** An event as a line of JSON; the body is passed through as PostgreSQL printed it. */
export function eventJson({ aggregateId, sequence, timestamp, type, body }: StoredEvent): string {
  return `{"aggregateId":"${aggregateId.hex}","sequence":${sequence},"timestamp":"${timestamp.toString()}","type":${JSON.stringify(type)},"body":${body}}`;
}

/** A snapshot as a line of JSON; the body is passed through as PostgreSQL printed it. */
export function snapshotJson({ aggregateId, sequence, body }: StoredSnapshot): string {
  return `{"aggregateId":"${aggregateId.hex}","sequence":${sequence},"body":${body}}`;
}
