import { Timestamp } from '../../hlc/timestamp.js';
import { err } from '../../result.js';
import type { CommitContext } from './commit-context.js';
import { driverMessage, sqlState } from '../driver/driver-error.js';
import { layoutAt } from '../layout/read-layout.js';
import { traitsOf } from '../layout/traits.js';
import { DatabaseError, DuplicateTimestampError } from '../errors.js';
import { byteaArray, integerArray, query } from '../read/rows.js';
import type { CommandCommitResult } from '../store.js';
import type { CommitContent } from './commit-content.js';
import { storedCommand } from './stored-command.js';
import type { EncodedEvent } from './validate.js';

/**
 * Finds out which unique index refused a commit, by looking for its command, sequences and timestamps: the name of the
 * violated index is another on every layout. `repeated_command` when the command was carried out before, else
 * `retry_command` when a sequence is taken; `undefined` when neither that nor a timestamp is taken any more. Throws
 * {@link DuplicateTimestampError} when only timestamps are.
 */
export async function diagnoseUniqueViolation(
  context: CommitContext,
  { events, command }: CommitContent,
  cause: unknown,
): Promise<CommandCommitResult | undefined> {
  if (command !== undefined && (await storedCommand(context, command)) !== undefined) return err('repeated_command');
  for await (const stored of storedPositions(context, events)) if (stored.length > 0) return err('retry_command');
  const taken = await takenTimestamps(context, events);
  if (taken.length === 0) return undefined;
  throw new DuplicateTimestampError(
    taken.map((timestamp) => Timestamp.fromHex(timestamp).toString()),
    cause,
  );
}

/** The timestamps of events that others in the log have, in hex digits: any others, or those of the same aggregate. */
async function takenTimestamps(
  { knex, schema, statements }: CommitContext,
  events: readonly EncodedEvent[],
): Promise<string[]> {
  const timestamps = byteaArray(events.map(({ event }) => event.timestamp));
  const { uniqueTimestamps } = traitsOf(await layoutAt(knex, schema));
  if (uniqueTimestamps !== 'aggregate')
    return (await query<[string]>(knex, statements.takenTimestamps, [timestamps])).map(([timestamp]) => timestamp);
  const ids = byteaArray(events.map(({ event }) => event.aggregateId));
  const taken = await query<[string, string]>(knex, statements.takenTimestampsWithin, [timestamps, ids]);
  const own = new Set(events.map(({ event }) => `${event.timestamp.hex} ${event.aggregateId.hex}`));
  return taken.filter(([timestamp, id]) => own.has(`${timestamp} ${id}`)).map(([timestamp]) => timestamp);
}

/**
 * The error for a commit that a unique index refused at every attempt, although none of its events is visible in the
 * log.
 */
export function unexplainedUniqueViolation(cause: unknown, attempts: number): DatabaseError {
  return new DatabaseError(
    `A unique index refused these events ${attempts} times (${driverMessage(cause)}), but the log shows none of their ` +
      'sequences and timestamps; nothing was committed.',
    sqlState(cause),
    cause,
    'Look for a unique index on event_log that Maestro did not make, or a row-level security policy that hides events, or rows of maestro_commands, from this role.',
  );
}

/**
 * True when every event of the commit is in the log at its sequence and with its timestamp; without events, when its
 * command is remembered.
 */
export async function isStored(context: CommitContext, { events, command }: CommitContent): Promise<boolean> {
  if (events.length === 0 && command !== undefined) {
    const found = await storedCommand(context, command);
    return found?.digest === command.digest && found.lastSequence === command.lastSequence;
  }
  const stored = new Set<string>();
  for await (const positions of storedPositions(context, events))
    for (const position of positions) stored.add(position);
  return events.every(({ event }) =>
    stored.has(positionKey(event.aggregateId.hex, event.sequence, event.timestamp.hex)),
  );
}

/** The stored positions among the sequences of the commit, one aggregate of the commit at a time. */
async function* storedPositions(
  { knex, statements }: CommitContext,
  events: readonly EncodedEvent[],
): AsyncGenerator<string[]> {
  for (const [aggregateId, sequences] of sequencesByAggregate(events)) {
    const bindings = [Buffer.from(aggregateId, 'hex'), integerArray(sequences)];
    const rows = await query<[string, number]>(knex, statements.storedAt, bindings);
    yield rows.map(([timestamp, sequence]) => positionKey(aggregateId, sequence, timestamp));
  }
}

function positionKey(aggregateId: string, sequence: number, timestamp: string): string {
  return `${aggregateId} ${sequence} ${timestamp}`;
}

function sequencesByAggregate(events: readonly EncodedEvent[]): Map<string, number[]> {
  const result = new Map<string, number[]>();
  for (const { event } of events) {
    const key = event.aggregateId.hex;
    const sequences = result.get(key);
    if (sequences === undefined) result.set(key, [event.sequence]);
    else sequences.push(event.sequence);
  }
  return result;
}
