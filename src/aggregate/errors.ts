import { type ErrorCode, MaestroError } from '../errors.js';
import type { EventRef } from '../events.js';
import { NestedTooDeeplyError } from '../json/parse.js';
import { didYouMean } from '../nearest.js';
import { SnapshotLossError } from './snapshot/errors.js';

/** The function of an application that an error concerns. */
export interface HandlerRef {
  /** The name of the aggregate's definition. */
  readonly aggregate: string;
  /**
   * The kind of function: an event's handler, upcaster or schema, a command's handler, or a function of the whole
   * definition.
   */
  readonly handler:
    'event' | 'upcaster' | 'schema' | 'command' | 'initialState' | 'encode' | 'decode' | 'render' | 'ids';
  /** The type of the event or command; absent for functions of the whole definition. */
  readonly type?: string;
  /** The newest name of the event's type, whose handler it is; absent when the type was not renamed. */
  readonly as?: string;
  /** The aggregate, in hex digits; absent where none is known. */
  readonly aggregateId?: string;
  /** The sequence of the event; for a command, of the last event before it. */
  readonly sequence?: number;
  /** The file that defines the aggregate, where that is known. */
  readonly file?: string | undefined;
}

/** A definition has no handler for a command or an event. Nothing was committed. */
export class InvalidHandlerError extends MaestroError {
  readonly code = 'MAESTRO_INVALID_HANDLER' satisfies ErrorCode;

  constructor(
    /** The missing handler. */ readonly handler: HandlerRef,
    /** The types that have a handler. */ readonly known: readonly string[],
  ) {
    const { aggregate, type, aggregateId, sequence } = handler;
    const where = handler.handler === 'event' ? `, sequence ${sequence} of ${aggregateId}` : '';
    const renamed =
      handler.handler === 'event' ? ' If the type was renamed, add it to `aliases` of the definition.' : '';
    super(`The aggregate ${aggregate} has no handler for the ${handler.handler} ${JSON.stringify(type)}${where}.`, {
      hint: `${didYouMean(type ?? '', known)} ${handledTypes(known)}${renamed}${definedIn(handler)}`.trimStart(),
    });
  }
}

/** A handler threw, or returned something that cannot be used. Nothing was committed. */
export class HandlerError extends MaestroError {
  readonly code = 'MAESTRO_HANDLER' satisfies ErrorCode;

  constructor(
    /** The handler, and the event or command that it was handling. */ readonly handler: HandlerRef,
    problem: string,
    cause?: unknown,
  ) {
    super(`${described(handler)} ${problem}`, {
      hint: `${handler.handler === 'event' ? 'If older code wrote this event, an upcaster can bring its body up to date. ' : ''}Handlers must be pure: they return a value (no promise), use only their arguments, and change nothing.${definedIn(handler)}`,
      cause,
    });
  }
}

/** The body of an event, stored or about to be, does not match the schema for its type. */
export class EventSchemaError extends MaestroError {
  readonly code = 'MAESTRO_EVENT_SCHEMA' satisfies ErrorCode;
  /** The name of the aggregate's definition. */
  readonly aggregate: string;

  constructor(
    /** The event. */ readonly event: EventRef,
    { aggregate, as, file }: HandlerRef,
    /** One entry per fault that the schema found. */
    readonly issues: readonly { readonly path: string; readonly message: string }[],
    advice: string | undefined,
  ) {
    const faults = issues.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('; ');
    super(
      `The body of ${event.type} at sequence ${event.sequence} of ${event.aggregateId} does not match the schema ${as === undefined ? '' : `for ${as} `}of the aggregate ${aggregate}: ${faults}.`,
      {
        hint: `${advice ?? 'If older code wrote this body, add an upcaster that converts it to the newest shape'}${
          file === undefined ? '.' : `; the definition is in ${file}.`
        }`,
      },
    );
    this.aggregate = aggregate;
  }
}

/** A value that a projection was to claim is taken. The events of the projection were rolled back. */
export class AlreadyTakenError extends MaestroError {
  readonly code = 'MAESTRO_ALREADY_TAKEN' satisfies ErrorCode;

  constructor(
    /** The table with the unique index. */ readonly table: string,
    /** The row that was to be inserted. */ readonly row: Readonly<Record<string, unknown>>,
    /** The name of the index, where PostgreSQL gives it. */ readonly constraint: string | undefined,
    cause: unknown,
  ) {
    const index = constraint === undefined ? 'A unique index' : `The unique index ${constraint}`;
    super(`${index} of ${table} refused the row: its value is already taken.`, {
      hint: 'Choose another value, or release the one that is taken.',
      cause,
    });
  }
}

/** Other writers were faster, time after time. Nothing was committed. */
export class RetryLimitError extends MaestroError {
  readonly code = 'MAESTRO_RETRY_LIMIT' satisfies ErrorCode;

