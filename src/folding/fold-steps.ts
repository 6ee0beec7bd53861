import { isFoldingError } from '../aggregate/errors.js';
import type { StateAt } from '../aggregate/state-at.js';
import type { MaestroError } from '../errors.js';
import type { StoredEvent } from '../events.js';
import type { OwnObjects } from '../json/compare/merge-patch.js';
import type { Folding } from './folding.js';

/** One event with the states before and after it. */
export interface Step {
  readonly event: StoredEvent;
  /** The states before and after, as JSON text; the same when nothing changed. */
  readonly before: string;
  readonly after: string;
  /** The error of the handler, if it failed; the state after is then the one before. */
  readonly error: MaestroError | undefined;
  /** The sequence before it, when events are missing in between. */
  readonly gapAfter: number | undefined;
}

/** Folds a history event by event. Steps report a handler that failed, whose event is skipped, and missing events. */
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

/** The step of one more event after a point, whose state has the JSON text `before`. */
export function stepOver(
  point: StateAt,
  before: string,
  event: StoredEvent,
  folding: Folding,
): Step & { readonly point: StateAt } {
  const gapAfter = event.sequence === point.sequence + 1 ? undefined : point.sequence;
  const next = afterEvent(point, event, folding);
  if (next.error !== undefined) return { event, before, after: before, gapAfter, ...next };
  try {
    return { event, before, after: folding.json(next.point), gapAfter, ...next };
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    return { event, before, after: before, gapAfter, point: next.point, error };
  }
}

/** The state after one more event; the one before when its handler fails. Of the one before, objects in `own` may change. */
export function afterEvent(
  point: StateAt,
  event: StoredEvent,
  folding: Folding,
  own?: OwnObjects,
): { readonly point: StateAt; readonly error: MaestroError | undefined } {
  const { sequence, timestamp } = event;
  try {
    return { point: folding.next(point, event, own), error: undefined };
  } catch (error) {
    if (!isFoldingError(error)) throw error;
    return { point: { ...point, sequence, timestamp }, error };
  }
}
