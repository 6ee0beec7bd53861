import { METADATA_KEY, type StoredEvent, type StoredSnapshot } from '../../events.js';
import { objectText, RawJson } from '../../json/text/object-text.js';
import { textApart } from '../event-metadata.js';

/**
 * An event as a line of JSON; the body is passed through as PostgreSQL printed it, with the metadata in it. Written by hand: an
 * export has millions of them.
 */
export function eventJson({ aggregateId, sequence, timestamp, type, body }: StoredEvent): string {
  return `{"aggregateId":"${aggregateId.hex}","sequence":${sequence},"timestamp":"${timestamp.toString()}","type":${JSON.stringify(type)},"body":${body}}`;
}

/**
 * The members of an event in JSON, for an object that has more: as {@link eventJson} writes them, but for the metadata, which is a
 * member of its own.
 */
export function eventMembers({ aggregateId, sequence, timestamp, type, body: stored }: StoredEvent) {
  const { body, metadata } = textApart(stored);
  const event = {
    aggregateId: aggregateId.hex,
    sequence,
    timestamp: timestamp.toString(),
    type,
    body: new RawJson(body),
  };
  return metadata === undefined ? event : { ...event, metadata: new RawJson(metadata) };
}

/** An event as a line of JSON, its metadata apart from its body: the text of {@link eventMembers}. */
export function eventJsonApart(event: StoredEvent): string {
  return event.body.includes(METADATA_KEY) ? objectText(eventMembers(event)) : eventJson(event);
}

/** The members of a snapshot in JSON; the body is passed through as PostgreSQL printed it. */
export function snapshotMembers({ aggregateId, sequence, body }: StoredSnapshot) {
  return { aggregateId: aggregateId.hex, sequence, body: new RawJson(body) };
}

/** A snapshot as a line of JSON. */
export function snapshotJson(snapshot: StoredSnapshot): string {
  return objectText(snapshotMembers(snapshot));
}
