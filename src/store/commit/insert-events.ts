import type { Knex } from 'knex';
import type { StoredEvent } from '../../events.js';
import { sameJson } from '../../json/compare/equality.js';
import type { CommitContext } from './commit-context.js';
import { isDeadlock, isSerializationFailure, isUniqueViolation, sqlState } from '../driver/driver-error.js';
import { WriteMismatchError } from '../errors.js';
import { inInsertionOrder } from './insertion-order.js';
import { type EventRow, type Executor, execute, query, storedEvent } from '../read/rows.js';
import type { NewCommand } from './commit-content.js';
import type { Answer, BoundStatement } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import type { Statements } from '../statements.js';
import type { EncodedEvent } from './validate.js';

/**
 * A unique index refused the insert, or PostgreSQL ended it to resolve a deadlock. A sequence, a timestamp or a command id
 * is taken; which of them is still to be diagnosed.
 */
export class InsertConflictError extends Error {}

/**
 * Inserts events in one statement, in the order of {@link inInsertionOrder}, and the command that they belong to. Throws
 * {@link InsertConflictError} when a unique index or a deadlock refuses them, and {@link WriteMismatchError} when fewer rows were written than sent, as a
 * rule or trigger on the table can cause; with `verifyWrites` also when a stored row differs from the one that was
 * sent.
 */
export async function insertEvents(
  on: Executor,
  context: CommitContext,
  events: readonly EncodedEvent[],
  command?: NewCommand,
): Promise<void> {
  const { statements, verifyWrites } = context;
  try {
    if (!verifyWrites && events.length > 0) {
      const { statement, bindings } = insertion(statements, events, command);
      return assertInserted(events, command, await driverOf(on).send(statement, bindings));
    }
    if (command !== undefined)
      assertWritten([command], await execute(on, statements.insertCommands, commandBindings([command])));
    if (verifyWrites) {
      const rows = await query<EventRow>(on, statements.insertEventsReturning, inserted(events));
      assertWritten(events, rows.length);
      assertSame(events, rows.map(storedEvent));
    }
  } catch (error) {
    // Only the statement for both tells by an error that rows were dropped.
    throw insertError(on, error, verifyWrites ? undefined : command);
  }
}

/**
 * The error of an insert: an {@link InsertConflictError} when a unique index or a deadlock refused it, a {@link WriteMismatchError} when
 * a row was dropped.
 */
export function insertError(on: Executor, error: unknown, command: NewCommand | undefined): unknown {
  if (command !== undefined && sqlState(error) === ROWS_DROPPED)
    return new WriteMismatchError(
      `PostgreSQL stored fewer rows than were sent for the command ${JSON.stringify(command.commandId)}; nothing was committed.`,
      { hint: 'Look for a trigger, rule or policy on event_log or maestro_commands that drops rows.', cause: error },
    );
  // In an application's REPEATABLE READ or SERIALIZABLE transaction, only a new transaction can go on.
  const isUndone = isDeadlock(error) || (isSerializationFailure(error) && on.isTransaction !== true);
  return isUniqueViolation(error) || isUndone ? new InsertConflictError('taken', { cause: error }) : error;
}

/** PostgreSQL's code for a division by zero, with which a statement for events and commands fails when rows were dropped. */
const ROWS_DROPPED = '22012';

/** Inserts the events of one commit in several statements of a transaction, the command with the first of them. */
export async function insertParts(
  transaction: Executor,
  context: CommitContext,
  parts: readonly (readonly EncodedEvent[])[],
  command: NewCommand | undefined,
): Promise<void> {
  for (const [index, part] of parts.entries())
    await insertEvents(transaction, context, part, index === 0 ? command : undefined);
}

/**
 * Inserts the events of several commits, and the commands that some of them belong to, in one statement, which fails after
 * a short wait when another transaction locks one of their places. Throws what {@link insertEvents} throws, or the
 * driver's error; then nothing was inserted.
 */
export async function insertGroup(
  { knex, statements }: CommitContext,
  events: readonly EncodedEvent[],
  commands: readonly NewCommand[],
): Promise<void> {
  if (commands.length === 0)
    assertWritten(events, await execute(knex, statements.insertEventsUnlessLocked, inserted(events)));
  else await query(knex, statements.insertEventsAndCommandsUnlessLocked, togetherBindings(events, commands));
}