  constructor(
    /** The aggregate, in hex digits. */ readonly aggregateId: string,
    /** The type of the command. */ readonly command: string,
    /** The number of attempts. */ readonly attempts: number,
  ) {
    super(
      `Other writers took the next sequence of ${aggregateId} at each of ${attempts} attempts at the command ${JSON.stringify(command)}; nothing was committed.`,
      { hint: 'Try again later, or raise maxAttempts; many writers on one aggregate are a sign that it is too large.' },
    );
  }
}

/** A command id was given to two different commands of one aggregate. The second one was not carried out. */
export class CommandIdReusedError extends MaestroError {
  readonly code = 'MAESTRO_COMMAND_ID_REUSED' satisfies ErrorCode;

  constructor(
    /** The aggregate, in hex digits. */ readonly aggregateId: string,
    /** The id. */ readonly commandId: string,
    /** The type of the second command. */ readonly command: string,
  ) {
    super(
      `The command id ${JSON.stringify(commandId)} was used for another command on ${aggregateId}, with another type or other data than this ${JSON.stringify(command)}; nothing was committed.`,
      { hint: 'Give every command an id of its own, and repeat it with the same data only.' },
    );
  }
}

/** A command was carried out, but not all of its events are in the log any more. It is not carried out again. */
export class CommandAnswerLostError extends MaestroError {
  readonly code = 'MAESTRO_COMMAND_ANSWER_LOST' satisfies ErrorCode;

  constructor(
    /** The aggregate, in hex digits. */ readonly aggregateId: string,
    /** The id of the command. */ readonly commandId: string,
    /** The sequence of its first event. */ readonly firstSequence: number,
    /** The sequence of its last event. */ readonly lastSequence: number,
  ) {
    super(
      `The command ${JSON.stringify(commandId)} was carried out as the events ${firstSequence} to ${lastSequence} of ${aggregateId}, but not all events up to there are in the log any more, so its answer cannot be given again.`,
      { hint: `List what is there with \`maestro events ${aggregateId}\`, and restore the rest from a backup.` },
    );
  }
}

/** Events of an aggregate are missing in the log, so its state cannot be folded. */
export class IncompleteHistoryError extends MaestroError {
  readonly code = 'MAESTRO_INCOMPLETE_HISTORY' satisfies ErrorCode;

  constructor(
    /** The aggregate, in hex digits. */ readonly aggregateId: string,
    /** The sequence that should have been next. */ readonly expected: number,
    /** The sequence that was there instead; absent when there was none. */ readonly found: number | undefined,
  ) {
    super(
      found === undefined
        ? `The snapshot of ${aggregateId} is of sequence ${expected}, but the log has no events of this aggregate.`
        : `The history of ${aggregateId} has a gap: the event after sequence ${expected - 1} has the sequence ${found}.`,
      {
        hint:
          `List its events with \`maestro events ${aggregateId}\`, and restore the missing events from a backup` +
          (found === undefined
            ? '.'
            : '. If an event was committed with a wrong sequence instead, erase the aggregate and append its events again with appendEvents, which assigns the sequences.'),
      },
    );
  }
}

function handledTypes(known: readonly string[]): string {
  return known.length === 0 ? 'It has no handlers of that kind at all.' : `It has handlers for: ${known.join(', ')}.`;
}

const LABELS: Readonly<Record<HandlerRef['handler'], string>> = {
  event: 'event handler',
  upcaster: 'upcaster',
  schema: 'schema',
  command: 'command handler',
  initialState: 'function initialState',
  encode: 'function snapshot.encode',
  decode: 'function snapshot.decode',
  render: 'function render',
  ids: 'function owns.ids',
};

function described({ aggregate, handler, type, as, aggregateId, sequence }: HandlerRef): string {
  const named =
    as === undefined ? JSON.stringify(type) : `${JSON.stringify(as)} for the stored type ${JSON.stringify(type)}`;
  const what = type === undefined ? LABELS[handler] : `${LABELS[handler]} ${named}`;
  const at = sequence === undefined ? '' : ` at sequence ${sequence}`;
  const of = aggregateId === undefined ? '' : ` of ${aggregateId}`;
  return `The ${what} of the aggregate ${aggregate}${at}${of}`;
}

function definedIn({ aggregate, file }: HandlerRef): string {
  return file === undefined ? '' : ` The aggregate ${aggregate} is defined in ${file}.`;
}

/** True for errors about one history and the handlers that fold it, as opposed to errors of the database. */
export function isFoldingError(error: unknown): error is MaestroError {
  return (
    error instanceof HandlerError ||
    error instanceof InvalidHandlerError ||
    error instanceof EventSchemaError ||
    error instanceof SnapshotLossError ||
    error instanceof IncompleteHistoryError ||
    error instanceof NestedTooDeeplyError
  );
}
