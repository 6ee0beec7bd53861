import type { JoinOptions } from '../store/driver/joined.js';
import type { AggregateTypes, EventOf } from './definition/types.js';

/** What a command has led to. */
export interface Evaluation<Types extends AggregateTypes> {
  /** What was committed, in sequence order; none when the handler returned none. */
  readonly events: readonly EventOf<Types['events']>[];
  /** The state after them. */
  readonly state: Types['state'];
  /** The sequence of the last event in that state. */
  readonly sequence: number;
}

/** How a command is evaluated. */
export interface EvaluateOptions<Part> extends JoinOptions {
  /** Gives one part of the evaluation as the value, instead of all of it. */
  readonly return?: Part;
}

/** The value of an evaluation: all of it, or the one part that was asked for. */
export type EvaluationValue<Types extends AggregateTypes, Part extends keyof Evaluation<Types>> = [Part] extends [never]
  ? Evaluation<Types>
  : Evaluation<Types>[Part];
