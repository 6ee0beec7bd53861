import type { Definition } from '../aggregate/definition/definition.js';
import { handledType } from '../aggregate/definition/event-names.js';
import { eventHandlerOf, newestBody } from '../aggregate/fold/newest-body.js';
import { firstTypesOf, hasOwnershipRules, ownsAggregate } from '../aggregate/owns-aggregate.js';
import { InvalidArgumentError } from '../errors.js';
import type { StoredEvent } from '../events.js';
import type { Timestamp } from '../hlc/timestamp.js';
import { decodedEvent } from '../store/read/rows.js';
import type { AnyProjection, HandledEvent } from './definition.js';
import { hasHandler } from './handlers.js';

/** Reads the stored events of one aggregate as the handlers of a projection get them. */
export interface AggregateReader {
  /** The definition that reads them. */
  readonly definition: Definition;
  /**
   * The event as handlers get it; `undefined` for one that no handler is for. Throws `HandlerError`, `EventSchemaError` and
   * `NestedTooDeeplyError` for an event that the definition cannot read.
   */
  read(this: void, stored: StoredEvent): HandledEvent | undefined;
}

/** Tells which aggregates a projection takes in, and reads their events. */
export interface EventReader {
  /** The types of stored events that handlers get, older names as well. All others are passed over, so nobody needs their bodies. */
  readonly types: readonly string[];
  /** True when the type of an aggregate's first event is needed to tell whose aggregate it is. */
  readonly needsFirstType: boolean;
  /**
   * The reader of an aggregate, given the type of its first event where that is needed; `undefined` when none of the projection's
   * aggregates owns it. Throws `InvalidArgumentError` when several do, and `HandlerError`.
   */
  of(this: void, id: Timestamp, firstType: string | undefined): AggregateReader | undefined;
  /** The reader of the aggregates of a definition, for those who know whose an aggregate is. */
  as(this: void, definition: Definition): AggregateReader;
}

/** The reader of the events of a projection or subscription. */
export function eventReader(projection: AnyProjection): EventReader {
  const { from } = projection;
  const readers = new Map(from.map((definition) => [definition, aggregateReader(projection, definition)]));
  const as = (definition: Definition) => readers.get(definition) ?? aggregateReader(projection, definition);
  return {
    types: [...new Set(from.flatMap((definition) => wantedTypes(projection, definition)))],
    needsFirstType: from.some((definition) => firstTypesOf(definition).length > 0),
    as,
    of: (id, firstType) => {
      const owner = ownerOf(projection, id, firstType);
      return owner === undefined ? undefined : as(owner);
    },
  };
}

function ownerOf({ name, from }: AnyProjection, id: Timestamp, firstType: string | undefined): Definition | undefined {
  const [first] = from;
  // The only one takes all, unless it says which are its own; of several each says so.
  if (from.length === 1 && first !== undefined && !hasOwnershipRules(first)) return first;
  const owners = from.filter((definition) => ownsAggregate(definition, id, firstType));
  if (owners.length < 2) return owners[0];
  const names = owners.map((owner) => owner.name).join(' and ');
  throw new InvalidArgumentError(`The aggregate ${id.hex} belongs to several aggregates of ${name}: ${names}.`, {
    hint: 'Change `owns` in their definitions, so that only one of them owns it.',
  });
}

function aggregateReader(projection: AnyProjection, definition: Definition): AggregateReader {
  /** The newest names of types that have a handler, by stored type; `undefined` for the others. */
  const known = new Map<string, string | undefined>();
  const newestOf = (type: string) => {
    if (known.has(type)) return known.get(type);
    const wanted = wantedName(projection, definition, type);
    // Types come from a log, which may have any number of them.
    if (known.size < MOST_KNOWN) known.set(type, wanted);
    return wanted;
  };
  return {
    definition,
    read: (stored) => {
      const newest = newestOf(stored.type);
      return newest === undefined ? undefined : handled(definition, newest, stored);
    },
  };
}

/** The newest name of a type that handlers get; `undefined` for one that they do not. */
function wantedName(projection: AnyProjection, definition: Definition, type: string): string | undefined {
  const newest = handledType(definition, type);
  return newest !== undefined && hasHandler(projection, newest) ? newest : undefined;
}

function wantedTypes(projection: AnyProjection, definition: Definition): string[] {
  const { events, aliases = {} } = definition;
  const all = [...Object.keys(events), ...Object.values(aliases).flat()];
  return all.filter((type) => wantedName(projection, definition, type) !== undefined);
}

/** The event as handlers get it. Without spreads, because catching up reads millions. */
function handled(definition: Definition, newest: string, stored: StoredEvent): HandledEvent {
  const { timestamp, aggregateId, sequence, type: storedType } = stored;
  const event = decodedEvent(stored, definition.numbers);
  const { metadata } = event;
  const body = newestBody(definition, newest, event, eventHandlerOf(definition, event, newest));
  return metadata === undefined
    ? { timestamp, aggregateId, sequence, type: newest, body, storedType }
    : { timestamp, aggregateId, sequence, type: newest, body, metadata, storedType };
}

/** Number of types whose handlers are remembered. */
const MOST_KNOWN = 1000;
