import type { Definition } from '../../aggregate/definition/definition.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { JsonValue } from '../../json/types.js';
import type { Session } from '../session.js';

/** The state of an aggregate at one point of its history. Never changed: what follows is another one. */
export interface FoldedPoint {
  readonly state: unknown;
  /** The sequence of the last event in it; 0 before the first. */
  readonly sequence: number;
  /** The timestamp of that event; absent before the first. */
  readonly timestamp: Timestamp | undefined;
}

/** How the events of one aggregate are folded: by the handlers of an application, or by merging their bodies. */
export interface Folding {
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
  /** How the states come to be, in words for people. */
  readonly how: string;
  /** The state before the first event. Throws `HandlerError`. */
  start(): FoldedPoint;
  /**
   * The state after one more event, which need not be the next. Leaves the state before as it is. Throws
   * `InvalidHandlerError`, `HandlerError` and `EventSchemaError`.
   */
  next(before: FoldedPoint, event: StoredEvent): FoldedPoint;
  /** A state as JSON text, its numbers digit for digit. Throws `HandlerError`. */
  json(point: FoldedPoint): string;
  /** A state as its definition shows it to people; absent when it does not. Throws `HandlerError`. */
  readonly render?: (point: FoldedPoint) => string;
}

/** Why and how bodies were merged, for people. */
export function mergedBecause(configured: readonly Definition[]): string {
  const why = configured.length === 0 ? 'no aggregate is configured' : 'no configured definition owns this aggregate';
  return `${why}, so the bodies were merged in order (JSON Merge Patch, RFC 7396)`;
}

/** How the events of an aggregate are to be folded: by its definition, or without one by merging. */
export async function foldingFor(
  definition: Definition | undefined,
  id: Timestamp,
  session: Pick<Session, 'configuration'>,
): Promise<Folding> {
  return definition === undefined ? await mergeFolding(session) : await handlerFolding(definition, id);
}

/** The folding by the handlers of a definition. */
export async function handlerFolding(definition: Definition, id: Timestamp): Promise<Folding> {
  const [{ evolve, initialState }, { renderState, storedForm }, { stateJson }, { decodedEvent }] = await Promise.all([
    import('../../aggregate/fold/evolve.js'),
    import('../../aggregate/render-state.js'),
    import('../render/state.js'),
    import('../../store/read/rows.js'),
  ]);
  const moment = (point: FoldedPoint) => ({ ...point, snapshot: 0 });
  return {
    aggregate: definition.name,
    how: `folded by the handlers of ${definition.name}`,
    start: () => ({ state: initialState(definition), sequence: 0, timestamp: undefined }),
    next: ({ state }, event) => ({
      state: evolve(definition, state, decodedEvent(event, definition.numbers)),
      sequence: event.sequence,
      timestamp: event.timestamp,
    }),
    json: (point) => stateJson(point.state, () => storedForm({ definition, id }, moment(point))),
    ...(definition.render !== undefined && {
      render: (point: FoldedPoint) => renderState({ definition, id }, moment(point)) ?? '',
    }),
  };
}

async function mergeFolding(session: Pick<Session, 'configuration'>): Promise<Folding> {
  const [{ mergePatch }, { storedBody }, { printJson }, { aggregates = [] }] = await Promise.all([
    import('../../json/merge-patch.js'),
    import('./stored-body.js'),
    import('../../json/print.js'),
    session.configuration(),
  ]);
  return {
    aggregate: undefined,
    how: mergedBecause(aggregates),
    start: () => ({ state: {}, sequence: 0, timestamp: undefined }),
    next: ({ state }, event) => ({
      state: mergePatch(state as JsonValue, storedBody(event), 'copy'),
      sequence: event.sequence,
      timestamp: event.timestamp,
    }),
    json: ({ state }) => printJson(state as JsonValue),
  };
}
