import { assertOptions } from '../assert-options.js';
import { InvalidArgumentError } from '../errors.js';
import type { Command } from './fold/decide.js';
import type { JoinOptions } from '../store/transactions/joined.js';
import type { AggregateTypes, EventOf } from './definition/types.js';

/** The result of a command that was not rejected. */
export interface Evaluation<Types extends AggregateTypes> {
  /** The committed events, in sequence order; none when the handler returned none. */
  readonly events: readonly EventOf<Types['events']>[];
  /** The state after them. */
  readonly state: Types['state'];
  /** The sequence of the last event in that state. */
  readonly sequence: number;
  /** True when a command with this `commandId` was carried out before, and this is its answer of then; else absent. */
  readonly repeated?: true;
}

const PARTS = ['events', 'state', 'sequence'] as const;
/** The parts of an evaluation that can be asked for alone. */
export type EvaluationPart = (typeof PARTS)[number];

/** A state, and the sequence of the last event in it; 0 for none. */
export type StateWithSequence<Types extends AggregateTypes> = Pick<Evaluation<Types>, 'state' | 'sequence'>;

/** Options of `evaluate`. */
export interface EvaluateOptions<Part> extends JoinOptions {
  /**
   * A name for this command, 1 to 200 code points, such as the Idempotency-Key of a request: a command is carried out only
   * once under it, and any repeat, in any process, gets the answer of the first time. The data must be JSON. The
   * id belongs to the aggregate; another command with it is refused (`CommandIdReusedError`). A rejection is not remembered. @defaultValue none
   */
  readonly commandId?: string | undefined;
  /**
   * The sequence that must be the aggregate's last one, 0 for an aggregate without events: with another one nothing is
   * decided, and `SequenceConflictError` is thrown. @defaultValue any
   */
  readonly expect?: number | undefined;
  /**
   * Who or what causes the events of the command, and why: a plain JSON object that each of them is stored with, where
   * the option `metadata` of `openAggregates` gives the same key, this one counts. Handlers and schemas do not get it. @defaultValue none
   */
  readonly metadata?: object | undefined;
  /** Return this part of the evaluation instead of all of it. */
  readonly return?: Part;
}

/** The value of an evaluation: all of it, or the one part that was asked for. */
export type EvaluationValue<Types extends AggregateTypes, Part extends EvaluationPart> = [Part] extends [never]
  ? Evaluation<Types>
  : Evaluation<Types>[Part];

/** Throws {@link InvalidArgumentError} for what cannot be a command, and for a key that would be ignored. */
export function assertCommand(command: unknown): void {
  if (typeof command !== 'object' || command === null || typeof (command as Partial<Command>).type !== 'string')
    throw new InvalidArgumentError('A command must be an object {type, data} with a string as its type.');
  const unknown = Object.keys(command).find((key) => key !== 'type' && key !== 'data');
  if (unknown !== undefined)
    throw new InvalidArgumentError(
      `The command ${JSON.stringify((command as Command).type)} has the key ${JSON.stringify(unknown)}; a command has \`type\` and \`data\` only.`,
      { hint: unknown === 'body' ? 'Write `data` for what a command asks for; events have a `body`.' : COMMAND_HINT },
    );
}

const COMMAND_HINT =
  'What the handler needs belongs in `data`; `commandId`, `expect` and `metadata` are options of `evaluate`.';
const EVALUATE_OPTIONS = ['expect', 'commandId', 'metadata', 'return', 'transaction'] as const;

/** Throws {@link InvalidArgumentError} for options that `evaluate` does not have. */
export function assertEvaluateOptions(options: object): void {
  assertOptions('evaluate()', options, EVALUATE_OPTIONS);
}

/** Throws {@link InvalidArgumentError} for options that a read of an aggregate does not have. */
export function assertReadOptions(options: object): void {
  assertOptions('This method', options, ['transaction']);
}

/** Throws {@link InvalidArgumentError} for what is no part of an evaluation. */
export function assertPart(part: EvaluationPart | undefined): void {
  if (part !== undefined && !PARTS.includes(part))
    throw new InvalidArgumentError(`return must be 'events', 'state' or 'sequence'; got ${JSON.stringify(part)}.`);
}
