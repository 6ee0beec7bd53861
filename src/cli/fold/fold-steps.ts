import { isFoldingError } from '../../aggregate/errors.js';
import type { StateAt } from '../../aggregate/state-at.js';
import type { MaestroError } from '../../errors.js';
import type { StoredEvent } from '../../events.js';
import type { Folding } from './folding.js';

/** What one event did to the state. */
export interface Step {
  readonly event: StoredEvent;
  /** The states before and after, as JSON text; the same when nothing changed. */
  readonly before: string;
  readonly after: string;
  /** Why the handler did not give a state; the one before goes on then. */
  readonly error: MaestroError | undefined;
  /** The sequence before it, when events are missing in between. */
  readonly gapAfter: number | undefined;
}

/** Folds a history event by event. A handler that fails is told and stepped over; missing events are told. */
export async function* foldSteps(events: AsyncIterable<StoredEvent>, folding: Folding): AsyncGenerator<Step> {
  let point = folding.start();
  let before = folding.json(point);
  for await (const event of events) {
    const step = stepOver(point, before, event, folding);
    yield step;
    ({ point } = step);
    before = step.after;
  }
}

/** What one more event does to a state, whose JSON text is `before`. */
export function stepOver(
  point: StateAt,
  before: string,
  event: StoredEvent,
  folding: Folding,
): Step & { readonly point: StateAt } {
  const gapAfter = event.sequence === point.sequence + 1 ? undefined : point.sequence;
  const next = pass(point, event, folding);
  if (next.error !== undefined) return { event, before, after: before, gapAfter, ...next };
  try {
    return { event, before, after: folding.json(next.point), gapAfter, ...next };
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    return { event, before, after: before, gapAfter, point: next.point, error };
  }
}

/** The state after one more event; the one before when its handler fails. */
export function pass(
  point: StateAt,
  event: StoredEvent,
  folding: Folding,
): { readonly point: StateAt; readonly error: MaestroError | undefined } {
  const { sequence, timestamp } = event;
  try {
    return { point: folding.next(point, event), error: undefined };
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    return { point: { ...point, sequence, timestamp }, error };
  }
}
