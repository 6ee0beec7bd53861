import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CommittedEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { Rejection } from '../fold/rejection.js';

/** The types of a definition, as `defineAggregate` infers them. */
export interface AggregateTypes {
  readonly state: unknown;
  /** The body of every event, by type, as command handlers write it. */
  readonly events: Readonly<Record<string, unknown>>;
  /** The body of every event, by type, as event handlers and projections get it. @defaultValue as command handlers write it */
  readonly handled?: Readonly<Record<string, unknown>>;
  /** The data of every command, and the reasons with which its handler may reject it. */
  readonly commands: Readonly<Record<string, CommandTypes>>;
}

/** The types of one command. */
export interface CommandTypes {
  readonly data: unknown;
  readonly rejection: unknown;
}

/** A schema for each type of event that has one. Any library that implements Standard Schema will do. */
export type EventSchemas = Readonly<Record<string, StandardSchemaV1>>;

type Input<Schema> = Schema extends StandardSchemaV1<infer In, unknown> ? In : never;
type Output<Schema> = Schema extends StandardSchemaV1<unknown, infer Out> ? Out : never;

/** The third argument of command handlers. */
export interface DecisionTools {
  /** The aggregate. */
  readonly id: Timestamp;
  /** The sequence of the last event that the state contains; 0 when there is none. */
  readonly sequence: number;
  /** Rejects the command: `return reject('not_enough_money')`. The reason is returned by `evaluate` as `error`. */
  readonly reject: <const Reason>(reason: Reason) => Rejection<Reason>;
}

/**
 * The type of the `events` of a definition. A body has the output type of its schema, else the handler's parameter
 * type; without either it is `never`, so that it cannot be used by mistake.
 */
export type EventHandlers<State, Schemas> = {
  readonly [Type in keyof Schemas]: (state: State, body: Output<Schemas[Type]>) => NextState<State>;
} & { readonly [type: string]: (state: State, body: never) => NextState<State> };

/**
 * The return type of an event handler: a state. While the compiler has not inferred the state yet, any value, in a type
 * that keeps literals narrow: the compiler infers handlers without parameters at once, and only once.
 */
type NextState<State> = unknown extends State ? AnyLiterals : State;
type AnyLiterals =
  AnyText | AnyNumber | boolean | bigint | symbol | object | null | { readonly [key: string]: AnyLiterals };
type AnyText = (string & NonNullable<unknown>) | '';
type AnyNumber = (number & NonNullable<unknown>) | 0;

type Handled<Handler> = Handler extends (state: never, body: infer Body) => unknown
  ? unknown extends Body
    ? object
    : Body
  : never;

/**
 * The bodies of events by type, as command handlers write them: the input type of the schema, else the handler's
 * parameter type.
 */
export type EventBodies<Handlers, Schemas> = {
  readonly [Type in keyof Handlers & string]: Type extends keyof Schemas
    ? Input<Schemas[Type]>
    : Handled<Handlers[Type]>;
};

/**
 * The bodies of events by type, as event handlers and projections get them: the output type of the schema, else the
 * handler's parameter type.
 */
export type HandledBodies<Handlers, Schemas> = {
  readonly [Type in keyof Handlers & string]: Type extends keyof Schemas
    ? Output<Schemas[Type]>
    : Handled<Handlers[Type]>;
};

/** The bodies of the events of an aggregate, by type, as its event handlers and projections get them. */
export type HandledOf<Types extends AggregateTypes> = Types extends { readonly handled: infer Bodies }
  ? Bodies
  : Types['events'];

/** An event as a command handler returns it: one of the types that the definition has handlers for. */
export type DraftOf<Bodies> = {
  [Type in keyof Bodies & string]: { readonly type: Type; readonly body: Bodies[Type] };
}[keyof Bodies & string];

/** An event that a command handler may return; any event while the compiler has not inferred the event handlers yet. */
type HandledDraft<Events, Schemas> = string extends keyof Events
  ? { readonly type: AnyText; readonly body: object }
  : DraftOf<EventBodies<Events, Schemas>>;

/**
 * A type that no value has. Its literal makes the compiler keep the literal types of returned events, and explains the
 * error.
 */
interface NoSuchEvent {
  readonly type: 'a type of event that the definition has a handler for';
  readonly body: never;
}

/** The type of the `commands` of a definition. */
export type CommandHandler<State, Events, Schemas> = (
  state: State,
  data: never,
  tools: DecisionTools,
) => readonly (HandledDraft<Events, Schemas> | NoSuchEvent)[] | Rejection<unknown>;

/** The data and rejection types of commands, inferred from their handlers. */
export type CommandTypesOf<Handlers> = {
  readonly [Type in keyof Handlers]: {
    readonly data: DataOf<Handlers[Type]>;
    readonly rejection: ReasonOf<Handlers[Type]>;
  };
};

/** The data of a command; `undefined` when its handler takes none, or gives the parameter no type. */
type DataOf<Handler> = Handler extends (...parameters: infer Parameters extends readonly unknown[]) => unknown
  ? [Parameters[1]] extends [never]
    ? undefined
    : Parameters[1]
  : never;

type ReasonOf<Handler> = Handler extends (...parameters: never) => infer Answer
  ? Answer extends Rejection<infer Reason>
    ? Reason
    : never
  : never;

/**
 * A committed event of one of these types, with its body's type. `never` while the compiler has inferred no types yet,
 * so that any handler of such events is accepted until then.
 */
export type EventOf<Bodies, Type extends keyof Bodies = keyof Bodies> = string extends keyof Bodies
  ? never
  : { [Each in Type & string]: CommittedEvent<Bodies[Each]> & { readonly type: Each } }[Type & string];

/** A command: its type, and its data unless the handler takes none. */
export type CommandOf<Commands extends AggregateTypes['commands'], Type extends keyof Commands = keyof Commands> = {
  [Each in Type]: { readonly type: Each } & (undefined extends Commands[Each]['data']
    ? { readonly data?: Commands[Each]['data'] }
    : { readonly data: Commands[Each]['data'] });
}[Type];
