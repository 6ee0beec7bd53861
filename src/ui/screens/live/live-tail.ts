import { Tail, type TailOptions } from '../../../admin/tail-events/tail-events.js';
import type { UiContext } from '../../context.js';
import type { LiveFilter } from './live-filter.js';

/** Number of the last events with which a page begins. */
const LAST_EVENTS = 50;
/** Number of events among which those of some types are looked for: no index has the types. */
export const LOOKED_BACK = 50_000;

/** The tail of the log that a live page shows. */
export function liveTail({ log }: UiContext, { types, aggregateId }: LiveFilter, options: TailOptions = {}): Tail {
  return new Tail((work) => work(log), {
    aggregateId,
    types: types.length === 0 ? undefined : types,
    lines: LAST_EVENTS,
    lookBack: LOOKED_BACK,
    ...options,
  });
}
