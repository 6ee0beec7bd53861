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
}

/** A state, and the sequence of the last event in it; 0 for none. */
export type StateWithSequence<Types extends AggregateTypes> = Pick<Evaluation<Types>, 'state' | 'sequence'>;

/** Options of `evaluate`. */
export interface EvaluateOptions<Part> extends JoinOptions {
  /**
   * The sequence that must be the aggregate's last one, 0 for an aggregate without events: with another one nothing is
   * decided, and `SequenceConflictError` is thrown. @defaultValue any
   */
  readonly expect?: number | undefined;
  /**
   * Who or what causes the events of the command, and why: a plain JSON object that each of them is stored with, its keys
   * before those of the option `metadata` of `openAggregates`. Handlers and schemas do not get it. @defaultValue none
   */
  readonly metadata?: object | undefined;
  /** Return this part of the evaluation instead of all of it. */
  readonly return?: Part;
}

/** The value of an evaluation: all of it, or the one part that was asked for. */
export type EvaluationValue<Types extends AggregateTypes, Part extends keyof Evaluation<Types>> = [Part] extends [never]
  ? Evaluation<Types>
  : Evaluation<Types>[Part];
