import type { StoredEvent } from '../../events.js';
import { sameJson } from '../../json/compare/equality.js';
import type { CommitContext } from './commit-context.js';
import {
  isDeadlock,
  isRefusedCopy,
  isSerializationFailure,
  isUniqueViolation,
  sqlState,
} from '../driver/driver-error.js';
import { isReplacedShard } from '../driver/node-failure.js';
import { WriteMismatchError } from '../errors.js';
import { forgetLayout, layoutAt } from '../layout/read-layout.js';
import { formFor, formOf } from './forms/form-for.js';
import type { Insert } from './forms/insert-form.js';
import { type EventRow, type Executor, query, storedEvent } from '../read/rows.js';
import type { NewCommand } from './commit-content.js';
import type { Answer } from '../driver/driver.js';
import { driverOf } from '../driver/driver-of.js';
import type { EncodedEvent } from './validate.js';

/**
 * A unique index refused the insert, PostgreSQL ended it to resolve a deadlock, a Citus cluster does not tell which of the two it
 * was, or its plan was out of date. A sequence, a timestamp or a command id is taken; which of them is still to be diagnosed.
 */
export class InsertConflictError extends Error {}

/**
 * Inserts events in one statement, in the order of `inInsertionOrder`, and the command that they belong to. Throws
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
  const { schema, verifyWrites } = context;
  try {
    const form = await formFor(on, schema, { events, command });
    const commands = command === undefined ? [] : [command];
    if (!verifyWrites) return await send(on, form.insert(events, commands));
    if (command !== undefined) await send(on, form.insert([], commands));
    if (events.length === 0) return;
    const { statement, bindings } = form.insertReturning(events);
    const rows = await query<EventRow>(on, statement, bindings);
    assertWritten(events, rows.length);
    assertSame(events, rows.map(storedEvent));
  } catch (error) {
    // Only the statement for both tells by an error that rows were dropped.
    throw insertError(on, context, error, verifyWrites ? undefined : command);
  }
}

async function send(on: Executor, insert: Insert): Promise<void> {
  assertInserted(insert, await driverOf(on).send(insert.statement, insert.bindings));
}

/**
 * The error of an insert: an {@link InsertConflictError} when a unique index or a deadlock refused it, a {@link WriteMismatchError} when
 * a row was dropped.
 */
export function insertError(
  on: Executor,
  { schema }: Pick<CommitContext, 'schema'>,
  error: unknown,
  command: NewCommand | undefined,
): unknown {
  // Perhaps the tables were spread over a cluster since: then the form of the statement was not the right one.
  if (isRefusedCopy(error) || isReplacedShard(error)) forgetLayout(on, schema);
  if (command !== undefined && sqlState(error) === ROWS_DROPPED)
    return new WriteMismatchError(
      `PostgreSQL stored fewer rows than were sent for the command ${JSON.stringify(command.commandId)}; nothing was committed.`,
      { hint: 'Look for a trigger, rule or policy on event_log or maestro_commands that drops rows.', cause: error },
    );
  // In an application's REPEATABLE READ or SERIALIZABLE transaction, only a new transaction can go on.
  const isUndone =
    isDeadlock(error) || isReplacedShard(error) || (isSerializationFailure(error) && on.isTransaction !== true);
  return isUniqueViolation(error) || isRefusedCopy(error) || isUndone
    ? new InsertConflictError('taken', { cause: error })
    : error;
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
 * Inserts the events of several commits, and the commands that some of them belong to, in one statement. On one server it fails after
 * a short wait when another transaction locks one of their places. Throws what {@link insertEvents} throws, or the
 * driver's error; then nothing was inserted.
 */
export async function insertGroup(
  { knex, schema }: CommitContext,
  events: readonly EncodedEvent[],
  commands: readonly NewCommand[],
): Promise<void> {
  const form = formOf(schema, await layoutAt(knex, schema));
  try {
    await send(knex, form.insertGroup(events, commands));
  } catch (error) {
    if (isRefusedCopy(error) || isReplacedShard(error)) forgetLayout(knex, schema);
    throw error;
  }
}

/** Throws {@link WriteMismatchError} when fewer rows were written than sent; some statements fail themselves then. */
export function assertInserted({ counted }: Insert, { count }: Answer<unknown>): void {
  if (counted !== undefined) assertWritten(counted, count);
}

/** Throws {@link WriteMismatchError} when fewer rows were written than sent. */
function assertWritten(rows: readonly (EncodedEvent | NewCommand)[], written: number): void {
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
