import type { NumberMode } from '../../json/types.js';
import { assertDefinition } from './assert-definition.js';
import { callerFile } from './caller-file.js';
import type { Aggregate, AggregateProjection, Definition, Ownership, Upcaster } from './definition.js';
import type { SnapshotPolicyFor } from './snapshot-policy.js';
import type {
  CommandHandler,
  CommandTypesOf,
  EventBodies,
  EventHandlers,
  EventSchemas,
  HandledBodies,
} from './types.js';
import { withoutUndefined } from './without-undefined.js';

/** The property that marks definitions, also those made by another copy of this package. */
const BRAND = Symbol.for('maestro-store.aggregate');

/** True for a definition made by {@link defineAggregate}. */
export function isAggregate(value: unknown): value is Aggregate {
  return typeof value === 'object' && value !== null && BRAND in value;
}

/** An aggregate as an application describes it to {@link defineAggregate}. */
export interface AggregateDescription<Name, State, Events, Commands, Schemas> {
  /** The name for people: `maestro replay --aggregate bank-account`. Letters, digits, `-`, `_` and `.`. */
  readonly name: Name;
  /** The state before the first event. */
  readonly initialState: () => State;
  /**
   * The command handlers: `(state, data, {id, sequence, reject}) => events`, or `reject(reason)`. May run several times
   * for one command, when other writers are faster.
   */
  readonly commands: Commands;
  /** The event handlers: `(state, body) => state`. Must not fail for an event that was committed once. */
  readonly events: Events;
  /** Schemas for bodies, by type of event: written and read bodies must match; handlers get the schema's output. */
  readonly schemas?: Schemas;
  /**
   * Functions by type of event that convert bodies written by older code into the newest shape, whenever they are read.
   * Each gets every body of its type, also those in the newest shape.
   */
  readonly upcasters?: { readonly [Type in keyof NoInfer<Events>]?: Upcaster };
  /**
   * The older names of types of events that were renamed, by the newest name: `{ money_withdrawn: ['withdrawn'] }`. Stored
   * events keep the name they have; handlers, upcasters, schemas and projections of the newest name get them, too.
   */
  readonly aliases?: { readonly [Type in keyof NoInfer<Events>]?: readonly string[] };
  /**
   * Read models that are written in the transaction of the events, in order. They get bodies as event handlers do: the
   * upcaster and the schema were applied.
   */
  readonly projections?: readonly AggregateProjection<HandledBodies<NoInfer<Events>, NoInfer<Schemas>>>[];
  /** The policy for snapshots, which spare folding long histories from the first event. */
  readonly snapshot?: SnapshotPolicyFor<State>;
  /** The aggregates that belong to this definition, for tools. */
  readonly owns?: Ownership<keyof NoInfer<Events> & string>;
  /** The mode of numbers in bodies and snapshots. @defaultValue 'plain' */
  readonly numbers?: NumberMode;
  /** The state as text for people, which `maestro replay` shows in a terminal instead of JSON. */
  readonly render?: (state: NoInfer<State>) => string;
}

/**
 * Defines an aggregate: its command handlers return events, its event handlers fold them into a state. All types are
 * inferred from the handlers: an event without a handler, an unknown type or a wrong body is a compile error, and so is
 * a command or data that no handler takes. Nothing runs until {@link openAggregates}. Mirrors
 * `use Maestro.Aggregate.Root` of Elixir.
 *
 * Throws `InvalidArgumentError` for faults that the compiler cannot see: an unusable name, an object that is not a
 * schema, and all faults of programs in plain JavaScript.
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
  readonly handled: HandledBodies<Events, Schemas>;
  readonly commands: CommandTypesOf<Commands>;
}> {
  assertDefinition(description);
  const definition = {
    upcasters: {},
    aliases: {},
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
  // From here on definitions run without their types: handlers are found by name.
  return Object.freeze(definition as unknown as Definition);
}
