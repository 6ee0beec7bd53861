import type { Definition } from '../../aggregate/definition/definition.js';
import type { StateAt } from '../../aggregate/state-at.js';
import type { StoredEvent } from '../../events.js';
import type { Timestamp } from '../../hlc/timestamp.js';
import type { JsonValue } from '../../json/types.js';
import type { Session } from '../session.js';

/** How the events of one aggregate are folded: by the handlers of an application, or by merging their bodies. */
export interface Folding {
  /** The name of the aggregate whose handlers fold; absent when bodies are merged. */
  readonly aggregate: string | undefined;
  /** How the states come to be, in words for people. */
  readonly how: string;
  /** The state before the first event. Throws `HandlerError`. */
  start(): StateAt;
  /**
   * The state after one more event, which need not be the next. Leaves the state before as it is. Throws
   * `InvalidHandlerError`, `HandlerError` and `EventSchemaError`.
   */
  next(before: StateAt, event: StoredEvent): StateAt;
  /** A state as JSON text, its numbers digit for digit. Throws `HandlerError`. */
  json(at: StateAt): string;
  /** A state as its definition shows it to people; absent when it does not. Throws `HandlerError`. */
  readonly render?: (at: StateAt) => string;
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
  const [{ evolve }, { initialStateAt }, { renderState, storedForm }, { stateJson }, { decodedEvent }] =
    await Promise.all([
      import('../../aggregate/fold/evolve.js'),
      import('../../aggregate/state-at.js'),
      import('../../aggregate/render-state.js'),
      import('../render/state.js'),
      import('../../store/read/rows.js'),
    ]);
  return {
    aggregate: definition.name,
    how: `folded by the handlers of ${definition.name}`,
    start: () => initialStateAt(definition),
    next: (before, event) => ({
      ...before,
      state: evolve(definition, before.state, decodedEvent(event, definition.numbers)),
      sequence: event.sequence,
      timestamp: event.timestamp,
    }),
    json: (at) => stateJson(at.state, () => storedForm({ definition, id }, at)),
    ...(definition.render !== undefined && {
      render: (at: StateAt) => renderState({ definition, id }, at) ?? '',
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
    start: () => ({ state: {}, sequence: 0, timestamp: undefined, snapshot: 0 }),
    next: (before, event) => ({
      ...before,
      state: mergePatch(before.state as JsonValue, storedBody(event), 'copy'),
      sequence: event.sequence,
      timestamp: event.timestamp,
    }),
    json: ({ state }) => printJson(state as JsonValue),
  };
}
