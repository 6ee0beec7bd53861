import type { NumberMode } from '../../json/types.js';
import { assertDefinition } from './assert-definition.js';
import { callerFile } from './call-site.js';
import type { Aggregate, AggregateProjection, Definition, Ownership, SnapshotPolicy, Upcaster } from './definition.js';
import type { CommandHandler, CommandTypesOf, EventBodies, EventHandlers, EventSchemas } from './types.js';

/** Marks definitions, also those that another copy of this package has made. */
const BRAND = Symbol.for('maestro-store.aggregate');

/** Whether {@link defineAggregate} has made this. */
export function isAggregate(value: unknown): value is Aggregate {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** An aggregate as an application describes it to {@link defineAggregate}. */
export interface AggregateDescription<Name, State, Events, Commands, Schemas> {
  /** What people call it: `maestro replay --aggregate bank-account`. Letters, digits, `-`, `_` and `.`. */
  readonly name: Name;
  /** The state before the first event. */
  readonly initialState: () => State;
  /**
   * What commands lead to: `(state, data, {id, sequence, reject}) => events`, or `reject(reason)`. May run several times
   * for one command, when other writers are faster.
   */
  readonly commands: Commands;
  /** What events do to the state: `(state, body) => state`. Must not fail for an event that was committed once. */
  readonly events: Events;
  /** Schemas for bodies, by type of event: what is written and what is read must match; handlers get their output. */
  readonly schemas?: Schemas;
  /**
   * Turn the bodies that older code has written into the newest shape, by type of event, whenever they are read. Each is
   * given every body of its type, also those that have the newest shape already.
   */
  readonly upcasters?: { readonly [Type in keyof NoInfer<Events>]?: Upcaster };
  /** Read models that are written in the transaction of the events, in order. */
  readonly projections?: readonly AggregateProjection<EventBodies<NoInfer<Events>, NoInfer<Schemas>>>[];
  /** When and how states are kept, so that long histories need not be folded from the beginning. */
  readonly snapshot?: SnapshotPolicy<NoInfer<State>>;
  /** How tools tell that an aggregate id is one of this aggregate's. */
  readonly owns?: Ownership<keyof NoInfer<Events> & string>;
  /** How numbers in bodies and snapshots are read. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
  /** The state as text for people, which `maestro replay` shows in a terminal instead of JSON. */
  readonly render?: (state: NoInfer<State>) => string;
}

/**
 * Defines an aggregate: what commands lead to which events, and what events do to its state. All types follow from the
 * handlers: an event without a handler, an unknown type or a wrong body is a compile error, and so is a command or data
 * that no handler takes. Nothing runs until {@link openAggregates}. Mirrors `use Maestro.Aggregate.Root` of Elixir.
 *
 * Throws `InvalidArgumentError` for what the compiler cannot see: an unusable name, a schema that is none, and whatever
 * a program in plain JavaScript gets wrong.
 */
export function defineAggregate<
  const Name extends string,
  State,
  Events extends EventHandlers<State, Schemas>,
  Commands extends Readonly<Record<string, CommandHandler<State, Events, Schemas>>>,
  // eslint-disable-next-line @typescript-eslint/no-empty-object-type -- without schemas there are none, not any
  Schemas extends EventSchemas = {},
>(
  description: AggregateDescription<Name, State, Events, Commands, Schemas>,
): Aggregate<{
  readonly state: State;
  readonly events: EventBodies<Events, Schemas>;
  readonly commands: CommandTypesOf<Commands>;
}> {
  assertDefinition(description);
  const definition = {
    upcasters: {},
    schemas: {},
    projections: [],
    snapshot: {},
    owns: {},
    numbers: 'plain',
    render: undefined,
    ...withoutUndefined(description),
    file: callerFile(),
    [BRAND]: true,
  };
  // From here on the types are set aside: what the compiler has checked is run by name.
  return Object.freeze(definition as unknown as Definition);
}

/** The same without properties that are there but undefined, which must not hide a default. */
function withoutUndefined<Value extends object>(value: Value): Value {
  return Object.fromEntries(Object.entries(value).filter(([, property]) => property !== undefined)) as Value;
}
