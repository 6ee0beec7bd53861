import type { StoredEvent } from '../../events.js';
import { textApart } from '../../store/event-metadata.js';
import { JsonView } from './json-view.js';

interface StoredBodyProps {
  readonly event: StoredEvent;
  /** The heading of the metadata, one level below what is around. */
  readonly heading: 'h2' | 'h3';
}

/** The body of an event, and its metadata apart. */
export function StoredBody({ event, heading: Heading }: StoredBodyProps) {
  const { body, metadata } = textApart(event.body);
  const file = `/aggregate/${event.aggregateId.hex}?at=${event.sequence}&part=body`;
  return (
    <>
      <JsonView text={body} label="Body of the event" file={file} />
      {metadata !== undefined && (
        <>
          <Heading>Metadata</Heading>
          <JsonView text={metadata} label="Metadata of the event" file={file} />
        </>
      )}
    </>
  );
}
