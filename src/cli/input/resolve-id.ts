import type { EventLog } from '../../admin/event-log.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import { NotFoundError, UsageError } from '../errors.js';
import type { Output } from '../output.js';
import { type IdArgument, IdPrefix } from './id-argument.js';

/** So many of several candidates are named. */
const NAMED = 10;

/**
 * The aggregate id that was given, or the only one that begins so, which a note then tells. Throws {@link NotFoundError}
 * when none does, and {@link UsageError} with the candidates when several do.
 */
export async function resolveAggregateId(
  { output }: { readonly output: Output },
  log: EventLog,
  argument: IdArgument,
): Promise<Timestamp> {
  if (!(argument instanceof IdPrefix)) return argument;
  const { digits } = argument;
  const { idsWithPrefix, timestampsWithPrefix } = await import('../../admin/ids-with-prefix.js');
  const found = await idsWithPrefix(log, digits, NAMED + 1);
  const id = onlyOne(digits, found, 'aggregate ids', ({ hex }) => hex);
  if (id !== undefined) {
    await output.note(`${digits} is ${id.hex}`);
    return id;
  }
  const [timestamp] = await timestampsWithPrefix(log, digits, 1);
  throw new NotFoundError(`No aggregate has an id that begins with ${digits}.`, {
    hint:
      timestamp === undefined
        ? 'See which there are with `maestro aggregates`, and check the database (--url, --data-dir) and the schema (--schema).'
        : `A timestamp of an event begins so; see \`maestro event ${timestamp.toString()}\`.`,
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
  const { idsWithPrefix, timestampsWithPrefix } = await import('../../admin/ids-with-prefix.js');
  const found = await timestampsWithPrefix(log, digits, NAMED + 1);
  const timestamp = onlyOne(digits, found, 'timestamps', (candidate) => candidate.toString());
  if (timestamp !== undefined) {
    await output.note(`${digits} is ${timestamp.toString()}`);
    return timestamp;
  }
  const [id] = await idsWithPrefix(log, digits, 1);
  throw new NotFoundError(`No event has a timestamp that begins with ${digits}.`, {
    hint:
      id === undefined
        ? 'Find events with `maestro search`.'
        : `An aggregate id begins so; see \`maestro events ${id.hex}\`, or add the sequence of the event.`,
  });
}

function onlyOne(
  digits: string,
  found: readonly Timestamp[],
  what: string,
  shown: (candidate: Timestamp) => string,
): Timestamp | undefined {
  if (found.length < 2) return found[0];
  const named = found.slice(0, NAMED).map(shown).join(', ');
  const count = found.length > NAMED ? `more than ${NAMED}` : String(found.length);
  throw new UsageError(`${count} ${what} begin with ${digits}: ${named}${found.length > NAMED ? ', …' : ''}.`, {
    hint: 'Write more of its digits.',
  });
}
