import { eventTypes } from '../../admin/log-statistics/event-types.js';
import { nearest } from '../../nearest.js';
import type { UiContext } from '../context.js';

/** A type that no event has, and one that may be meant. */
export interface SimilarType {
  readonly type: string;
  readonly meant: string;
}

/** Milliseconds for which the types are looked for, since no index has them. */
const PATIENCE = 1000;

/** Types that may be meant instead of those that no event has; none when they are not known in time. */
export async function similarTypes({ log }: Pick<UiContext, 'log'>, types: readonly string[]): Promise<SimilarType[]> {
  const known = types.length === 0 ? undefined : await eventTypes(log, PATIENCE);
  if (known === undefined) return [];
  return types.flatMap((type) => {
    const meant = known.includes(type) ? undefined : nearest(type, known);
    return meant === undefined ? [] : [{ type, meant }];
  });
}
