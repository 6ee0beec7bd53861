import { textApart } from '../../store/event-metadata.js';
import { JsonView } from './json-view.js';

interface StoredBodyProps {
  /** The body as it is stored, with the metadata in it. */
  readonly text: string;
  /** The heading of the metadata, one level below what is around. */
  readonly heading: 'h2' | 'h3';
}

/** The body of an event, and its metadata apart. */
export function StoredBody({ text, heading: Heading }: StoredBodyProps) {
  const { body, metadata } = textApart(text);
  return (
    <>
      <JsonView text={body} label="Body of the event" />
      {metadata !== undefined && (
        <>
          <Heading>Metadata</Heading>
          <JsonView text={metadata} label="Metadata of the event" />
        </>
      )}
    </>
  );
}
