import type { EventLog } from '../../admin/log/event-log.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { idsWithPrefix, timestampsWithPrefix } from '../../admin/log/ids-with-prefix.js';
import { headWithTimestamp, lastHead } from '../../admin/find-event/find-event.js';
import { NotFoundError, UsageError } from '../errors.js';
import type { Output } from '../output/output.js';
import { escapeText } from '../render/escape.js';
import { type IdArgument, IdPrefix } from './id-argument.js';

/** Number of candidates that an error lists. */
const NAMED = 10;
/** Number of digits shown of the id of an event's aggregate. */
const SHOWN_DIGITS = 16;

/**
 * The aggregate id for an argument. A prefix is looked up, and a note prints the id that it stands for. Throws
 * {@link NotFoundError} when no id begins with the prefix, and {@link UsageError} with the candidates when several do.
 */
export async function resolveAggregateId(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  if (!(argument instanceof IdPrefix)) return argument;
  const { digits } = argument;
  const found = await idsWithPrefix(log, digits, NAMED + 1);
  const id = await onlyOne(digits, found, { what: 'aggregate ids', shown: (each) => aggregateLine(log, each) });
  if (id !== undefined) {
    await output.note(`${digits} is ${id.hex}`);
    return id;
  }
  const [timestamp] = await timestampsWithPrefix(log, digits, 1);
  throw new NotFoundError(`No aggregate has an id that begins with ${digits}.`, {
    hint:
      timestamp === undefined
        ? 'List the aggregates with `maestro aggregates`, and check the database (--url, --data-dir) and the schema (--schema).'
        : `The timestamp of an event begins with it; see \`maestro event ${timestamp.toString()}\`.`,
  });
}

/** The timestamp of an event for an argument, as {@link resolveAggregateId} does it for ids. */
export async function resolveTimestamp(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  if (!(argument instanceof IdPrefix)) return argument;
  const { digits } = argument;
  const found = await timestampsWithPrefix(log, digits, NAMED + 1);
  const timestamp = await onlyOne(digits, found, {
    what: 'timestamps of events',
    shown: (each) => eventLine(log, each),
  });
  if (timestamp !== undefined) {
    await output.note(`${digits} is ${timestamp.toString()}`);
    return timestamp;
  }
  const [id] = await idsWithPrefix(log, digits, 1);
  throw new NotFoundError(`No event has a timestamp that begins with ${digits}.`, {
    hint:
      id === undefined
        ? 'Find events with `maestro search`.'
        : `The id of an aggregate begins with it; see \`maestro events ${id.hex}\`, or add the sequence of the event.`,
  });
}

/** The name of the kind of candidate, and a line of text for each. */
interface Candidates {
  readonly what: string;
  readonly shown: (candidate: Timestamp) => Promise<string>;
}

async function onlyOne(
  digits: string,
  found: readonly Timestamp[],
  { what, shown }: Candidates,
): Promise<Timestamp | undefined> {
  if (found.length < 2) return found[0];
  const lines: string[] = [];
  for (const candidate of found.slice(0, NAMED)) lines.push(`  ${escapeText(await shown(candidate))}`);
  if (found.length > NAMED) lines.push('  and more');
  const count = found.length > NAMED ? `More than ${NAMED}` : String(found.length);
  throw new UsageError(`${count} ${what} begin with ${digits}:\n${lines.join('\n')}`, {
    hint: 'Write all digits of one of them, or more of its first digits.',
  });
}

async function aggregateLine(log: EventLog, id: Timestamp): Promise<string> {
  const last = await lastHead(log, id);
  return `${id.hex}  ${last === undefined ? 'a snapshot without events' : `last event ${last.sequence} ${last.type}`}`;
}

async function eventLine(log: EventLog, timestamp: Timestamp): Promise<string> {
  const head = await headWithTimestamp(log, timestamp);
  // In hex digits, of which the given prefix is the beginning; `event` takes them, too.
  return `${timestamp.hex}${head === undefined ? '' : `  ${head.type}, ${head.sequence} of ${head.aggregateId.hex.slice(0, SHOWN_DIGITS)}…`}`;
}
