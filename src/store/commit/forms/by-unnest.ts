import type { Knex } from 'knex';
import { preparedStatement, type Statement } from '../../driver/statement.js';
import { checkSchemaName, qualified } from '../../schema-name.js';
import { EVENT_COLUMNS } from '../../statements.js';
import type { NewCommand } from '../commit-content.js';
import { inInsertionOrder } from '../insertion-order.js';
import type { EncodedEvent } from '../validate.js';
import { COMMAND_ROW, commandRow, EVENT_ROW, eventRow, inCommandOrder, type InsertForm } from './insert-form.js';

const built = new Map<string, InsertForm>();

/**
 * Inserts whose bindings are columns: one text for any number of rows, which the server takes apart. That makes the fastest statements for
 * many rows, and a few statements only to keep prepared.
 */
export function byUnnest(schema: string): InsertForm {
  let form = built.get(schema);
  if (form === undefined) built.set(schema, (form = build(textsFor(checkSchemaName(schema)))));
  return form;
}

function build(texts: Texts): InsertForm {
  return {
    insert(events, commands) {
      if (commands.length === 0) return { statement: texts.events, bindings: eventColumns(events), counted: events };
      if (events.length === 0)
        return { statement: texts.commands, bindings: commandColumns(commands), counted: commands };
      const [[event, second], [command, another]] = [events, commands];
      if (event !== undefined && second === undefined && command !== undefined && another === undefined)
        return { statement: texts.eventAndCommand, bindings: [...eventRow(event), ...commandRow(command)] };
      return { statement: texts.eventsAndCommands, bindings: together(events, commands) };
    },
    insertReturning: (events) => ({ statement: texts.eventsReturning, bindings: eventColumns(events) }),
    insertGroup: (events, commands) =>
      commands.length === 0
        ? { statement: texts.eventsUnlessLocked, bindings: eventColumns(events), counted: events }
        : { statement: texts.eventsAndCommandsUnlessLocked, bindings: together(events, commands) },
  };
}

interface Texts {
  /** Five columns of events, each a text → their rows. */
  readonly events: Statement;
  readonly eventsReturning: Statement;
  /** Like `events`, but fails after a short wait for another transaction's lock. */
  readonly eventsUnlessLocked: Statement;
  /** Five columns of commands, each a text → their rows. */
  readonly commands: Statement;
  /** The row of an event, that of a command → both, and an error when one is dropped. */
  readonly eventAndCommand: Statement;
  /** The columns of events and of commands, the numbers of both → all rows, and an error when one is dropped. */
  readonly eventsAndCommands: Statement;
  /** Like `eventsAndCommands`, but fails after a short wait for another transaction's lock. */
  readonly eventsAndCommandsUnlessLocked: Statement;
}

/** Longest wait of a group of commits for another transaction's lock, in milliseconds. */
const GROUP_PATIENCE = 100;

function textsFor(schema: string): Texts {
  const insertEvents = `INSERT INTO ${qualified(schema, 'event_log')} ${EVENT_ROW}`;
  const insertCommands = `INSERT INTO ${qualified(schema, 'maestro_commands')} ${COMMAND_ROW}`;
  const event = `${insertEvents} VALUES (decode(?, 'hex'), decode(?, 'hex'), ?::integer, ?::text, ?::text::jsonb)`;
  const events = `${insertEvents}
SELECT decode(e.t, 'hex'), decode(e.a, 'hex'), e.s, e.y, e.b::jsonb
FROM unnest(${list("','")}, ${list("','")}, ${list("','")}::integer[], ${list("E'\\n'")}, ${list("E'\\n'")}) AS e(t, a, s, y, b)`;
  // Columns that are unnested side by side cost less than a function in FROM. Ids may hold any separator, so they come as JSON.
  const commands = `${insertCommands}
SELECT decode(unnest(${list("','")}), 'hex'), json_array_elements_text(?::text::json), decode(unnest(${list("','")}), 'hex'),
  unnest(${list("','")}::integer[]), unnest(${list("','")}::integer[])`;
  const setPatience = `(SELECT set_config('lock_timeout', '${GROUP_PATIENCE}ms', true)) AS patience`;
  return {
    events: preparedStatement(events),
    eventsReturning: preparedStatement(`${events}\nRETURNING ${EVENT_COLUMNS}`),
    eventsUnlessLocked: preparedStatement(`${events}, ${setPatience}`),
    commands: preparedStatement(commands),
    // The command is inserted for the event that was, so one count tells whether both were.
    eventAndCommand: preparedStatement(`WITH events AS (${event} RETURNING 1), commands AS (${insertCommands}
SELECT decode(?, 'hex'), ?::text, decode(?, 'hex'), ?::integer, ?::integer FROM events RETURNING 1) SELECT 1 / count(*) FROM commands`),
    eventsAndCommands: preparedStatement(inOneStatement(events, commands)),
    eventsAndCommandsUnlessLocked: preparedStatement(
      inOneStatement(`${events}, ${setPatience}`, `${commands}\nFROM ${setPatience}`),
    ),
  };
}

/** An array of texts as one binding. */
function list(separator: string): string {
  return `string_to_array(?::text, ${separator})`;
}

/**
 * Both inserts in one statement, the events first. It fails as a whole, with a division by zero, when a trigger, rule or policy
 * drops a row: events without their command would be committed again when the command is repeated.
 */
function inOneStatement(events: string, commands: string): string {
  return `WITH events AS (${events} RETURNING 1), commands AS (${commands} RETURNING 1)
SELECT 1 / ((SELECT count(*) FROM events) = ?::integer AND (SELECT count(*) FROM commands) = ?::integer)::integer`;
}

function together(events: readonly EncodedEvent[], commands: readonly NewCommand[]): Knex.RawBinding[] {
  return [...eventColumns(events), ...commandColumns(commands), events.length, commands.length];
}

/**
 * The events as five bindings, one for each column. Line breaks separate types and bodies: neither contains one, since types have no
 * control characters, and JSON text escapes them.
 */
function eventColumns(events: readonly EncodedEvent[]): Knex.RawBinding[] {
  const ordered = inInsertionOrder(events);
  const column = (of: (encoded: EncodedEvent) => string | number, separator: string) => ordered.map(of).join(separator);
  return [
    column(({ event }) => event.timestamp.hex, ','),
    column(({ event }) => event.aggregateId.hex, ','),
    column(({ event }) => event.sequence, ','),
    column(({ event }) => event.type, '\n'),
    column(({ json }) => json, '\n'),
  ];
}

function commandColumns(commands: readonly NewCommand[]): Knex.RawBinding[] {
  const ordered = inCommandOrder(commands);
  const column = (of: (command: NewCommand) => string | number) => ordered.map(of).join(',');
  return [
    column(({ aggregateId }) => aggregateId.hex),
    JSON.stringify(ordered.map(({ commandId }) => commandId)),
    column(({ digest }) => digest),
    column(({ firstSequence }) => firstSequence),
    column(({ lastSequence }) => lastSequence),
  ];
}
