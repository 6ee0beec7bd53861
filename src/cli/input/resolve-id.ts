import type { EventLog } from '../../admin/log/event-log.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { NotFoundError, UsageError } from '../errors.js';
import type { Output } from '../output/output.js';
import { escapeText } from '../render/escape.js';
import { type IdArgument, IdPrefix } from './id-argument.js';

/** So many of several candidates are named. */
const NAMED = 10;
/** So many digits of an aggregate's id are shown beside an event of it. */
const SHOWN_DIGITS = 16;

/**
 * The aggregate id that was given, or the only one with this beginning, which a note then tells. Throws {@link NotFoundError}
 * when none does, and {@link UsageError} with the candidates when several do.
 */
export async function resolveAggregateId(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  if (!(argument instanceof IdPrefix)) return argument;
  const { digits } = argument;
  const { idsWithPrefix, timestampsWithPrefix } = await import('../../admin/log/ids-with-prefix.js');
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
        ? 'See which there are with `maestro aggregates`, and check the database (--url, --data-dir) and the schema (--schema).'
        : `The timestamp of an event begins with it; see \`maestro event ${timestamp.toString()}\`.`,
  });
}

/** The same for the timestamp of an event. */
export async function resolveTimestamp(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  if (!(argument instanceof IdPrefix)) return argument;
  const { digits } = argument;
  const { idsWithPrefix, timestampsWithPrefix } = await import('../../admin/log/ids-with-prefix.js');
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

/** Words for what candidates are, and a line for each that tells it from the others. */
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
    hint: 'Write one of them whole, or more of its first digits.',
  });
}

async function aggregateLine(log: EventLog, id: Timestamp): Promise<string> {
  const { lastHead } = await import('../../admin/find-event/find-event.js');
  const last = await lastHead(log, id);
  return `${id.hex}  ${last === undefined ? 'a snapshot without events' : `last event ${last.sequence} ${last.type}`}`;
}

async function eventLine(log: EventLog, timestamp: Timestamp): Promise<string> {
  const { headWithTimestamp } = await import('../../admin/find-event/find-event.js');
  const head = await headWithTimestamp(log, timestamp);
  // Its hex digits, which the beginning that was written is one of; `event` takes them, too.
  return `${timestamp.hex}${head === undefined ? '' : `  ${head.type}, ${head.sequence} of ${head.aggregateId.hex.slice(0, SHOWN_DIGITS)}…`}`;
}
