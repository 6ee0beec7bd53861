import type { EventLog } from '../../admin/log/event-log.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { idsWithPrefix, timestampsWithPrefix } from '../../admin/log/ids-with-prefix.js';
import { headWithTimestamp, lastHead } from '../../admin/find-event/find-event.js';
import { NotFoundError, UsageError } from '../errors.js';
import type { Output } from '../output/output.js';
import { escapeText } from '../../text/escape.js';
import { type IdArgument, IdPrefix } from './id-argument.js';

/** Number of candidates that an error lists. */
const NAMED = 10;
/** Number of digits shown of the id of an event's aggregate. */
const SHOWN_DIGITS = 16;

/** A kind of ids that a prefix can stand for. */
interface IdKind {
  /** The name of the kind in messages, such as `aggregate ids`. */
  readonly name: string;
  /** Finds the ids that begin with some digits, in order, at most `limit`. */
  readonly find: (log: EventLog, digits: string, limit: number) => Promise<Timestamp[]>;
  readonly text: (id: Timestamp) => string;
  /** A line that distinguishes a candidate from the others. */
  readonly line: (log: EventLog, candidate: Timestamp) => Promise<string>;
  /** The error for a prefix that no id of the kind has; it may be one of the other kind. */
  readonly none: (log: EventLog, digits: string) => Promise<NotFoundError>;
}

const AGGREGATE_IDS: IdKind = {
  name: 'aggregate ids',
  find: idsWithPrefix,
  text: (id) => id.hex,
  line: async (log, id) => {
    const last = await lastHead(log, id);
    return `${id.hex}  ${last === undefined ? 'a snapshot without events' : `last event ${last.sequence} ${last.type}`}`;
  },
  none: async (log, digits) => {
    const [timestamp] = await timestampsWithPrefix(log, digits, 1);
    return new NotFoundError(`No aggregate has an id that begins with ${digits}.`, {
      hint:
        timestamp === undefined
          ? 'List the aggregates with `maestro aggregates`, and check the database (--url, --data-dir) and the schema (--schema).'
          : `The timestamp of an event begins with it; see \`maestro event ${timestamp.toString()}\`.`,
    });
  },
};

const TIMESTAMPS: IdKind = {
  name: 'timestamps of events',
  find: timestampsWithPrefix,
  text: (timestamp) => timestamp.toString(),
  line: async (log, timestamp) => {
    const head = await headWithTimestamp(log, timestamp);
    // In hex digits, of which the given prefix is the beginning; `event` takes them, too.
    return `${timestamp.hex}${head === undefined ? '' : `  ${head.type}, ${head.sequence} of ${head.aggregateId.hex.slice(0, SHOWN_DIGITS)}…`}`;
  },
  none: async (log, digits) => {
    const [id] = await idsWithPrefix(log, digits, 1);
    return new NotFoundError(`No event has a timestamp that begins with ${digits}.`, {
      hint:
        id === undefined
          ? 'Find events with `maestro search`.'
          : `The id of an aggregate begins with it; see \`maestro events ${id.hex}\`, or add the sequence of the event.`,
    });
  },
};

/**
 * The aggregate id for an argument. A prefix is looked up, and a note prints the id that it stands for. Throws
 * {@link NotFoundError} when no id begins with the prefix, and {@link UsageError} with the candidates when several do.
 */
export async function resolveAggregateId(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  return argument instanceof IdPrefix ? await idOfPrefix(AGGREGATE_IDS, argument, log, output) : argument;
}

/** The timestamp of an event for an argument, as {@link resolveAggregateId} does it for ids. */
export async function resolveTimestamp(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  return argument instanceof IdPrefix ? await idOfPrefix(TIMESTAMPS, argument, log, output) : argument;
}

async function idOfPrefix(kind: IdKind, { digits }: IdPrefix, log: EventLog, output: Output): Promise<Timestamp> {
  const [id, ...others] = await kind.find(log, digits, NAMED + 1);
  if (id === undefined) throw await kind.none(log, digits);
  if (others.length > 0) throw await ambiguous(kind, digits, [id, ...others], log);
  await output.note(`${digits} is ${kind.text(id)}`);
  return id;
}

async function ambiguous(
  { name, line }: IdKind,
  digits: string,
  found: readonly Timestamp[],
  log: EventLog,
): Promise<UsageError> {
  const lines: string[] = [];
  for (const candidate of found.slice(0, NAMED)) lines.push(`  ${escapeText(await line(log, candidate))}`);
  if (found.length > NAMED) lines.push('  and more');
  const count = found.length > NAMED ? `More than ${NAMED}` : String(found.length);
  return new UsageError(`${count} ${name} begin with ${digits}:\n${lines.join('\n')}`, {
    hint: 'Write all digits of one of them, or more of its first digits.',
  });
}