/** The statement for the events of one commit, at least one, and the command that they belong to. */
export function insertion(
  statements: Statements,
  events: readonly EncodedEvent[],
  command: NewCommand | undefined,
): BoundStatement {
  const [first, second] = events;
  const single = second === undefined ? first : undefined;
  if (command === undefined)
    return single === undefined
      ? { statement: statements.insertEvents, bindings: inserted(events) }
      : { statement: statements.insertEvent, bindings: rowBindings(single) };
  if (single === undefined)
    return { statement: statements.insertEventsAndCommands, bindings: togetherBindings(events, [command]) };
  const { aggregateId, commandId, digest, firstSequence, lastSequence } = command;
  return {
    statement: statements.insertEventAndCommand,
    bindings: [...rowBindings(single), aggregateId.hex, commandId, digest, firstSequence, lastSequence],
  };
}

/** Throws {@link WriteMismatchError} when {@link insertion} wrote fewer rows than events; with a command the statement itself fails. */
export function assertInserted(
  events: readonly EncodedEvent[],
  command: NewCommand | undefined,
  { count }: Answer<unknown>,
): void {
  if (command === undefined) assertWritten(events, count);
}

function togetherBindings(events: readonly EncodedEvent[], commands: readonly NewCommand[]): Knex.RawBinding[] {
  return [...inserted(events), ...commandBindings(commands), events.length, commands.length];
}

/** Events as the five bindings of columns, in the order in which they are inserted. */
export function inserted(events: readonly EncodedEvent[]) {
  return columnBindings(inInsertionOrder(events));
}

/**
 * The events as the five bindings of `insertEvents`, one for each column. Line breaks separate types and bodies:
 * neither contains one, since types have no control characters, and JSON text escapes them.
 */
function columnBindings(events: readonly EncodedEvent[]): Knex.RawBinding[] {
  const column = (of: (encoded: EncodedEvent) => string | number, separator: string) => events.map(of).join(separator);
  return [
    column(({ event }) => event.timestamp.hex, ','),
    column(({ event }) => event.aggregateId.hex, ','),
    column(({ event }) => event.sequence, ','),
    column(({ event }) => event.type, '\n'),
    column(({ json }) => json, '\n'),
  ];
}

/** Commands as the five bindings of `insertCommands`, in one order, so that two groups do not wait for each other. */
export function commandBindings(commands: readonly NewCommand[]): Knex.RawBinding[] {
  const ordered = commands.toSorted(
    (a, b) => a.aggregateId.compare(b.aggregateId) || (a.commandId < b.commandId ? -1 : 1),
  );
  const column = (of: (command: NewCommand) => string | number) => ordered.map(of).join(',');
  return [
    column(({ aggregateId }) => aggregateId.hex),
    JSON.stringify(ordered.map(({ commandId }) => commandId)),
    column(({ digest }) => digest),
    column(({ firstSequence }) => firstSequence),
    column(({ lastSequence }) => lastSequence),
  ];
}

/** One event as the bindings of `insertEvent`. */
export function rowBindings({ event, json }: EncodedEvent): Knex.RawBinding[] {
  return [event.timestamp.hex, event.aggregateId.hex, event.sequence, event.type, json];
}

/** Throws {@link WriteMismatchError} when fewer rows were written than sent. */
export function assertWritten(rows: readonly (EncodedEvent | NewCommand)[], written: number): void {
  if (written === rows.length) return;
  const [what, table] = rows.some((row) => 'json' in row) ? ['events', 'event_log'] : ['commands', 'maestro_commands'];
  throw new WriteMismatchError(`PostgreSQL stored ${written} of ${rows.length} ${what}.`, {
    hint: `Look for a trigger, rule or policy on ${table} that drops rows.`,
  });
}

function assertSame(sent: readonly EncodedEvent[], stored: readonly StoredEvent[]): void {
  const byTimestamp = new Map(stored.map((event) => [event.timestamp.hex, event]));
  for (const { event, json } of sent) {
    const back = byTimestamp.get(event.timestamp.hex);
    const same =
      back?.aggregateId.equals(event.aggregateId) &&
      back.sequence === event.sequence &&
      back.type === event.type &&
      sameJson(json, back.body);
    if (!same)
      throw new WriteMismatchError(
        `The event ${event.timestamp.toString()} was changed on its way into the table; nothing was committed.`,
        { hint: 'Look for a trigger or rule on event_log that changes rows; if there is none, please report this.' },
      );
  }
}
