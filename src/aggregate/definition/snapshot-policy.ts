import type { ExactNumber } from '../../json/exact-number.js';
import type { JsonValue } from '../../json/types.js';

/** The policy for an aggregate's snapshots. */
export interface SnapshotPolicy<State> {
  /**
   * Number of events after the last snapshot at which a new one is stored; `'never'` stores none automatically.
   * @defaultValue 'never'
   */
  readonly every?: number | 'never';
  /**
   * The version of the state's shape. A stored snapshot of another version, or of none, is not used, so change this
   * with every change of the shape that {@link encode} returns, or of what event handlers make of old events. Without a
   * version, snapshots are stored in Elixir Maestro's format, which has none.
   */
  readonly version?: number | string;
  /** The JSON to store for a state; without a version it must be an object. @defaultValue the state itself */
  readonly encode?: (state: State) => unknown;
  /** The state for a stored JSON value, the inverse of {@link encode}. @defaultValue the JSON value itself */
  readonly decode?: (json: JsonValue) => State;
}

/**
 * The policy for snapshots of a state. A state whose type has parts that JSON cannot write (a `Date`, a `Map`, a function)
 * needs `encode` and `decode`; one with bigints needs `decode`, because small integers are read as numbers. What types do
 * not tell, an instance without methods say, is refused when a snapshot is taken.
 */
export type SnapshotPolicyFor<State> = SnapshotPolicy<NoInfer<State>> &
  ([State] extends [Writable<State>] ? unknown : NeedsEncode<NoInfer<State>>) &
  ([State] extends [Readable<State>] ? unknown : NeedsDecode<NoInfer<State>>);

/** A policy for states that are not JSON as they are. */
interface NeedsEncode<State> {
  readonly encode: (state: State) => unknown;
}

/** A policy for states that JSON does not bring back as they are. */
interface NeedsDecode<State> {
  readonly decode: (json: JsonValue) => State;
}

type Scalar = string | number | boolean | null | undefined;
type Code = symbol | ((...parameters: never) => unknown);

/** A type with `never` for the parts that JSON cannot write. One that takes any JSON stays as it is: it tells nothing. */
type Writable<Value> = [JsonValue] extends [Value]
  ? Value
  : Value extends Scalar | bigint | ExactNumber
    ? Value
    : Value extends Code
      ? never
      : Value extends readonly (infer Item)[]
        ? { readonly [index: number]: Writable<Item> }
        : { [Key in keyof Value]: Writable<Value[Key]> };

/** A type with `never` for the parts that JSON does not bring back. */
type Readable<Value> = [JsonValue] extends [Value]
  ? Value
  : Value extends Scalar
    ? Value
    : Value extends Code | bigint | ExactNumber
      ? never
      : Value extends readonly (infer Item)[]
        ? { readonly [index: number]: Readable<Item> }
        : { [Key in keyof Value]: Readable<Value[Key]> };
