import { namelessStatement, preparedStatement, type Statement } from '../../driver/statement.js';
import { checkSchemaName, qualified } from '../../schema-name.js';
import { EVENT_COLUMNS } from '../../statements.js';
import { inInsertionOrder } from '../insertion-order.js';
import { byUnnest } from './by-unnest.js';
import { COMMAND_ROW, commandRow, EVENT_ROW, eventRow, inCommandOrder, type InsertForm } from './insert-form.js';

/** Rows from which on it is quicker to have them taken apart by the server, even where that costs a two-phase commit. */
export const MOST_VALUES = 100;
/** Most events of a statement that is kept prepared: there is a text for each number, and a connection keeps 300 in all. */
const MOST_PREPARED = 8;

const built = new Map<string, InsertForm>();

/**
 * Inserts whose rows are `VALUES`, each value a binding of its own. A Citus cluster sends them as they are to the node that has the shard of
 * their aggregate, and hands on the codes of errors. One event by itself is inserted like this everywhere.
 *
 * Events and commands are two inserts in one statement, of which the answer counts the second only, since no part of it may look at
 * the other there.
 */
export function byValues(schema: string): InsertForm {
  let form = built.get(schema);
  if (form === undefined) built.set(schema, (form = build(checkSchemaName(schema))));
  return form;
}

function build(schema: string): InsertForm {
  const kept = new Map<string, Statement>();
  const statementFor = (events: number, commands: number, returning = false): Statement => {
    if (events > MOST_PREPARED || commands > 1) return namelessStatement(text(schema, events, commands, returning));
    const key = `${events} ${commands} ${String(returning)}`;
    let statement = kept.get(key);
    if (statement === undefined)
      kept.set(key, (statement = preparedStatement(text(schema, events, commands, returning))));
    return statement;
  };
  const insert: InsertForm['insert'] = (events, commands) => {
    if (events.length + commands.length >= MOST_VALUES) return byUnnest(schema).insert(events, commands);
    const rows = [...inInsertionOrder(events).map(eventRow), ...inCommandOrder(commands).map(commandRow)];
    const statement = statementFor(events.length, commands.length);
    return { statement, bindings: rows.flat(), counted: commands.length > 0 ? commands : events };
  };
  return {
    insert,
    insertReturning(events) {
      if (events.length >= MOST_VALUES) return byUnnest(schema).insertReturning(events);
      return {
        statement: statementFor(events.length, 0, true),
        bindings: inInsertionOrder(events).flatMap(eventRow),
      };
    },
    // They are of one aggregate: who holds a lock that they wait for holds up the commits of that aggregate anyway.
    insertGroup: insert,
  };
}

function text(schema: string, events: number, commands: number, returning: boolean): string {
  const insertEvents = `INSERT INTO ${qualified(schema, 'event_log')} ${EVENT_ROW} VALUES ${rows(EVENT_VALUES, events)}`;
  if (commands === 0) return returning ? `${insertEvents}\nRETURNING ${EVENT_COLUMNS}` : insertEvents;
  const insertCommands = `INSERT INTO ${qualified(schema, 'maestro_commands')} ${COMMAND_ROW} VALUES ${rows(COMMAND_VALUES, commands)}`;
  return events === 0 ? insertCommands : `WITH events AS (${insertEvents} RETURNING 1) ${insertCommands}`;
}

const EVENT_VALUES = `(decode(?, 'hex'), decode(?, 'hex'), ?::integer, ?::text, ?::text::jsonb)`;
const COMMAND_VALUES = `(decode(?, 'hex'), ?::text, decode(?, 'hex'), ?::integer, ?::integer)`;

function rows(row: string, count: number): string {
  return Array.from({ length: count }, () => row).join(', ');
}
