import type { AggregateTypes, CommandOf, DraftOf, EventOf } from '../../aggregate/definition/types.js';
import type { ErrorCode } from '../../errors.js';
import type { Timestamp } from '../../hlc/timestamp.js';

/** Facts about a given event that handlers do not see, but upcasters do. */
export interface GivenFacts {
  /** The cause of the event, who or what it was and why: a plain JSON object. @defaultValue none */
  readonly metadata?: object;
  /** The time of the event. @defaultValue a second after the event before it */
  readonly timestamp?: Timestamp;
}

/** Options of a command in a scenario. */
export interface WhenOptions {
  /** The metadata of its events: a plain JSON object. @defaultValue none */
  readonly metadata?: object;
}

/** An event that has happened, in the newest shape of its body. */
export type GivenEvent<Bodies> = DraftOf<Bodies> & GivenFacts;

/** An event as the log has it: by older code or another program, of any type, with any body. */
export interface GivenStoredEvent extends GivenFacts {
  readonly type: string;
  readonly body: object;
}

/**
 * What an error has to be: an instance of a class, one with a code or with a message, or one that a function returns true
 * for.
 */
export type ExpectedError =
  (abstract new (...args: never) => unknown) | ErrorCode | (string & {}) | RegExp | ((error: unknown) => boolean);

/**
 * A history of one aggregate, and what is expected of it. Each method returns a new scenario and leaves this one as it is,
 * so that several tests may go on from one. Methods answer at once; one whose expectation is not met throws `ScenarioError`.
 */
export interface Scenario<Types extends AggregateTypes> {
  /** Adds events that have happened. They are checked, encoded and folded like those of a command. */
  given(...events: readonly GivenEvent<Types['events']>[]): Scenario<Types>;
  /** Adds events as {@link given} does, of shapes that only upcasters and aliases know. */
  givenStored(...events: readonly GivenStoredEvent[]): Scenario<Types>;
  /** Has the aggregate decide on a command, twice: handlers have to be pure. A rejection or an error is kept for `then…`. */
  when<Type extends keyof Types['commands'] & string>(
    command: CommandOf<Types['commands'], Type>,
    options?: WhenOptions,
  ): Decision<Types, Type>;
  /** Expects this state, deeply and strictly equal; after a command, one that was not rejected. */
  thenState(state: Types['state']): Scenario<Types>;
  /**
   * Expects that the command, or folding the given events, throws: an instance of a class, an error with a code, with a
   * message that matches a pattern, or one that a function returns true for. The aggregate is then as it was before.
   */
  thenThrows(error: ExpectedError): Scenario<Types>;
  /** The state, for assertions of other libraries. Throws after a rejection or an error. */
  readonly state: Types['state'];
  /** The sequence of the last event, 0 before the first. Throws after a rejection or an error. */
  readonly sequence: number;
}

/** A scenario right after a command. */
export interface Decision<
  Types extends AggregateTypes,
  Type extends keyof Types['commands'] = keyof Types['commands'],
> extends Scenario<Types> {
  /** Expects exactly these events, in order: their types and bodies. */
  then(...events: readonly DraftOf<Types['events']>[]): Scenario<Types>;
  /** Expects that the command is accepted and has no events. */
  thenNothing(): Scenario<Types>;
  /** Expects a rejection with this reason, deeply and strictly equal. The aggregate is then as it was before. */
  thenRejected(reason: Types['commands'][Type]['rejection']): Scenario<Types>;
  /** The events of the command, for assertions of other libraries. Throws after a rejection or an error. */
  readonly events: readonly EventOf<Types['events']>[];
}
