import type { Timestamp } from '../../hlc/timestamp.js';
import { Link } from './href.js';

const HEAD = 16;
const TAIL = 4;

/** An id shortened to what people compare: its first digits, which are its time and counter, and its last, which many of one writer share. */
export function shortId(id: Timestamp): string {
  return `${id.hex.slice(0, HEAD)}…${id.hex.slice(-TAIL)}`;
}

/** The short id of an aggregate, with a link to its page. */
export function AggregateLink({ id, at }: { readonly id: Timestamp; readonly at?: number }) {
  return (
    <Link class="id" href={`/aggregate/${id.hex}${at === undefined ? '' : `?at=${at}`}`} title={id.hex}>
      {shortId(id)}
    </Link>
  );
}

interface EventLinkProps {
  readonly timestamp: Timestamp;
  /** The aggregate of the event, where others have events with that timestamp. */
  readonly of?: Timestamp | undefined;
  readonly text?: string;
}

/** A link to the page of the event with a timestamp. */
export function EventLink({ timestamp, of, text }: EventLinkProps) {
  return (
    <Link class="id" href={eventAddress(timestamp, of)} title={timestamp.toString()}>
      {text ?? timestamp.toString()}
    </Link>
  );
}

/** The address of the page of an event, without the base. */
export function eventAddress(timestamp: Timestamp, of?: Timestamp): string {
  return `/event/${timestamp.toString()}${of === undefined ? '' : `?aggregate=${of.hex}`}`;
}

/** A link to the page that compares aggregates, with this one in it, and the box for another one focused. */
export function CompareLink({ id }: { readonly id: Timestamp }) {
  return <Link href={`/compare?id=${id.hex}#add`}>Compare with another aggregate</Link>;
}
