import type { StoredEvent, StoredSnapshot } from '../../events.js';
import { objectText, RawJson } from '../../json/object-text.js';

/**
 * An event as a line of JSON; the body is passed through as PostgreSQL printed it. The text of {@link eventMembers}, but written
 * by hand: an export has millions of them.
 */
export function eventJson({ aggregateId, sequence, timestamp, type, body }: StoredEvent): string {
  return `{"aggregateId":"${aggregateId.hex}","sequence":${sequence},"timestamp":"${timestamp.toString()}","type":${JSON.stringify(type)},"body":${body}}`;
}

/** The members of an event in JSON, for an object that has more. */
export function eventMembers({ aggregateId, sequence, timestamp, type, body }: StoredEvent) {
  return { aggregateId: aggregateId.hex, sequence, timestamp: timestamp.toString(), type, body: new RawJson(body) };
}

/** The members of a snapshot in JSON; the body is passed through as PostgreSQL printed it. */
export function snapshotMembers({ aggregateId, sequence, body }: StoredSnapshot) {
  return { aggregateId: aggregateId.hex, sequence, body: new RawJson(body) };
}

/** A snapshot as a line of JSON. */
export function snapshotJson(snapshot: StoredSnapshot): string {
  return objectText(snapshotMembers(snapshot));
}
