import type { StandardSchemaV1 } from '@standard-schema/spec';
import type { CommittedEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { Rejection } from '../fold/rejection.js';

/** All that a definition says in types: what `defineAggregate` infers, and what the rest is typed by. */
export interface AggregateTypes {
  readonly state: unknown;
  /** The body of every event, by type, as command handlers write it. */
  readonly events: Readonly<Record<string, unknown>>;
  /** What every command carries, and the reasons its handler may give to reject it. */
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

/** What command handlers get beside the state and the data. */
export interface DecisionTools {
  /** The aggregate. */
  readonly id: Timestamp;
  /** The sequence of the last event that the state contains; 0 when there is none. */
  readonly sequence: number;
  /** Says no: `return reject('not_enough_money')`. The reason comes back from `evaluate` as `error`. */
  readonly reject: <const Reason>(reason: Reason) => Rejection<Reason>;
}

/**
 * What the `events` of a definition must be. The body's type is the output of its schema, or else what the handler says
 * it is; without either it is `never`, so that it cannot be used by mistake.
 */
export type EventHandlers<State, Schemas> = {
  readonly [Type in keyof Schemas]: (state: State, body: Output<Schemas[Type]>) => NextState<State>;
} & { readonly [type: string]: (state: State, body: never) => NextState<State> };

/**
 * What an event handler returns: a state. While the compiler does not know yet what a state is, anything, told to it so
 * that it keeps literals as what they are: it looks at handlers without parameters at once, and never again.
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

/** The bodies of the events that handlers stand for, as they are written: with a schema, its input. */
export type EventBodies<Handlers, Schemas> = {
  readonly [Type in keyof Handlers & string]: Type extends keyof Schemas
    ? Input<Schemas[Type]>
    : Handled<Handlers[Type]>;
};

/** An event as a command handler returns it: one of the types that the definition has handlers for. */
export type DraftOf<Bodies> = {
  [Type in keyof Bodies & string]: { readonly type: Type; readonly body: Bodies[Type] };
}[keyof Bodies & string];

/** What may be returned; anything while the compiler has not come to the event handlers yet and knows no types of them. */
type HandledDraft<Events, Schemas> = string extends keyof Events
  ? { readonly type: AnyText; readonly body: object }
  : DraftOf<EventBodies<Events, Schemas>>;

/** Never fits; its literal type has the compiler keep the literal types of what handlers return, and tell what is wrong. */
interface NoSuchEvent {
  readonly type: 'a type of event that the definition has a handler for';
  readonly body: never;
}

/** What the `commands` of a definition must be. */
export type CommandHandler<State, Events, Schemas> = (
  state: State,
  data: never,
  tools: DecisionTools,
) => readonly (HandledDraft<Events, Schemas> | NoSuchEvent)[] | Rejection<unknown>;

/** What commands carry and are rejected with, read off their handlers. */
export type CommandTypesOf<Handlers> = {
  readonly [Type in keyof Handlers]: {
    readonly data: DataOf<Handlers[Type]>;
    readonly rejection: ReasonOf<Handlers[Type]>;
  };
};

/** Nothing for a handler that takes no data, or has a parameter for it that it says no type of and so cannot use. */
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
 * A committed event of one of these types, its body typed by it. Nothing at all while the compiler knows no types yet, so
 * that whatever handles such events will do until it does.
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
