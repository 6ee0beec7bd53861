import type { Knex } from 'knex';
import type { BoundStatement } from '../../driver/driver.js';
import type { NewCommand } from '../commit-content.js';
import type { EncodedEvent } from '../validate.js';

/** A statement that inserts rows, all or none. */
export interface Insert extends BoundStatement {
  /** The rows that its answer counts; absent when it fails by itself if a trigger, rule or policy drops one. */
  readonly counted?: readonly (EncodedEvent | NewCommand)[];
}

/**
 * The statements that insert the rows of commits, in the form for one kind of layout. Each takes events in any order and inserts them in
 * that of `inInsertionOrder`, and commands by aggregate, so that two writers do not wait for each other.
 */
export interface InsertForm {
  /** Inserts events and the commands that they belong to, at least one row. */
  insert(events: readonly EncodedEvent[], commands: readonly NewCommand[]): Insert;
  /** Inserts events, at least one, and returns the stored rows. */
  insertReturning(events: readonly EncodedEvent[]): BoundStatement;
  /** Inserts as {@link insert} does the rows of several commits, which hold up nobody for long when another transaction locks their place. */
  insertGroup(events: readonly EncodedEvent[], commands: readonly NewCommand[]): Insert;
}

/** The columns of an event, in the order of {@link eventRow}. */
export const EVENT_ROW = '("timestamp", aggregate_id, sequence, type, body)';
/** The columns of a command, in the order of {@link commandRow}. */
export const COMMAND_ROW = '(aggregate_id, command_id, digest, first_sequence, last_sequence)';

/** One event as five bindings, byte strings as hex digits. */
export function eventRow({ event, json }: EncodedEvent): Knex.RawBinding[] {
  return [event.timestamp.hex, event.aggregateId.hex, event.sequence, event.type, json];
}

/** One command as five bindings, byte strings as hex digits. */
export function commandRow(command: NewCommand): Knex.RawBinding[] {
  const { aggregateId, commandId, digest, firstSequence, lastSequence } = command;
  return [aggregateId.hex, commandId, digest, firstSequence, lastSequence];
}

/** Commands in the one order in which all insert them. */
export function inCommandOrder(commands: readonly NewCommand[]): readonly NewCommand[] {
  if (commands.length < 2) return commands;
  return commands.toSorted((a, b) => a.aggregateId.compare(b.aggregateId) || (a.commandId < b.commandId ? -1 : 1));
}
