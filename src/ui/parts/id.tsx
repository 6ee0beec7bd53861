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

/** A link to the page of the event with a timestamp. */
export function EventLink({ timestamp, text }: { readonly timestamp: Timestamp; readonly text?: string }) {
  return (
    <Link class="id" href={`/event/${eventName(timestamp)}`} title={timestamp.toString()}>
      {text ?? timestamp.toString()}
    </Link>
  );
}

/** The name of an event in addresses: its timestamp in the text form, or in hex where it has none. */
export function eventName(timestamp: Timestamp): string {
  return timestamp.toString();
}
